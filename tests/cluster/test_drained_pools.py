"""A pool is drained to another of its cluster: at no moment are fewer replicas Ready than their own workload allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from lightkube.resources.apps_v1 import Deployment

from embedded.fake_nodes import FakePool
from tests.cluster.ready_pods import watched
from tests.cluster.stack_on_nodes import stack_on_nodes
from tests.cluster.workloads import GPU
from tests.documents import Document, deployment, environment, model, pool, profile, slices
from tests.engine.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from embedded.cluster import EmbeddedCluster
    from tests.cluster.workloads import Workloads

pytestmark = pytest.mark.xdist_group("cluster-stacks")

ENVIRONMENT = "drained"
NODES = (
    FakePool("old", 1, labels={"pool": "old"}, resources={"nvidia.com/mig-3g.40gb": 16}),
    FakePool("new", 2, labels={"pool": "new"}, resources={"nvidia.com/mig-7g.80gb": 8}),
    FakePool("pairs", 4, labels={"pool": "pairs"}, resources={GPU: 8}),
    FakePool("others", 4, labels={"pool": "others"}, resources={GPU: 8}),
)
# KServe's Deployments roll with a quarter of their replicas missing at most, rounded down; LeaderWorkerSets with one
# (their API's default).
REPLICAS = {"chat-kserve": 2, "four-kserve": 5, "split-kserve": 1, "split-kserve-prefill": 2, "group-n2-kserve-mn": 2}
MAY_MISS = {"chat-kserve": 0, "four-kserve": 1, "split-kserve": 0, "split-kserve-prefill": 0, "group-n2-kserve-mn": 1}
GROUP_SIZE = 2


def fleet(namespace: str, **scheduling: str) -> tuple[Document, ...]:
    """Return two pools of slices and two of whole GPUs, with the `scheduling` of some by their names."""

    def served(name: str, serving: Document, replicas: int) -> tuple[Document, Document]:
        return model(name, serving), deployment(name, name, namespace=namespace, replicas=replicas)

    slice_ = profile("any", memoryPerGpu="30Gi", mig="only")
    pools = (
        slices("old", "3g.40gb", memoryPerGpu="39Gi"),
        slices("new", "7g.80gb", nodeCount=2, memoryPerGpu="79Gi"),
        pool("pairs", nodeCount=4, multiNodeCapable=True, memoryPerGpu="79Gi"),
        pool("others", nodeCount=4, multiNodeCapable=True, memoryPerGpu="79Gi", labels={"is": "second"}),
    )
    for each in pools:
        if each["name"] in scheduling:
            each["scheduling"] = scheduling[each["name"]]
    return (
        environment(ENVIRONMENT, *pools),
        *served("chat", slice_, 2),
        *served("four", slice_, 5),
        *served("split", slice_ | {"prefill": {"replicas": 2}}, 1),
        *served("group", profile("any", nodes=GROUP_SIZE, gpusPerNode=8, mig="never"), 2),
    )


@pytest.fixture
def stack(cluster: EmbeddedCluster, workloads: Workloads, tmp_path: Path) -> Iterator[Workspace]:
    """A stack that reaches the cluster, which has the nodes for a while; services go before the nodes."""
    with stack_on_nodes(cluster, NODES, ENVIRONMENT, workloads, tmp_path) as made:
        yield made


def pools_of(workloads: Workloads) -> set[str]:
    """Return the pools on which pods are."""
    return {str(pod.node).rpartition("-")[0] for pod in workloads.pods()}


def test_new_pods_are_ready_before_old_ones_go(stack: Workspace, workloads: Workloads) -> None:
    namespace = workloads.namespace
    # The others are paused at first, so that all begin on the pools that are to be drained.
    stack.write(*fleet(namespace, new="NoNew", others="NoNew"))
    stack.up()
    pods = sum(REPLICAS.values()) + REPLICAS["group-n2-kserve-mn"]
    workloads.wait_running(pods)
    assert pools_of(workloads) == {"old", "pairs"}
    assert MAY_MISS["four-kserve"] == REPLICAS["four-kserve"] // 4
    rolling = [each.to_dict()["spec"]["strategy"] for each in workloads.client.list(Deployment, namespace=namespace)]
    assert {each["rollingUpdate"]["maxUnavailable"] for each in rolling} == {"25%"}

    stack.write(*fleet(namespace, old="Drain", pairs="Drain"))
    preview = stack.preview()
    services = {name: kind for name, kind in preview.changes().items() if name.endswith("-service")}
    assert services == {
        f"{ENVIRONMENT}/{namespace}/{name}-service": "update" for name in ("chat", "four", "split", "group")
    }
    with watched(workloads.plane, namespace, GROUP_SIZE) as ready:
        stack.up()
        workloads.wait(
            "all pods Ready on the other pools",
            lambda: (
                pools_of(workloads) == {"new", "others"}
                and ready.replicas() == REPLICAS
                and len([pod for pod in workloads.pods() if pod.ready]) == pods
            ),
        )
        fewest = dict(ready.fewest)
    assert ready.events > 2 * pods
    missing = {name: REPLICAS[name] - count for name, count in fewest.items()}
    assert missing.keys() == MAY_MISS.keys()
    assert {name: count for name, count in missing.items() if count > MAY_MISS[name]} == {}
    # A group goes before its successor comes (maxSurge 0): the watch has seen that one was missing.
    assert missing["group-n2-kserve-mn"] == 1
    # Nothing is there any more, and the plan says so.
    taken = {each["nodePool"]: each["allocated"] for each in stack.outputs()["nodePools"].values()}
    assert (taken["old"], taken["pairs"]) == (0, 0)
    assert stack.preview().changes() == {}
