"""Which nodes belong to which pool: selectors of nothing, and pools that select the same nodes."""

from __future__ import annotations

from slicewise.clusters.live.facts import LiveCluster
from slicewise.clusters.live.gpus import Offer
from tests.documents import pool, slices
from tests.unit.clusters.built_clusters import H100_SLICES, adding, found, gfd, node, only, verified, without
from tests.unit.clusters.verify.pools.as_declared import WARNING, here
from tests.unit.clusters.verify.pools.labelled_nodes import cluster, declared, labelled, selecting


def test_a_selector_of_nothing_means_the_nodes_with_the_resource() -> None:
    documents = selecting({}, nodeCount=1)
    cluster = adding(labelled({}), node("cpu", None, {}), node("cut", gfd(8, "3g.40gb"), {}))
    assert found(documents, without(cluster, "cut")) == []
    # Enough of the right nodes: one that no pod can go to does not stop anything.
    assert found(documents, cluster) == [("whole", "SW606", WARNING)]


def test_two_resources_on_one_node_are_two_pools() -> None:
    """MIG manager's all-balanced on eight GPUs: 16 of 1g.10gb, 8 of 2g.20gb and 8 of 3g.40gb."""
    balanced = (("1g.10gb", 56, 16), ("2g.20gb", 24, 8), ("3g.40gb", 16, 8))
    pools = [
        slices(
            name.replace(".", "-"),
            name,
            nodeSelector={"all": "balanced"},
            reservedUnits=full - units,
            memoryPerGpu="9Gi",
        )
        for name, full, units in balanced
    ]
    offers = tuple(Offer(f"nvidia.com/mig-{name}", units, name, H100_SLICES[name][1]) for name, _, units in balanced)
    documents, _ = here(*pools)
    cluster = LiveCluster(
        (node("n", gfd(8, "3g.40gb", offers=offers), {"all": "balanced"}),),
        (),
        (),
        serves_kserve=True,
        namespaces=frozenset(),
    )
    assert found(documents, cluster) == []


def test_one_selector_and_two_resources_split_the_nodes() -> None:
    same = {"nodeSelector": {"gpu": "h100"}}
    documents, _ = here(pool("whole", **same), slices("cut", "3g.40gb", memoryPerGpu="39Gi", **same))
    cluster = LiveCluster(
        (node("a", gfd(8), {"gpu": "h100"}), node("b", gfd(8, "3g.40gb"), {"gpu": "h100"})),
        (),
        (),
        serves_kserve=True,
        namespaces=frozenset(),
    )
    result = verified(documents, cluster)
    assert result.differences == ()
    assert [(each.node_pool, each.nodes) for each in result.pools] == [("cut", 1), ("whole", 1)]


def test_a_list_of_values_means_the_nodes_with_any_of_them() -> None:
    documents = selecting({"zone": ["a", "b"], "disk": "ssd"}, nodeCount=2)
    labels = [{"zone": "a", "disk": "ssd"}, {"zone": "b", "disk": "ssd"}]
    assert found(documents, labelled(*labels)) == []
    result = verified(documents, labelled(*labels, {"zone": "c", "disk": "ssd"}, {"zone": "a", "disk": "hdd"}))
    assert [(each.node_pool, each.nodes) for each in result.pools] == [("whole", 2)]


def test_an_empty_selector_counts_gpu_nodes() -> None:
    documents = declared(pool("whole", nodeSelector={}, nodeCount=2))
    cpus = [node(f"cpu-{number}", None, {}, cordoned=True) for number in range(3)]
    (reality,) = verified(documents, cluster(node("n-0", gfd(8), {}), node("n-1", gfd(8), {}), *cpus)).pools
    assert reality.nodes == 2
    assert found(documents, cluster(node("n-0", gfd(8), {}), node("n-1", gfd(8), {}), *cpus)) == []
    told = only(documents, cluster(node("n-0", gfd(8), {}), *cpus))
    assert (told.code, told.message) == ("SW602", "1 node of 2 declared")
    nothing = only(documents, cluster(*cpus))
    assert nothing.message == "none of 3 nodes has GPUs or a GPU label, 2 declared"
    assert nothing.remedy.startswith("install NVIDIA's driver")
