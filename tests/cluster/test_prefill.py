"""Prefill workloads on the real control plane: what KServe makes of them, and of adding and removing them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from embedded.cluster import EmbeddedCluster
from embedded.labelled_nodes import gfd
from tests.cluster.workloads import GPU, SLICE, Workloads
from tests.documents import Document, deployment, environment, model, pool, profile, slices
from tests.engine.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.long

ENVIRONMENT = "split"
NODES = (
    gfd("whole", 2, "h100-80gb/whole/mixed", labels={"pool": "whole"}),
    gfd("slices", 1, "h100-80gb/all-3g.40gb/mixed", labels={"pool": "slices"}),
)
ON_SLICES: Document = {"replicas": 3, "replicaTopology": {"requires": {"memoryPerGpu": "30Gi", "mig": "only"}}}
OWN = ("whole", {GPU: 4}, 2)


@pytest.fixture(scope="module")
def with_webhooks(tmp_path_factory: pytest.TempPathFactory, kinds: Path) -> Iterator[EmbeddedCluster]:
    with EmbeddedCluster.start(tmp_path_factory.mktemp("cluster"), NODES, kserve_webhooks=True, data=kinds) as cluster:
        yield cluster


def documents(namespace: str, prefill: Document | None) -> list[Document]:
    serving = profile("tp4", gpusPerNode=4, memoryPerGpu="70Gi", mig="never")
    if prefill:
        serving["prefill"] = prefill
    return [
        environment(
            ENVIRONMENT,
            pool("whole", nodeCount=2, memoryPerGpu="79Gi"),
            slices("slices", "3g.40gb", memoryPerGpu="39Gi"),
        ),
        model("m", serving),
        deployment("chat", "m", replicas=2, namespace=namespace),
    ]


def running(workloads: Workloads) -> dict[str, tuple[str, dict[str, int], int]]:
    """Return of each workload its pods' pool, what each asks for, and how many are Ready."""
    pods = [pod for pod in workloads.pods() if pod.node and pod.ready]
    found = {}
    for name in ("own", "prefill"):
        group = [pod for pod in pods if ("-kserve-prefill-" in pod.name) == (name == "prefill")]
        pools = {str(pod.node).rpartition("-")[0] for pod in group}
        if len(pools) == 1 and all(pod.gpus == group[0].gpus for pod in group):
            found[name] = (pools.pop(), dict(group[0].gpus), len(group))
    return found


def steps(stack: Workspace, namespace: str, *, up: bool) -> list[str]:
    done = stack.up() if up else stack.preview()
    name = f"{ENVIRONMENT}/{namespace}/chat-service"
    return [step.operation for step in done.steps if step.name == name and step.operation != "same"]


def test_prefill_is_added_changed_and_removed(
    with_webhooks: EmbeddedCluster, numbers: Iterator[int], tmp_path: Path
) -> None:
    """Verified before each step, and waited for: `up` fails where pods are missing."""
    more = {**ON_SLICES, "replicas": 5}
    replaced = ["delete-replaced", "replace", "create-replacement"]
    with Workloads.in_namespace(with_webhooks.plane, f"test-{next(numbers)}") as workloads:
        stack = Workspace.create(tmp_path)
        stack.set_config(f'kubeconfigs["{ENVIRONMENT}"]', with_webhooks.plane.kubeconfig, secret=True)
        stack.set_config("verify", "true")
        stack.set_config("waitForReady", "true")
        try:
            for prefill, expected, there in (
                (None, ["create"], {"own": OWN}),
                (ON_SLICES, replaced, {"own": OWN, "prefill": ("slices", {SLICE: 1}, 3)}),
                (more, ["update"], {"own": OWN, "prefill": ("slices", {SLICE: 1}, 5)}),
                (None, replaced, {"own": OWN}),
            ):
                stack.write(*documents(workloads.namespace, prefill))
                assert steps(stack, workloads.namespace, up=False) == expected
                assert steps(stack, workloads.namespace, up=True) == expected
                workloads.wait(f"{there}", lambda there=there: running(workloads) == there)  # type: ignore[misc]
                workloads.wait_ready("chat")
                assert stack.preview().changes() == {}
        finally:
            stack.pulumi("destroy", "--yes", "--skip-preview", "--stack", "test")
