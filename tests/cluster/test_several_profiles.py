"""Nodes that are cut in several profiles: services of KServe's controller on them, and the pod that is one too many."""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from typing import TYPE_CHECKING

import pytest

from embedded.labelled_nodes import gfd
from slicewise.planning import make_plan
from tests.cluster.random_fleets import ENVIRONMENT, RandomFleet, fleet_of_several_profiles
from tests.cluster.test_promise import SEEDS, namespace, nodes, planned_pods, refuse, schedule
from tests.cluster.workloads import Workloads
from tests.documents import Document, deployment, environment, fleet_of, model, profile, several

if TYPE_CHECKING:
    from embedded.cluster import EmbeddedCluster

pytestmark = pytest.mark.xdist_group("cluster-pods")


def full_of_one_kind(seed: int) -> RandomFleet:
    """Return the first pool of a seeded fleet, of which nothing is reserved, with as many pods of one kind as it takes.

    The plan is exact where all pods are alike.
    """
    fleet = fleet_of_several_profiles(seed)
    declared = deepcopy(fleet.documents[0])
    cut = declared["spec"]["nodePools"][:1]
    declared["spec"]["nodePools"] = cut
    mig = cut[0]["capabilities"]["migConfiguration"]
    mig.pop("reservedSlices", None)
    models = {each["metadata"]["name"]: each for each in fleet.documents if each["kind"] == "ClusterModel"}

    def asking(name: str, count: int) -> tuple[Document, ...]:
        return declared, models[name], deployment("d", name, replicas=count)

    def is_placed(name: str, count: int) -> bool:
        return bool(make_plan(fleet_of(asking(name, count))).placements)

    served = [name for name in sorted(models) if is_placed(name, 1)]
    name = served[seed % len(served)]
    most = max(count for count in range(1, 120) if is_placed(name, count))
    return RandomFleet(asking(name, most), fleet.nodes[:1])


@pytest.mark.parametrize("seed", SEEDS)
def test_one_more_than_a_fleet_of_several_profiles_takes_waits(cluster: EmbeddedCluster, seed: int) -> None:
    fleet = full_of_one_kind(seed)
    pods = planned_pods(fleet.documents)
    with nodes(cluster, fleet.nodes) as client, namespace(client, f"one-more-{seed}") as where:
        schedule(cluster, client, where, pods)
        refuse(cluster, client, where, pods[0], "Insufficient", "Too many pods")


def test_services_on_nodes_of_several_profiles(cluster: EmbeddedCluster, workloads: Workloads) -> None:
    """A node as NVIDIA's components describe it: half of its H100s are cut as MIG manager's all-balanced cuts them."""
    cut = {"1g.10gb": 8, "2g.20gb": 4, "3g.40gb": 4}
    there = gfd("balanced", 1, "h100-80gb/half-balanced/mixed", labels={"pool": "balanced"})
    assert there.resources == {f"nvidia.com/mig-{name}": count for name, count in cut.items()} | {"nvidia.com/gpu": 4}
    own = {"namespace": workloads.namespace}
    fleet = fleet_of(
        [
            environment(ENVIRONMENT, several("balanced", cut, wholeGpus=4)),
            model("small", profile("s", memoryPerGpu="9Gi", mig="only"), cpu="1", memory="1Gi"),
            model("middle", profile("s", memoryPerGpu="39Gi", mig="only"), cpu="1", memory="1Gi"),
            model("large", profile("s", gpusPerNode=2, mig="never"), cpu="1", memory="1Gi"),
            deployment("small", "small", replicas=8, **own),
            deployment("middle", "middle", replicas=3, **own),
            deployment("large", "large", replicas=2, **own),
        ]
    )
    expected = Counter({("nvidia.com/mig-1g.10gb", 1): 8, ("nvidia.com/mig-3g.40gb", 1): 3, ("nvidia.com/gpu", 2): 2})

    def running() -> Counter[tuple[str, int]]:
        return Counter(
            (resource, count)
            for pod in workloads.pods()
            if pod.node == "balanced-0" and pod.ready
            for resource, count in pod.gpus.items()
            if count
        )

    with nodes(cluster, (there,)):
        workloads.apply_planned(fleet)
        try:
            workloads.wait("all pods Ready", lambda: running() == expected)
            for name in ("small", "middle", "large"):
                workloads.wait_ready(name)
            # All eight slices of the small one are taken; the ninth pod gets no other.
            workloads.scale("small", 9)
            waiting = "Insufficient nvidia.com/mig-1g.10gb"
            workloads.wait("one pod waits", lambda: any(waiting in pod.message for pod in workloads.pods()))
            assert running() == expected
        finally:
            workloads.delete("small", "middle", "large")
