"""KServe's pods are scheduled for real: what fits runs, what does not fit waits and says why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from lightkube.types import PatchType

from embedded.kserve_kinds import LLMInferenceServiceConfig
from embedded.leader_worker_set import LeaderWorkerSet
from slicewise.manifests.pipeline_parallel import pipeline_parallel_config
from tests.cluster.workloads import GPU, SLICE, TOLERATION, pod_spec, service

if TYPE_CHECKING:
    from tests.cluster.workloads import Workloads

pytestmark = pytest.mark.xdist_group("cluster-pods")


def test_sixteen_slices_take_sixteen_pods_and_the_seventeenth_waits(workloads: Workloads) -> None:
    template = pod_spec("slices", SLICE)
    workloads.apply(service("full", template, replicas=16))
    workloads.wait_ready("full")
    pods = workloads.wait_running(16)
    assert {pod.node for pod in pods} == {"slices-0"}
    assert {(pod.gpus[SLICE], pod.message) for pod in pods} == {(1, "")}

    workloads.apply(service("full", template, replicas=17))
    waiting = workloads.wait_pending(f"Insufficient {SLICE}")
    assert (waiting.node, waiting.phase, waiting.ready) == (None, "Pending", False)
    assert sum(pod.ready for pod in workloads.pods()) == 16


def test_a_resource_that_no_node_of_the_pool_has_is_named(workloads: Workloads) -> None:
    workloads.apply(service("whole-on-slices", pod_spec("slices", GPU)))
    assert workloads.wait_pending(f"Insufficient {GPU}").node is None


def test_a_tainted_node_takes_only_pods_that_tolerate_it(workloads: Workloads) -> None:
    workloads.apply(service("pinned", pod_spec("tainted", SLICE)))
    assert workloads.wait_pending("untolerated taint").node is None
    workloads.delete("pinned")

    workloads.apply(service("pinned", pod_spec("tainted", SLICE, tolerations=[TOLERATION])))
    assert [pod.node for pod in workloads.wait_running(1)] == ["tainted-0"]
    workloads.wait_ready("pinned")


def test_a_group_of_two_pods_takes_two_nodes(workloads: Workloads) -> None:
    config = pipeline_parallel_config(workloads.namespace)
    name = config["metadata"]["name"]
    workloads.client.patch(
        LLMInferenceServiceConfig, name, config, namespace=workloads.namespace, patch_type=PatchType.APPLY
    )
    pod = pod_spec("whole", GPU, 8)
    workloads.apply(service("two-nodes", pod, worker=pod, parallelism={"tensor": 8, "pipeline": 2}, replicas=1))
    workloads.wait_ready("two-nodes")
    pods = workloads.wait_running(2)
    assert {pod.node for pod in pods} == {"whole-0", "whole-1"}
    assert [pod.gpus for pod in pods] == [{GPU: 8}, {GPU: 8}]
    (group,) = workloads.client.list(LeaderWorkerSet, namespace=workloads.namespace)
    assert group["spec"]["leaderWorkerTemplate"]["size"] == 2
