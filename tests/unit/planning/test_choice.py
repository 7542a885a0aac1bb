"""Where a deployment goes when there is a choice, and who comes first."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.documents import (
    Document,
    deployment,
    each_rejection,
    environment,
    model,
    places,
    plan_of,
    pool,
    profile,
    rejections,
    slices,
)
from tests.unit.planning.strategies import steady


def _pool_usage(plan: Document, environment_name: str, pool_name: str) -> Document:
    return next(
        item for item in plan["nodePools"] if (item["environment"], item["nodePool"]) == (environment_name, pool_name)
    )


def test_the_first_profile_that_matches_is_taken() -> None:
    documents = [environment("env", pool("gpu"), slices("mig", "3g.40gb")), deployment("d", "m")]
    on_slice, on_gpu = profile("slice", mig="only"), profile("gpu", mig="never")
    assert places(plan_of([*documents, model("m", on_slice, on_gpu)])) == [("d", "env", "mig", "slice")]
    assert places(plan_of([*documents, model("m", on_gpu, on_slice)])) == [("d", "env", "gpu", "gpu")]


def test_a_full_pool_makes_way_for_the_next_profile() -> None:
    documents = [
        environment("env", pool("gpu", nodeCount=3), slices("mig", "3g.40gb")),
        model("m", profile("slice", mig="only"), profile("gpu", mig="never")),
    ]
    assert places(plan_of([*documents, deployment("d", "m", replicas=16)])) == [("d", "env", "mig", "slice")]
    assert places(plan_of([*documents, deployment("d", "m", replicas=17)])) == [("d", "env", "gpu", "gpu")]
    # All replicas go to one pool with one profile: 25 fit neither, though the two pools have 40 units.
    plan = plan_of([*documents, deployment("d", "m", replicas=25)])
    assert places(plan) == []
    assert rejections(plan, "d") == [
        ("env", "gpu", "gpu", "capacity"),
        ("env", "gpu", "slice", "mig-required"),
        ("env", "mig", "gpu", "mig-not-allowed"),
        ("env", "mig", "slice", "capacity"),
    ]


def test_the_tightest_memory_is_taken_first() -> None:
    pools = (slices("a-large", "3g.40gb"), slices("b-tight", "1g.10gb"), slices("c-middle", "2g.20gb"))
    documents = [environment("env", *pools), model("m", profile("x", memoryPerGpu="9Gi"))]
    assert places(plan_of([*documents, deployment("d", "m")])) == [("d", "env", "b-tight", "x")]
    # 8 x 7 units are too few for 57: the next tightest.
    assert places(plan_of([*documents, deployment("d", "m", replicas=57)])) == []
    assert places(plan_of([*documents, deployment("d", "m", replicas=24), deployment("e", "m", replicas=40)])) == [
        ("d", "env", "c-middle", "x"),
        ("e", "env", "b-tight", "x"),
    ]


def test_memory_is_compared_by_amount_and_not_as_text() -> None:
    pools = (pool("a", memoryPerGpu="80Gi"), pool("b", memoryPerGpu="9216Mi"))
    assert places(plan_of([environment("env", *pools), model("m"), deployment("d", "m")])) == [("d", "env", "b", "any")]


def test_of_equal_memory_the_least_stranded_then_the_name() -> None:
    threes = model("m", profile("x", gpusPerNode=3))
    pools = (pool("a", acceleratorCount=8), pool("b", acceleratorCount=6))
    # A pod of three leaves 5 of 8, of which 2 are lost, and 3 of 6, of which none is.
    assert places(plan_of([environment("env", *pools), threes, deployment("d", "m")])) == [("d", "env", "b", "x")]
    alike = (pool("b"), pool("a"))
    assert places(plan_of([environment("env", *alike), threes, deployment("d", "m")])) == [("d", "env", "a", "x")]


def test_environments_are_spread_most_free_first_then_by_name() -> None:
    documents = [
        environment("a", pool("p")),
        environment("b", pool("p", nodeCount=3)),
        environment("c", pool("p", nodeCount=2)),
        environment("d", pool("p", nodeCount=2, reservedUnits=8)),
        model("m"),
    ]
    assert [place[1] for place in places(plan_of([*documents, deployment("x", "m")]))] == ["b"]
    assert [place[1] for place in places(plan_of([*documents, deployment("x", "m", environments=2)]))] == ["b", "c"]
    # a and d have eight units free each.
    plan = plan_of([*documents, deployment("x", "m", environments=3)])
    assert [place[1] for place in places(plan)] == ["a", "b", "c"]


def test_equal_deployments_spread_over_equal_environments() -> None:
    documents = [environment("a", pool("p")), environment("b", pool("p")), model("m")]
    plan = plan_of([*documents, *(deployment(name, "m") for name in "xyz")])
    assert [place[1] for place in places(plan)] == ["a", "b", "a"]


def test_among_environments_the_preferred_profile_comes_before_free_units() -> None:
    documents = [
        environment("a", slices("mig", "1g.10gb", nodeCount=9)),
        environment("b", pool("gpu")),
        model("m", profile("gpu", mig="never"), profile("slice")),
        deployment("d", "m"),
    ]
    assert places(plan_of(documents)) == [("d", "b", "gpu", "gpu")]


def test_priority_decides_who_gets_the_last_room() -> None:
    documents = [environment("env", pool("p")), model("m")]
    plan = plan_of([*documents, deployment("a", "m", replicas=8), deployment("b", "m", replicas=8, priority=1)])
    assert [place[0] for place in places(plan)] == ["b"]
    assert rejections(plan, "a") == [("env", "p", "any", "capacity")]


def test_a_higher_priority_evicts_nobody() -> None:
    documents = [environment("env", pool("p")), model("m"), deployment("a", "m", replicas=8)]
    plan = plan_of([*documents, deployment("b", "m", replicas=8, priority=9)], plan_of(documents))
    assert [place[0] for place in places(plan)] == ["a"]
    assert plan["placements"][0]["retained"] is True


def test_the_scarcest_comes_first_then_the_largest_then_the_name() -> None:
    pools = (slices("small", "3g.40gb", acceleratorCount=1), pool("big", acceleratorCount=2))
    anywhere, only_small = model("anywhere"), model("only-small", profile("x", mig="only"))
    documents = [environment("env", *pools), anywhere, only_small]
    # a would take the two slices, as the tighter pool; z can go nowhere else.
    plan = plan_of([*documents, deployment("a", "anywhere", replicas=2), deployment("z", "only-small", replicas=2)])
    assert places(plan) == [("a", "env", "big", "any"), ("z", "env", "small", "x")]
    small = [environment("env", pool("p")), anywhere]
    plan = plan_of([*small, deployment("a", "anywhere", replicas=3), deployment("b", "anywhere", replicas=6)])
    assert [place[0] for place in places(plan)] == ["b"]
    plan = plan_of([*small, deployment("b", "anywhere", replicas=6), deployment("a", "anywhere", replicas=6)])
    assert [place[0] for place in places(plan)] == ["a"]


def test_reserved_units_are_not_given_away() -> None:
    documents = [environment("env", slices("p", "1g.10gb", reservedUnits=6)), model("m")]
    plan = plan_of([*documents, deployment("d", "m", replicas=50)])
    usage = _pool_usage(plan, "env", "p")
    assert (usage["units"], usage["allocated"], usage["reserved"], usage["free"]) == (56, 50, 6, 0)
    plan = plan_of([*documents, deployment("d", "m", replicas=51)])
    assert each_rejection(plan)[0]["message"] == "50 of 56 units free, needs 51"


def test_reserved_units_count_as_pods_of_the_largest_size() -> None:
    fours = model("m", profile("x", gpusPerNode=4))
    documents = [environment("env", pool("p", nodeCount=2, reservedUnits=4)), fours]
    assert len(places(plan_of([*documents, deployment("d", "m", replicas=3)]))) == 1
    # Three units are left alone, and still no fourth pod has a node.
    documents[0]["spec"]["nodePools"][0]["reservedUnits"] = 5
    assert places(plan_of([*documents, deployment("d", "m", replicas=3)])) == []
    assert len(places(plan_of([*documents, deployment("d", "m", replicas=2)]))) == 1


def test_reserved_units_do_not_grow_by_what_has_no_pods() -> None:
    eights, ones = model("eights", profile("x", gpusPerNode=8)), model("ones")
    documents = [environment("env", pool("p", nodeCount=2, reservedUnits=8)), eights, ones]
    nothing = deployment("a", "eights", replicas=0, priority=1)
    plan = plan_of([*documents, nothing, deployment("b", "ones", replicas=8)])
    assert [place[0] for place in places(plan)] == ["a", "b"]


def test_reserved_units_let_a_small_pod_stay_when_a_large_one_goes() -> None:
    # Eight pods of 10 CPUs find no room on three nodes of 20 beside a ninth; one pod of 10 CPUs does. What is
    # promised must not hang on the large deployment that turns eight reserved pods into one.
    environments = environment("env", pool("p", nodeCount=3, reservedUnits=8, allocatable={"cpu": 20}))
    large, small = model("large", profile("x", gpusPerNode=8), cpu="10"), model("small", cpu="10")
    documents = [environments, large, small, deployment("large", "large", priority=1), deployment("a", "small")]
    plan = plan_of(documents)
    assert places(plan) == [("large", "env", "p", "x")]
    assert places(plan_of(documents, plan)) == places(plan)


def test_an_autoscaled_pool_without_nodes_has_room() -> None:
    documents = [environment("env", slices("p", "3g.40gb", nodeCount=0, maxNodeCount=8)), model("m")]
    plan = plan_of([*documents, deployment("d", "m", replicas=128)])
    usage = _pool_usage(plan, "env", "p")
    assert places(plan) == [("d", "env", "p", "any")]
    assert (usage["unitsPerNode"], usage["nodes"], usage["units"], usage["free"]) == (16, 8, 128, 0)
    assert places(plan_of([*documents, deployment("d", "m", replicas=129)])) == []


def test_more_environments_than_there_are() -> None:
    plan = plan_of([environment("env", pool("p")), model("m"), deployment("d", "m", environments=3)])
    assert places(plan) == [("d", "env", "p", "any")]
    assert plan["shortfalls"] == [
        {"deployment": {"namespace": "team", "name": "d"}, "wanted": 3, "placed": 1, "rejections": []}
    ]


def test_no_replicas_need_no_room_but_a_pool_that_matches() -> None:
    documents = [environment("env", pool("p")), model("m"), deployment("full", "m", replicas=8)]
    plan = plan_of([*documents, deployment("none", "m", replicas=0)])
    assert places(plan) == [("full", "env", "p", "any"), ("none", "env", "p", "any")]
    assert plan["placements"][1]["units"] == 0
    plan = plan_of([*documents, deployment("none", "m", replicas=0, nodePoolSelector={"tier": "x"})])
    assert rejections(plan, "none") == [("env", "p", "any", "node-pool-selector")]


def test_an_autoscaler_is_charged_at_its_most() -> None:
    scaling = {"signal": "Concurrency", "concurrency": {"minReplicas": 1, "maxReplicas": 5, "target": 8}}
    documents = [environment("env", pool("p", acceleratorCount=4)), model("m"), deployment("d", "m", scaling=scaling)]
    plan = plan_of(documents)
    assert each_rejection(plan)[0]["message"] == "4 of 4 units free, needs 5"
    documents[0]["spec"]["nodePools"][0]["acceleratorCount"] = 8
    placement = plan_of(documents)["placements"][0]
    assert (placement["replicas"], placement["units"]) == (5, 5)


def test_sizes_that_would_block_each_other_are_kept_apart() -> None:
    documents = [
        environment("env", pool("a", nodeCount=2), pool("b", nodeCount=2)),
        model("large", profile("x", gpusPerNode=8)),
        model("small", profile("x", gpusPerNode=2)),
    ]
    plan = plan_of([*documents, deployment("l", "large", priority=1), deployment("s", "small", replicas=4)])
    # Two of the four could take a node each, and then the large pod would wait forever.
    assert places(plan) == [("l", "env", "a", "x"), ("s", "env", "b", "x")]


def test_slices_the_catalogue_does_not_know_are_counted_as_declared() -> None:
    mig = {"enabled": True, "profile": "1g.5gb", "slicesPerGpu": 4}
    made_up = pool("p", acceleratorType="gpu-of-tomorrow", acceleratorCount=2, memoryPerGpu="5Gi", migConfiguration=mig)
    usage = _pool_usage(plan_of([environment("env", made_up)]), "env", "p")
    assert (usage["unitsPerNode"], usage["resource"]) == (8, "nvidia.com/mig-1g.5gb")


def test_a_disabled_mig_configuration_leaves_whole_gpus() -> None:
    whole = pool("p", migConfiguration={"enabled": False, "profile": "1g.10gb"})
    usage = _pool_usage(plan_of([environment("env", whole)]), "env", "p")
    assert (usage["unitsPerNode"], usage["resource"]) == (8, "nvidia.com/gpu")


@steady
@given(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 3)), min_size=1, max_size=5), st.integers(1, 9))
def test_less_in_reserve_pushes_nobody_out(sizes: list[tuple[int, int]], reserved: int) -> None:
    models = [model(f"m{size}", profile("x", gpusPerNode=size)) for size in range(1, 5)]
    wanted = [deployment(f"d{n}", f"m{size}", replicas=count) for n, (size, count) in enumerate(sizes)]
    before = plan_of([environment("env", pool("p", nodeCount=3, reservedUnits=reserved)), *models, *wanted])
    after = plan_of([environment("env", pool("p", nodeCount=3, reservedUnits=reserved - 1)), *models, *wanted], before)
    assert after["moved"] == []
