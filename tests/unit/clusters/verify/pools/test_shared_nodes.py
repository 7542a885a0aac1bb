"""Pools that share nodes: what a node has is told once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from slicewise.clusters.live.facts import LiveCluster, Taint
from slicewise.clusters.live.gpus import Offer, UnitFlaw
from tests.documents import Document, deployment, model, pool, profile, slices
from tests.unit.clusters.built_clusters import adding, changed, found, gfd, node, only, without
from tests.unit.clusters.verify.pools.labelled_nodes import cluster, cordoned, declared

if TYPE_CHECKING:
    from collections.abc import Mapping

# NVIDIA's mig-parted, all-balanced on eight H100s: units, and what eight GPUs of that profile alone would have.
BALANCED = {"1g.10gb": (16, 56), "2g.20gb": (8, 24), "3g.40gb": (8, 16)}


def balanced(changes: Mapping[str, Any]) -> tuple[tuple[Document, ...], LiveCluster]:
    pools = [
        slices(f"p{name[0]}", name, nodeSelector={"all": "b"}, reservedUnits=full - units, memoryPerGpu="9Gi")
        for name, (units, full) in BALANCED.items()
    ]
    flaw = changes.get("flaw")
    offers = tuple(
        Offer(f"nvidia.com/mig-{name}", units, name, None, flaw=flaw) for name, (units, _) in BALANCED.items()
    )
    facts = {key: value for key, value in changes.items() if key in GPU_FACTS}
    gpus = gfd(8, "3g.40gb", **{"offers": offers, **facts})
    others = {key: value for key, value in changes.items() if key not in (*GPU_FACTS, "flaw")}
    return declared(*pools), cluster(node("n", gpus, {"all": "b"}, **others))


GPU_FACTS = {"offers", "mig_state"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"offers": ()}, "SW604"),
        ({"cordoned": True}, "SW615"),
        ({"ready": False}, "SW615"),
        ({"mig_state": "failed"}, "SW611"),
        ({"flaw": UnitFlaw.SHARED}, "SW612"),
        ({"taints": (Taint("team", "x", "NoSchedule"),)}, "SW608"),
    ],
)
def test_what_a_node_has_is_told_once_for_all_its_pools(changes: dict[str, object], code: str) -> None:
    told = only(*balanced(changes))
    assert (told.subject.node_pool, told.code) == ("p1", code)
    assert told.message.endswith(". The same holds for the node pools p2, p3")


def test_reserved_units_are_not_declared_to_be_there() -> None:
    told = only(*balanced({"offers": ()}))
    assert "nvidia.com/mig-1g.10gb: 56 is declared, less the pool's reservedUnits (40). The same" in told.message


def test_the_node_of_all_pools_is_gone() -> None:
    documents, nodes = balanced({})
    told = only(documents, adding(without(nodes, "n"), node("cpu", None, {})))
    assert (told.subject.node_pool, told.code) == ("p1", "SW601")
    assert told.message.endswith("no node has a label all. The same holds for the node pools p2, p3")


def test_the_worst_of_what_pools_say_counts() -> None:
    """One pool must have the node, the other may."""
    same = {"nodeSelector": {"all": "b"}}
    documents = (
        *declared(pool("a", **same, nodeCount=0, maxNodeCount=1), slices("b", "3g.40gb", **same)),
        *(model("small", profile("slice", memoryPerGpu="30Gi", mig="only")), deployment("chat", "small")),
    )
    told = only(documents, cluster(node("n", gfd(8, offers=()), {"all": "b"})))
    assert (told.subject.node_pool, told.code, told.severity) == ("b", "SW604", "error")
    assert told.message.endswith("team/chat lacks room for 1 of 1 replica. The same holds for the node pool a")


def test_nodes_that_only_some_of_the_pools_have_are_told_apart() -> None:
    documents = declared(
        pool("a", nodeSelector={"all": "b"}, nodeCount=2), slices("b", "3g.40gb", nodeSelector={"rack": "1"})
    )
    cut = node("n-1", gfd(8, "3g.40gb"), {"all": "b", "rack": "1"})
    nodes = cluster(node("n-0", gfd(8), {"all": "b"}), node("n-2", gfd(8), {"all": "b"}), cut)
    assert found(documents, changed(nodes, cordoned)) == [("a", "SW615", "warning"), ("b", "SW615", "warning")]


def test_a_node_of_several_pools_is_cut_for_one() -> None:
    """Its other pools have no node, and not for want of a label."""
    documents, nodes = balanced({})
    nodes = changed(nodes, lambda each: replace(each, gpus=gfd(8, "1g.10gb")))
    told = only(documents, nodes)
    assert (told.subject.node_pool, told.code) == ("p2", "SW601")
    assert "(n) are other pools': n is cut into 1g.10gb. The same holds for the node pool p3" in told.message
    assert "label the nodes" not in told.remedy
