"""One cause of a node that is missing: the node that is nearly it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from slicewise.clusters.live.nodes import live_node
from slicewise.mig import find_gpu_model
from tests.documents import Document, pool, slices
from tests.unit.clusters.built_clusters import found, gfd, node, only, verified
from tests.unit.clusters.kubernetes_json import node_json
from tests.unit.clusters.verify.pools.labelled_nodes import H100, PRODUCT, cluster, declared, single

if TYPE_CHECKING:
    from slicewise.clusters.live.facts import (
        LiveCluster,
        LiveNode,
    )


def three_singles(last: LiveNode, **fields: object) -> tuple[tuple[Document, ...], LiveCluster]:
    selector = {PRODUCT: f"{H100}-MIG-3g.40gb"}
    ours = slices(
        "cut",
        "3g.40gb",
        strategy="single",
        memoryPerGpu="39Gi",
        **({"nodeCount": 3, "nodeSelector": selector} | fields),
    )
    return declared(ours), cluster(single("s-0", "3g.40gb", 16), single("s-1", "3g.40gb", 16), last)


def test_a_node_of_three_turns_invalid() -> None:
    told = only(*three_singles(single("s-2", "INVALID", 0)))
    assert (told.subject.node_pool, told.code, told.severity) == ("cut", "SW602", "warning")
    assert (
        "2 nodes of 3 declared. Nodes that may belong to it: s-2 is MIG-INVALID: the slices do not fit" in told.message
    )
    assert told.remedy == (
        "write nodeCount: 2, or cut all GPUs of a node into 3g.40gb, or run the device plugin with the mixed strategy "
        "and declare what it offers then"
    )


def test_a_node_of_three_is_cut_otherwise() -> None:
    told = only(*three_singles(single("s-2", "1g.10gb", 56)))
    assert told.message.endswith("Nodes that may belong to it: s-2 is cut into 1g.10gb")
    assert told.remedy == "write nodeCount: 2 and declare another pool, or cut the GPUs into 3g.40gb"


def test_another_gpu_model_is_no_near_miss() -> None:
    other = live_node(node_json("a", {PRODUCT: "NVIDIA-A100-SXM4-80GB-MIG-INVALID"}))
    documents, nodes = three_singles(other)
    assert found(documents, nodes) == [(None, "SW617", "warning"), ("cut", "SW602", "warning")]


A100 = gfd(8, accelerator="NVIDIA-A100-SXM4-80GB", model=find_gpu_model("a100-80gb"))


@pytest.mark.parametrize("selector", [{"pool": "whole"}, {"pool": "whole", "zone": "a"}])
@pytest.mark.parametrize("beside", [True, False])
def test_nodes_of_another_gpu_model_are_not_offered(selector: dict[str, str], beside: bool) -> None:
    """Both offer nvidia.com/gpu; labelled, the A100 would be a mistake of its own (SW610)."""
    documents = declared(pool("whole", nodeSelector=selector))
    nodes = [node("a100", A100, {"zone": "a"}), *([node("h100", gfd(8), {"zone": "a"})] if beside else [])]
    result = verified(documents, cluster(*nodes))
    told = {each.code.value: each for each in result.differences}
    meant = told["SW601"]
    assert ("h100" in meant.message) == beside
    # Where nothing else is there, that its labels do not match is all that is said of it.
    assert not beside or "a100" not in f"{meant.message}{meant.remedy}"
    assert "meant: a100" not in meant.message
    # It is told for what it is: a node of no pool.
    assert "a100" in told["SW617"].message


def test_an_invalid_node_that_nobody_misses_is_told_for_itself() -> None:
    documents, nodes = three_singles(single("s-2", "INVALID", 0), nodeCount=2)
    told = only(documents, nodes)
    assert (told.subject.node_pool, told.code) == (None, "SW617")
    assert (
        "1 GPU node belongs to no declared pool: s-2 (the slices do not fit the single strategy (nvidia.com/gpu.product"
        in told.message
    )
    assert told.remedy.startswith("if models are to run there, cut all GPUs of a node alike")


@pytest.mark.parametrize(
    ("stray", "claimed"),
    [
        (single("s-2", "INVALID", 0), True),
        (single("s-2", "3g.40gb", 16, pool="other"), True),
        (single("s-2", "1g.10gb", 56), False),
    ],
)
def test_what_an_autoscaled_pool_lacks_may_come(stray: LiveNode, claimed: bool) -> None:
    """Another value of all that it selects by is another pool, and somebody should hear of it."""
    documents, nodes = three_singles(stray, maxNodeCount=5)
    if stray.labels.get("pool"):
        documents, nodes = three_singles(stray, maxNodeCount=5, nodeSelector={"slicewise.dev/pool": "cut"})
        own = [replace(each, labels={"slicewise.dev/pool": "cut"}) for each in nodes.nodes[:2]]
        nodes = replace(nodes, nodes=(*own, stray))
    expected = [("cut", "SW602", "warning")]
    assert found(documents, nodes) == (expected if claimed else [(None, "SW617", "warning"), *expected])


def test_a_scaled_pool_does_not_claim_another_pools_nodes() -> None:
    documents = declared(pool("whole", nodeSelector={"pool": "whole"}, nodeCount=3, maxNodeCount=5))
    own = [node(f"n-{number}", gfd(8), {"pool": "whole"}) for number in range(2)]
    codes = found(documents, cluster(*own, node("x", gfd(8), {"pool": "training"})))
    assert codes == [(None, "SW617", "warning"), ("whole", "SW602", "warning")]
