"""Nodes that take no pods of the plan: out of scheduling, or tainted, for now or for good."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from slicewise.clusters.live.facts import LiveNode, Taint
from tests.documents import Document, deployment, model, pool
from tests.unit.clusters.built_clusters import GPU, changed, cluster_of, found, only
from tests.unit.clusters.verify.pools.as_declared import ERROR, WARNING, here
from tests.unit.clusters.verify.pools.labelled_nodes import cordoned, declared

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
