"""The fewest labels that tell pools apart."""

from __future__ import annotations

import pytest

from tests.unit.clusters.discover.describing import GPU, H100, described, gfd
from tests.unit.clusters.kubernetes_json import node_json


def test_the_fewest_labels_that_tell_pools_apart() -> None:
    nodes = [
        gfd("a", nvidia_com__mig_config="all-disabled", zone="x", rack="1"),
        gfd("b", nvidia_com__mig_config="all-disabled", zone="x", rack="1", team="ml"),
        gfd("c", "3g.40gb", 16, nvidia_com__mig_config="all-3g.40gb", zone="x", rack="1"),
        node_json("d", {"zone": "x"}),
    ]
    pools, _ = described(nodes)
    assert {name: pool["nodeSelector"] for name, pool in pools.items()} == {
        "h100-80gb-whole": {"nvidia.com/mig.config": "all-disabled"},
        "h100-80gb-3g-40gb": {"nvidia.com/mig.config": "all-3g.40gb"},
    }
    pools, _ = described(nodes[:2])
    assert pools["h100-80gb"]["nodeSelector"] == {"nvidia.com/gpu.product": H100}


def test_nodes_that_no_label_tells_apart_are_one_pool() -> None:
    nodes = [gfd("a-0", units=8), gfd("a-1", units=8), gfd("b-0", units=4), gfd("b-1", units=4)]
    nodes[2]["spec"]["taints"] = [{"key": "team", "value": "ml", "effect": "NoSchedule"}]
    pools, comments = described(nodes)
    (pool,) = pools.values()
    assert (pool["nodeCount"], pool["acceleratorCount"]) == (4, 4)
    assert pool["tolerations"] == [{"key": "team", "operator": "Equal", "value": "ml", "effect": "NoSchedule"}]
    assert any(comment.startswith("CHECK: no label tells a-0, a-1, b-0, b-1 apart") for comment in comments)


def test_single_nodes_go_by_their_names() -> None:
    pools, _ = described([gfd("a", units=8), gfd("b", units=4)])
    assert {pool["nodeSelector"]["kubernetes.io/hostname"]: pool["acceleratorCount"] for pool in pools.values()} == {
        "a": 8,
        "b": 4,
    }


def test_other_gpus_that_no_label_tells_apart_are_left_out() -> None:
    nodes = [gfd("a-0"), gfd("a-1"), node_json("b-0", {}, {GPU: 4}), node_json("b-1", {}, {GPU: 4})]
    pools, comments = described(nodes)
    assert [(pool["acceleratorType"], pool["nodeSelector"]) for pool in pools.values()] == [
        (H100, {"nvidia.com/gpu.product": H100})
    ]
    (check,) = (comment for comment in comments if comment.startswith("CHECK: no one label"))
    assert check.startswith("CHECK: no one label has different values on b-0, b-1 and on a-0, a-1, which offer")
    assert "so b-0, b-1 are in no pool: label both, each with a value of its own" in check


@pytest.mark.parametrize("labelled", ["none", "those", "the others", "both"])
def test_a_label_that_only_some_nodes_have_tells_nothing_until_both_are_labelled(labelled: str) -> None:
    """Of GKE's slices beside slices without labels: the remedy of the CHECK is followed, in part and wholly."""
    size = {"cloud.google.com/gke-gpu-partition-size": "1g.10gb"}
    theirs = {"slicewise.dev/pool": "cut"} if labelled in ("those", "both") else {}
    others = {"slicewise.dev/pool": "whole"} if labelled in ("the others", "both") else {}
    product = {"nvidia.com/gpu.product": H100, "nvidia.com/gpu.count": "8", "nvidia.com/gpu.memory": "81559"}
    nodes = [node_json(name, product | others, {GPU: 8}) for name in ("a-0", "a-1")]
    nodes += [node_json(name, size | theirs, {GPU: 4}) for name in ("b-0", "b-1")]
    pools, comments = described(nodes)
    assert len(pools) == (2 if labelled == "both" else 1)
    assert any("label both" in comment for comment in comments) == (labelled != "both")
