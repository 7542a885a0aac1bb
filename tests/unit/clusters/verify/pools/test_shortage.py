"""How bad what takes room is: as bad as it is for the pods of the plan, and whose they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from slicewise.clusters.live.facts import LiveCluster, LiveNode, Taint
from slicewise.clusters.live.services import LiveService
from tests.documents import Document, deployment, environment, model, pool, profile, slices
from tests.unit.clusters.built_clusters import (
    ENVIRONMENT,
    changed,
    cluster_of,
    only,
    verified,
    with_gpus,
    with_pods,
    without,
)
from tests.unit.clusters.built_clusters import pod as held

SLICE = "nvidia.com/mig-3g.40gb"


def whole(replicas: int, gpus: int, nodes: int) -> tuple[tuple[Document, ...], LiveCluster]:
    """Return a pool of nodes with eight GPUs each, and one deployment whose pods take several."""
    declared = environment(ENVIRONMENT, pool("whole", nodeCount=nodes))
    big = model("big", profile("gpus", memoryPerGpu="70Gi", gpusPerNode=gpus))
    return (declared, big, deployment("chat", "big", replicas=replicas)), cluster_of(declared)


def planned(replicas: int, nodes: int = 4, **fields: object) -> tuple[tuple[Document, ...], LiveCluster]:
    """Return a pool of nodes with 16 slices each, and one deployment on it."""
    declared = environment(ENVIRONMENT, slices("cut", "3g.40gb", nodeCount=nodes, memoryPerGpu="39Gi", **fields))
    small = model("small", profile("slice", memoryPerGpu="30Gi"))
    return (declared, small, deployment("chat", "small", replicas=replicas)), cluster_of(declared)


def cordoned(node: LiveNode) -> LiveNode:
    return replace(node, cordoned=True)


def test_a_node_that_nobody_needs_is_gone() -> None:
    """48 of 64 units are left, and the plan needs 10."""
    documents, cluster = planned(10)
    told = only(documents, without(cluster, "cut-3"))
    assert (told.code, told.severity, told.message) == ("SW602", "warning", "3 nodes of 4 declared")


@pytest.mark.parametrize(("replicas", "severity"), [(48, "warning"), (49, "error"), (64, "error")])
def test_the_boundary_is_the_last_unit_that_is_left(replicas: int, severity: str) -> None:
    documents, cluster = planned(replicas)
    told = only(documents, without(cluster, "cut-3"))
    assert told.severity == severity
    short = f"; team/chat lacks room for {replicas - 48} of {replicas} replicas"
    assert told.message == "3 nodes of 4 declared" + (short if severity == "error" else "")


def test_pods_of_several_units_count_on_whole_gaps() -> None:
    """Three GPUs a pod: 2 on a node of 8, so 8 on four, of which a gone node has 2."""
    documents, cluster = whole(8, 3, 4)
    assert "team/chat lacks room for 2 of 8 replicas" in only(documents, without(cluster, "whole-0")).message
    documents, cluster = whole(6, 3, 4)
    assert only(documents, without(cluster, "whole-0")).severity == "warning"


def test_units_that_others_hold_count_on_the_node_where_they_are() -> None:
    """One GPU held on each of two nodes leaves no room for a pod of 8 there, though 14 of 16 are free."""
    documents, cluster = whole(1, 8, 2)
    assert only(documents, with_pods(cluster, held("a", "whole-0"))).severity == "warning"
    told = only(documents, with_pods(cluster, held("a", "whole-0"), held("b", "whole-1")))
    assert (told.code, told.severity) == ("SW613", "error")
    assert "team/chat lacks room for 1 of 1 replica" in told.message


def test_several_causes_together() -> None:
    """A node is gone, and others hold half of another: neither hurts 30 replicas on 48 units alone."""
    documents, cluster = planned(30, nodes=3)
    others = [held("other", "cut-1", 4, SLICE)]
    assert only(documents, without(cluster, "cut-2")).severity == "warning"
    assert only(documents, with_pods(cluster, *others)).severity == "warning"
    both = verified(documents, with_pods(without(cluster, "cut-2"), *others)).differences
    assert [(each.code.value, each.severity.value) for each in both] == [("SW602", "error"), ("SW613", "error")]
    assert all("team/chat lacks room for 2 of 30 replicas" in each.message for each in both)


def test_pods_that_run_on_a_cordoned_node_lack_nothing() -> None:
    documents, cluster = planned(32, nodes=2)
    assert only(documents, changed(cluster, cordoned, "cut-0")).severity == "error"
    running = [held(f"chat-{number}", "cut-0", 1, SLICE, service="chat") for number in range(16)]
    assert only(documents, with_pods(changed(cluster, cordoned, "cut-0"), *running)).severity == "warning"
    gone = changed(cluster, lambda node: replace(node, ready=False), "cut-0")
    assert only(documents, with_pods(gone, *running)).severity == "error"


@pytest.mark.parametrize(
    "change",
    [
        cordoned,
        lambda node: replace(node, ready=False),
        lambda node: replace(node, taints=(Taint("team", "x", "NoSchedule"),)),
        lambda node: replace(node, taints=(Taint("ToBeDeletedByClusterAutoscaler", "1", "NoSchedule"),)),
        lambda node: replace(node, taints=(Taint("node.kubernetes.io/disk-pressure", "", "NoSchedule"),)),
        with_gpus(mig_state="pending"),
        with_gpus(mig_state="rebooting"),
    ],
    ids=["cordoned", "not ready", "tainted", "being removed", "short of disk", "being cut", "rebooting"],
)
def test_free_counts_only_nodes_that_take_pods_now(change: Callable[[LiveNode], LiveNode]) -> None:
    documents, cluster = planned(1, nodes=2)
    cluster = with_pods(cluster, held("a", "cut-0", 3, SLICE), held("chat-0", "cut-1", 1, SLICE, service="chat"))
    (before,) = verified(documents, cluster).pools
    (after,) = verified(documents, changed(cluster, change, "cut-0")).pools
    assert (before.free, after.free) == (28, 15)
    assert (after.units, after.held_by_others, after.held_by_plan) == (32, 3, 1)


def test_a_taint_that_only_asks_or_is_tolerated_costs_nothing() -> None:
    tolerations = [{"key": "team", "operator": "Exists"}]
    documents, cluster = planned(1, nodes=1, tolerations=tolerations)
    tainted = changed(cluster, lambda node: replace(node, taints=(Taint("team", "x", "NoSchedule"),)))
    (pool,) = verified(documents, tainted).pools
    assert pool.free == 16


@pytest.mark.parametrize(("replicas", "severity"), [(24, "warning"), (25, "error")])
def test_a_node_that_takes_fewer_pods_than_it_has_slices(replicas: int, severity: str) -> None:
    """Two nodes of 16 slices and 12 pods each: `Too many pods` is what the 25th would wait with."""
    documents, cluster = planned(replicas, nodes=2)
    told = only(documents, changed(cluster, lambda node: replace(node, pods=12)))
    assert (told.code, told.severity) == ("SW631", severity)
    assert "12 pods and 16 units on cut-0" in told.message
    assert ("team/chat lacks room for 1 of 25 replicas" in told.message) == (severity == "error")
    assert told.remedy == "raise the kubelet's maxPods, or write allocatable.pods: 12"
    assert verified(documents, changed(cluster, lambda node: replace(node, pods=110))).differences == ()
    # The remedy, followed.
    documents, cluster = planned(1, nodes=2, reservedUnits=8)
    assert verified(documents, changed(cluster, lambda node: replace(node, pods=12))).differences == ()


def test_pods_of_another_stack_are_told_by_its_name() -> None:
    documents, cluster = planned(1, nodes=1)
    services = {("team", "theirs"): LiveService("team", "theirs", {"slicewise.dev/stack": "acme/slicewise/trial"}, {})}
    seen = replace(with_pods(cluster, held("theirs-0", "cut-0", 2, SLICE, service="theirs")), services=services)
    assert "(2 by stack acme/slicewise/trial)" in only(documents, seen).message


def test_as_few_pods_as_are_declared_are_no_difference() -> None:
    documents, cluster = planned(12, nodes=2, allocatable={"pods": 12})
    assert verified(documents, changed(cluster, lambda node: replace(node, pods=12))).differences == ()
    assert only(documents, changed(cluster, lambda node: replace(node, pods=11))).code == "SW631"


def test_pods_of_daemons_are_taken_off_first() -> None:
    """110 places and 95 daemons: 15 pods beside 16 slices."""
    documents, cluster = planned(1, nodes=2)
    few = changed(cluster, lambda node: replace(node, pods=110, daemons=95))
    told = only(documents, few)
    assert "15 pods and 16 units on cut-0, beside 95 pods of daemons" in told.message
    assert told.remedy == "raise the kubelet's maxPods, or write allocatable.pods: 15"
    documents, _ = planned(1, nodes=2, allocatable={"pods": 15})
    assert verified(documents, few).differences == ()


@pytest.mark.parametrize(("there", "severity"), [(4, "warning"), (3, "error")])
def test_a_lost_device_is_as_bad_as_it_is_for_the_plan(there: int, severity: str) -> None:
    """Four pods of one device each on one node that has eight by its document."""
    asks = {"pod": {"container": {"resources": {"limits": {"rdma/ib": 1}}}}}
    documents, cluster = planned(4, nodes=1, allocatable={"extendedResources": {"rdma/ib": 8}}, **asks)
    told = only(documents, changed(cluster, lambda node: replace(node, extended={"rdma/ib": there})))
    assert (told.code, told.severity) == ("SW639", severity)
