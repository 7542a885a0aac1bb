"""Nodes that take no pods of the plan: out of scheduling, or tainted, for now or for good."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from slicewise.clusters.live.facts import LiveCluster, LiveNode, Taint
from slicewise.clusters.live.gpus import Offer
from slicewise.clusters.verify.pools.declared_pool import DeclaredPool
from slicewise.documents import Scheduling
from slicewise.planning import make_plan
from tests.documents import Document, deployment, fleet_of, model, pool, several
from tests.unit.clusters.built_clusters import GPU, changed, cluster_of, found, gfd, node, only, verified
from tests.unit.clusters.verify.pools.as_declared import ERROR, LARGE, SLICE, SMALL, WARNING, here
from tests.unit.clusters.verify.pools.labelled_nodes import cluster, cordoned, declared

if TYPE_CHECKING:
    from collections.abc import Callable


def not_ready(each: LiveNode) -> LiveNode:
    return replace(each, ready=False)


def removed(each: LiveNode) -> LiveNode:
    return replace(each, taints=(Taint("ToBeDeletedByClusterAutoscaler", "1", "NoSchedule"),))


@pytest.mark.parametrize("out", [cordoned, not_ready, removed])
@pytest.mark.parametrize(
    ("count", "most", "expected"),
    [(1, None, None), (2, None, "SW615"), (1, 2, "SW615"), (1, 1, None), (0, 1, None)],
)
def test_a_node_that_takes_no_pods_is_neither_missing_nor_too_many(
    out: Callable[[LiveNode], LiveNode], count: int, most: int | None, expected: str | None
) -> None:
    scaled = {} if most is None else {"maxNodeCount": most}
    documents = declared(pool("whole", nodeCount=count, **scaled))
    nodes = changed(cluster_of(declared(pool("whole", nodeCount=2))[0]), out, "whole-0")
    assert [code for _, code, _ in found(documents, nodes)] == ([expected] if expected else [])
    if expected:
        # Where the others are as many as are declared to be there at least, there is nothing to lower.
        assert ("lower nodeCount" in only(documents, nodes).remedy) == (count == 2)


@pytest.mark.parametrize(("scheduling", "expected"), [("Active", ["SW615"]), ("NoNew", []), ("Drain", [])])
def test_a_pool_that_is_left_may_be_cordoned(scheduling: str, expected: list[str]) -> None:
    by_pool, cluster = here(pool("whole", nodeCount=2, scheduling=scheduling))
    (by_environment,), _ = here(pool("whole", nodeCount=2))
    by_environment["spec"]["scheduling"] = scheduling
    out = changed(cluster, cordoned, "whole-1")
    for documents in (by_pool, (by_environment,)):
        assert [code for _, code, _ in found(documents, out)] == expected


def test_a_pool_on_which_something_stays_is_not_left() -> None:
    whole = pool("whole", nodeCount=2)
    (placement,) = make_plan(fleet_of(here(whole, more=(model("any"), deployment("x", "any")))[0])).placements
    declared_pool = DeclaredPool(fleet_of(here(whole)[0]).environments[0].spec.node_pools[0], [placement])
    drained = replace(declared_pool, scheduling=Scheduling.DRAIN)
    assert [drained.is_left, replace(drained, placements=[]).is_left] == [False, True]
    assert replace(declared_pool, placements=[]).is_left is False


def tainted(taint: Taint, *tolerations: Document) -> list[tuple[str | None, str, str]]:
    documents, cluster = here(pool("whole", tolerations=list(tolerations)))
    return found(documents, changed(cluster, lambda each: replace(each, taints=(taint,))))


@pytest.mark.parametrize(
    ("taint", "tolerations", "tolerated"),
    [
        # Slicewise's own: every value of nvidia.com/gpu, NoSchedule.
        (Taint(GPU, "present", "NoSchedule"), [], True),
        (Taint(GPU, "", "NoSchedule"), [], True),
        (Taint(GPU, "present", "NoExecute"), [], False),
        (Taint("other", "", "NoSchedule"), [], False),
        (Taint("k", "v", "NoSchedule"), [{"key": "k", "operator": "Exists"}], True),
        (Taint("k", "v", "NoExecute"), [{"key": "k", "operator": "Exists"}], True),
        (Taint("k", "v", "NoSchedule"), [{"key": "k", "operator": "Exists", "effect": "NoExecute"}], False),
        (Taint("k", "v", "NoSchedule"), [{"key": "k", "value": "v"}], True),
        (Taint("k", "v", "NoSchedule"), [{"key": "k", "value": "w"}], False),
        (Taint("k", "v", "NoSchedule"), [{"key": "k"}], False),
        (Taint("k", "", "NoSchedule"), [{"key": "k"}], True),
        (Taint("k", "v", "NoSchedule"), [{"key": "j", "value": "v"}, {"key": "k", "value": "v"}], True),
        (Taint("k", "v", "NoExecute"), [{"operator": "Exists"}], True),
        (Taint("k", "v", "NoExecute"), [{"operator": "Exists", "effect": "NoSchedule"}], False),
        (Taint("DeletionCandidateOfClusterAutoscaler", "1", "PreferNoSchedule"), [], True),
    ],
)
def test_tolerations_are_matched_as_kubernetes_does(taint: Taint, tolerations: list[Any], tolerated: bool) -> None:
    assert tainted(taint, *tolerations) == ([] if tolerated else [("whole", "SW608", WARNING)])


# What sets these takes them away again: api core/v1 well_known_taints.go, cluster-autoscaler's FAQ, Karpenter's v1
# taints, and the documentation of Cilium, the EBS CSI driver, GKE, Cluster API and AWS's node termination handler.
@pytest.mark.parametrize(
    "taint",
    [
        Taint("node.kubernetes.io/disk-pressure", "", "NoSchedule"),
        Taint("node.kubernetes.io/memory-pressure", "", "NoSchedule"),
        Taint("node.kubernetes.io/pid-pressure", "", "NoSchedule"),
        Taint("node.kubernetes.io/network-unavailable", "", "NoSchedule"),
        Taint("node.kubernetes.io/out-of-service", "nodeshutdown", "NoExecute"),
        Taint("node.kubernetes.io/not-ready", "", "NoSchedule"),
        Taint("node.cloudprovider.kubernetes.io/shutdown", "", "NoSchedule"),
        Taint("startup-taint.cluster-autoscaler.kubernetes.io/driver", "", "NoSchedule"),
        Taint("karpenter.sh/disrupted", "", "NoSchedule"),
        Taint("karpenter.sh/unregistered", "", "NoExecute"),
        Taint("node.cluster.x-k8s.io/uninitialized", "", "NoSchedule"),
        Taint("cloud.google.com/impending-node-termination", "", "NoSchedule"),
        Taint("aws-node-termination-handler/spot-itn", "x", "NoSchedule"),
        Taint("node.cilium.io/agent-not-ready", "true", "NoExecute"),
        Taint("ebs.csi.aws.com/agent-not-ready", "", "NoExecute"),
    ],
    ids=lambda taint: taint.key,
)
def test_a_taint_that_goes_by_itself_keeps_pods_out_for_now_and_is_not_to_be_tolerated(taint: Taint) -> None:
    nine = (model("any"), deployment("nine", "any", replicas=9))
    documents, cluster = here(pool("whole", nodeCount=2), more=nine)
    gone = changed(cluster, lambda each: replace(each, taints=(taint,)), "whole-1")
    told = only(documents, gone)
    assert (told.code, told.severity) == ("SW615", ERROR)
    assert told.message.startswith(f"whole-1 is tainted {taint.key} for now: 8 of 16 units cannot be used now")
    assert "tolerat" not in told.remedy
    tolerating = [{"key": taint.key, "operator": "Exists"}]
    documents, cluster = here(pool("whole", nodeCount=2, tolerations=tolerating), more=nine)
    assert found(documents, changed(cluster, lambda each: replace(each, taints=(taint,)), "whole-1")) == []


def test_the_remedy_of_a_taint_is_the_toleration() -> None:
    documents, cluster = here(pool("whole"))
    told = only(documents, changed(cluster, lambda each: replace(each, taints=(Taint("sku", "gpu", "NoSchedule"),))))
    assert "the taint sku=gpu:NoSchedule" in told.message
    assert told.remedy.endswith('{key: sku, operator: Equal, value: "gpu", effect: NoSchedule}')
    assert tainted(
        Taint("sku", "gpu", "NoSchedule"), {"key": "sku", "operator": "Equal", "value": "gpu", "effect": "NoSchedule"}
    ) == []  # fmt: skip


def _in_several_profiles() -> LiveCluster:
    """Return two nodes with eight GPUs: six cut into 12 slices of 3g.40gb, two whole; the second is cordoned."""
    offers = (Offer(GPU, 2, None, 81559), Offer(SLICE, 12, "3g.40gb", 40448))
    return cluster(
        *(node(f"n-{number}", gfd(8, offers=offers), {"pool": "cut"}, cordoned=number == 1) for number in (0, 1))
    )


def test_a_node_of_several_resources_is_out_once() -> None:
    documents = declared(several("cut", {"3g.40gb": 12}, wholeGpus=2, nodeCount=2))
    told = only(documents, _in_several_profiles())
    assert (told.subject.node_pool, told.code, told.severity) == ("cut", "SW615", WARNING)
    assert told.message == "n-1 is cordoned: 2 of 4 units of nvidia.com/gpu cannot be used now"


def test_what_a_node_that_is_out_leaves_short_is_said_of_each_resource() -> None:
    pool = several("cut", {"3g.40gb": 12}, wholeGpus=2, nodeCount=2)
    slices_short = (*declared(pool), SMALL, deployment("chat", "small", replicas=13))
    told = only(slices_short, _in_several_profiles())
    assert (told.code, told.severity) == ("SW615", ERROR)
    assert told.message.startswith("n-1 is cordoned: 12 of 24 units of nvidia.com/mig-3g.40gb cannot be used now")
    assert "team/chat" in told.message
    both = (*slices_short, LARGE, deployment("big", "large", replicas=3))
    messages = [each.message for each in verified(both, _in_several_profiles()).differences if each.code == "SW615"]
    assert [("big" in each, "chat" in each) for each in messages] == [(False, True), (True, False)]
