"""Which nodes are one pool, and which labels select it."""

from __future__ import annotations

from slicewise.clusters.live.facts import NodeGroupBounds
from tests.unit.clusters.discover.describing import GPU, H100, described
from tests.unit.clusters.kubernetes_json import Json, node_json

PRODUCT = "nvidia.com/gpu.product"
COUNT = "nvidia.com/gpu.count"
TAINT = {"key": "team", "value": "ml", "effect": "NoSchedule"}


def h100(name: str, labels: dict[str, str] | None = None, resources: dict[str, int] | None = None) -> Json:
    """Return a node with eight H100s, whole unless `resources` say otherwise."""
    return node_json(name, {PRODUCT: H100, COUNT: "8"} | (labels or {}), resources or {GPU: 8})


def selectors(nodes: list[Json]) -> list[dict[str, str]]:
    return [pool["nodeSelector"] for pool in described(nodes)[0].values()]


def test_a_node_that_offers_nothing_yet_is_not_selected() -> None:
    starting = h100("starting", resources={GPU: 0})
    assert selectors([h100("a", {"team": "ml"}), h100("b", {"team": "ml"}), starting]) == [{"team": "ml"}]


def test_two_labels_are_better_than_a_nodes_name() -> None:
    strangers = [
        h100("b", {"rack": "1", "row": "2"}, {GPU: 0}),
        h100("c", {"rack": "2", "row": "1"}, {GPU: 0}),
    ]
    assert selectors([h100("a", {"rack": "1", "row": "1"}), *strangers]) == [{"rack": "1", "row": "1"}]
    assert selectors([h100("a"), *strangers]) == [{"kubernetes.io/hostname": "a"}]


def test_any_label_is_better_than_a_nodes_name() -> None:
    nodes = [h100("a", {"team": "x"}), h100("b", {"team": "y"}, {GPU: 4})]
    assert selectors(nodes) == [{"team": "x"}, {"team": "y"}]


def test_taints_make_pools() -> None:
    nodes = [h100(f"{team}-{number}", {"team": team}) for team in "xy" for number in range(2)]
    for node in nodes[2:]:
        node["spec"]["taints"] = [TAINT]
    pools, _ = described(nodes)
    assert [(pool["nodeSelector"], "tolerations" in pool) for pool in pools.values()] == [
        ({"team": "x"}, False),
        ({"team": "y"}, True),
    ]


def test_layouts_make_pools() -> None:
    nodes = [
        h100(f"{layout}-{number}", {"nvidia.com/mig.config": layout}, {"nvidia.com/mig-3g.40gb": units})
        for layout, units in (("all", 16), ("some", 8))
        for number in range(2)
    ]
    pools, _ = described(nodes)
    assert [
        (pool["nodeSelector"], pool["capabilities"]["migConfiguration"].get("slices")) for pool in pools.values()
    ] == [({"nvidia.com/mig.config": "all"}, None), ({"nvidia.com/mig.config": "some"}, {"3g.40gb": 8})]
    assert not any("reservedUnits" in pool for pool in pools.values())


def test_nodes_with_other_resources_beside_are_another_pool() -> None:
    nodes = [
        h100("a", {"team": "x"}, {"nvidia.com/mig-3g.40gb": 16}),
        h100("b", {"team": "y"}, {"nvidia.com/mig-3g.40gb": 8, "nvidia.com/mig-1g.10gb": 16}),
    ]
    pools, _ = described(nodes)
    found = {pool["nodeSelector"]["team"]: pool["capabilities"]["migConfiguration"] for pool in pools.values()}
    assert found["x"]["profile"] == "3g.40gb"
    assert found["y"]["slices"] == {"1g.10gb": 16, "3g.40gb": 8}


def test_what_can_be_one_pool_becomes_one_before_anything_is_left_out() -> None:
    gke = {"cloud.google.com/gke-accelerator": "nvidia-h100-80gb"}
    pool = {"cloud.google.com/gke-nodepool": "a"}
    nodes = [
        *(h100(f"a-{number}", pool) for number in range(2)),
        node_json("b", gke | pool, {GPU: 8}),
        *(node_json(f"c-{number}", gke, {GPU: 8}) for number in range(3)),
    ]
    pools, comments = described(nodes)
    assert [(pool["nodeSelector"], pool["nodeCount"]) for pool in pools.values()] == [(gke, 4)]
    assert any(
        "no one label has different values on a-0, a-1 and on b, c-0, c-1, c-2" in comment for comment in comments
    )


def test_nodes_to_come_have_what_the_best_has() -> None:
    nodes = [
        h100(f"n-{number}", {"karpenter.sh/nodepool": "gpu"}, {"nvidia.com/mig-3g.40gb": 8 - number})
        for number in (0, 1)
    ]
    pools, comments = described(nodes, bounds=[NodeGroupBounds("gpu", 0, 5)])
    mig = pools["gpu"]["capabilities"]["migConfiguration"]
    assert (pools["gpu"]["maxNodeCount"], mig["slices"], mig["reservedSlices"]) == (5, {"3g.40gb": 8}, {"3g.40gb": 1})
    assert "reservedSlices: some nodes have fewer slices than others, together 1 of 3g.40gb" in comments


def test_a_node_outside_the_autoscalers_groups() -> None:
    pools, _ = described([h100("gpu-00000a"), h100("by-hand")], bounds=[NodeGroupBounds("gpu-", 0, 7)])
    assert ["maxNodeCount" in pool for pool in pools.values()] == [False]


def test_names_with_line_breaks_stay_comments() -> None:
    _, comments = described([h100("n")], bounds=[NodeGroupBounds("x\nkind: Evil\u2028metadata:", 0, 7)])
    assert any("x?kind: Evil?metadata:" in comment for comment in comments)
