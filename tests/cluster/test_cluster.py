"""The cluster's controllers can fail and come back, and nothing of it stays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest
from lightkube import ApiError

from embedded.cluster import EmbeddedCluster
from embedded.errors import ControlPlaneError
from embedded.toolchain import bin_dir, kubernetes_dir
from tests.cluster.workloads import GPU, SLICE, Workloads, pod_spec, service

stacks, webhooks = map(pytest.mark.xdist_group, ("cluster-stacks", "cluster-webhooks"))


@pytest.mark.parametrize("end", [EmbeddedCluster.stop, EmbeddedCluster.kill])
@stacks
def test_services_wait_for_a_controller_that_is_gone_and_are_taken_up_by_the_next(
    cluster: EmbeddedCluster, workloads: Workloads, end: Callable[[EmbeddedCluster, str], None]
) -> None:
    end(cluster, "llmisvc")
    try:
        workloads.apply(service("patient", pod_spec("slices", SLICE)))
        assert not workloads.pods()
    finally:
        cluster.restart("llmisvc")
    workloads.wait_ready("patient")
    workloads.wait_running(1)


@stacks
def test_a_killed_api_server_comes_back_with_everything(cluster: EmbeddedCluster, workloads: Workloads) -> None:
    workloads.apply(service("before", pod_spec("slices", SLICE)))
    workloads.wait_ready("before")
    cluster.kill("kube-apiserver")
    try:
        with pytest.raises(httpx2.TransportError):
            workloads.pods()
    finally:
        cluster.restart("kube-apiserver")
    workloads.apply(service("after", pod_spec("slices", SLICE)))
    workloads.wait_ready("after")
    workloads.wait_running(2)


@stacks
def test_a_wrong_name_says_which_are_right(cluster: EmbeddedCluster) -> None:
    with pytest.raises(ControlPlaneError, match=r"no process kube-proxy; there are etcd, .*, llmisvc"):
        cluster.stop("kube-proxy")


@webhooks
def test_one_with_the_webhooks_of_kserve_refuses_what_kserve_refuses_and_leaves_nothing(
    with_webhooks: EmbeddedCluster,
) -> None:
    """What it leaves is looked for when it has ended, by its fixture."""
    with Workloads.in_namespace(with_webhooks.plane, "webhooks") as workloads:
        workloads.apply(service("alone", pod_spec("whole", GPU, 8)))
        workloads.wait_ready("alone")
        grown = service("alone", pod_spec("whole", GPU, 8), parallelism={"tensor": 8, "pipeline": 2})
        with pytest.raises(ApiError, match="total parallelism size is immutable"):
            workloads.apply(grown)


@stacks
def test_a_missing_program_is_named_before_anything_starts(tmp_path: Path) -> None:
    for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler"):
        (tmp_path / name).symlink_to(kubernetes_dir() / name)
    (tmp_path / "etcd").symlink_to(bin_dir() / "etcd")
    with (
        pytest.raises(ControlPlaneError, match=r"kwok is not in .*: run `make toolchain`"),
        EmbeddedCluster.start(tmp_path / "cluster", binaries=tmp_path),
    ):
        pass
    assert not (tmp_path / "cluster").exists()
