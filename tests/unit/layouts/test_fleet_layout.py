"""A layout for documents: what the plan of the changed documents serves, and what stays as it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from slicewise.documents import Fleet, ModelDeployment, NodePool
from slicewise.layouts import FleetLayout, propose_for_fleet, served_replicas
from slicewise.layouts.integer_program import IntegerProgram
from slicewise.mig import fewest_gpus, find_gpu_model
from slicewise.planning import Plan, PreviousPlacement, make_plan, parse_previous
from tests.cluster.random_fleets import RandomFleet, fleet_of_several_profiles, random_fleet
from tests.documents import (
    Document,
    deployment,
    environment,
    fleet_of,
    model,
    on_demand,
    planned,
    pool,
    profile,
    quota,
    several,
    slices,
)
from tests.unit.layouts.seeded_fleets import seeded_fleet

SECONDS = 9.0
# Seven 1g.10gb on each of the eight GPUs of a node.
MANY = "one pool must hold all 57 replicas, and none has room for more than 56"
LONG = 60.0
SMALL, LARGE = (
    model("small", profile("s", memoryPerGpu="9Gi"), cpu="100m", memory="1Gi"),
    model("large", profile("s", memoryPerGpu="38Gi"), cpu="100m", memory="1Gi"),
)


def proposed(fleet: Fleet, *previous: PreviousPlacement, wanted: list[tuple[str, str]] | None = None) -> FleetLayout:
    return propose_for_fleet(fleet, previous, wanted, SECONDS)


def declared(*pools: Document, small: int = 0, large: int = 0) -> Fleet:
    asked = [deployment(name, name, replicas=count) for name, count in (("small", small), ("large", large)) if count]
    return fleet_of([environment("east", *pools), SMALL, LARGE, *asked])


def cut(name: str = "a", nodes: int = 4, **fields: object) -> Document:
    return slices(name, "3g.40gb", **{"nodeCount": nodes, "memoryPerGpu": "39Gi"} | fields)


def running(fleet: Fleet) -> tuple[PreviousPlacement, ...]:
    return parse_previous(planned(fleet)["placements"], "plan.json")


def slices_of(found: NodePool) -> dict[str, int]:
    assert found.mig
    assert found.mig.slices
    return dict(found.mig.slices)


def test_nodes_are_cut_for_what_is_asked() -> None:
    # Four nodes of eight GPUs hold 64 slices of 3g.40gb and no smaller ones; 7 x 18 + 7 x 2 of 32 GPUs hold the rest.
    found = proposed(declared(cut(), small=150, large=20))
    assert served_replicas(found.now) == 20
    assert (served_replicas(found.proposed), found.bound, found.proven) == (170, 170, True)
    (only,) = found.fleet.environments[0].spec.node_pools
    assert only.name == "a"
    assert fewest_gpus(find_gpu_model("h100-80gb"), slices_of(only)) == 8
    assert slices_of(only)["1g.10gb"] * 4 >= 150
    assert slices_of(only)["3g.40gb"] * 4 >= 20


def test_what_is_served_as_it_is_cut_is_left_alone() -> None:
    found = proposed(declared(cut(), large=60))
    assert [each.recut for each in found.pools] == [0]
    assert found.proposed == found.now
    assert found.proven


def test_deployments_of_no_replicas_need_nothing() -> None:
    # Programs know nothing of quotas: the plan serves less than they mean to, and its own places are looked at.
    asked = [deployment(name, "small", replicas=count) for name, count in (("none", 0), ("six", 6), ("nine", 9))]
    fleet = fleet_of([environment("east", cut(nodes=1)), SMALL, *asked, quota("q", {"units": 8})])
    found = proposed(fleet)
    assert served_replicas(found.proposed) == 6
    assert {each.deployment.name for each in found.proposed.placements} == {"none", "six"}


def test_as_few_nodes_as_do_are_cut_anew() -> None:
    found = proposed(declared(cut(nodes=8), small=50, large=100))
    # One node of eight GPUs has 56 of the small ones, and seven have 112 of the large ones.
    assert [each.recut for each in found.pools] == [1]
    assert [count for count, _, _ in found.pools[0].groups] == [7, 1]
    assert served_replicas(found.proposed) == 150


def test_parts_of_a_pool_are_told_apart_by_a_label_of_their_nodes() -> None:
    found = proposed(declared(cut(nodes=8), small=50, large=100))
    kept, new = found.fleet.environments[0].spec.node_pools
    assert (kept.name, kept.node_count, kept.node_selector) == ("a", 7, {"pool": "a", "slicewise.dev/cut": "kept"})
    name = found.pools[0].groups[1][2]
    assert (new.node_count, new.node_selector) == (1, {"pool": "a", "slicewise.dev/cut": name})
    assert new.name == f"a-{name.removeprefix('slicewise-')}"


@pytest.mark.parametrize(
    ("written", "why"),
    [
        (
            cut(migConfiguration={"enabled": True, "profile": "3g.40gb", "fixed": True}),
            "migConfiguration.fixed is true",
        ),
        (cut(maxNodeCount=6), "an autoscaler adds and removes its nodes"),
        (cut(strategy="single"), "the device plugin's strategy is single"),
        (
            cut(
                acceleratorType="nvidia-rtx-pro-5000",
                memoryPerGpu="22Gi",
                migConfiguration={"enabled": True, "profile": "1g.24gb"},
            ),
            "nobody publishes where slices may begin on its GPUs",
        ),
    ],
)
def test_pools_that_are_not_cut_anew_say_why(written: Document, why: str) -> None:
    found = proposed(declared(written, small=150, large=20))
    assert [(each.recut, each.state.kept_because) for each in found.pools] == [(0, why)]


def test_pools_that_were_not_asked_for_stay() -> None:
    fleet = declared(cut("a"), cut("b"), small=200)
    found = proposed(fleet, wanted=[("east", "b")])
    assert [(each.state.key[1], each.recut > 0) for each in found.pools] == [("a", False), ("b", True)]


def test_whole_gpus_are_not_cut_and_serve_what_they_can() -> None:
    found = proposed(declared(pool("whole", nodeCount=2), cut(nodes=1), small=56, large=16))
    assert [each.state.key[1] for each in found.pools] == ["a"]
    assert served_replicas(found.proposed) == 72


def test_nothing_that_runs_moves_and_nodes_that_may_have_pods_are_not_cut() -> None:
    before = declared(cut(nodes=8), large=5)
    after = declared(cut(nodes=8), large=5, small=400)
    found = proposed(after, *running(before))
    # Five pods may stand on five nodes: three are free, and have 168 small slices.
    assert found.proposed.moved == ()
    assert [each.recut for each in found.pools] == [0]
    fewer = declared(cut(nodes=8), large=5, small=150)
    assert [each.recut for each in proposed(fewer, *running(before)).pools] == [3]
    (kept,) = [each for each in proposed(fewer, *running(before)).proposed.placements if each.retained]
    assert (kept.deployment.name, kept.node_pool) == ("large", "a")


def test_reserved_units_may_be_on_as_many_nodes() -> None:
    found = proposed(declared(cut(nodes=4, reservedUnits=2), small=100))
    assert [each.state.free_nodes for each in found.pools] == [2]
    assert served_replicas(found.proposed) == 100


def test_slices_that_a_pool_has_in_several_profiles_are_what_is_kept() -> None:
    written = several("a", {"3g.40gb": 8, "1g.10gb": 28}, nodeCount=2)
    found = proposed(declared(written, small=40, large=10))
    assert [each.groups for each in found.pools] == [[(2, {"3g.40gb": 8, "1g.10gb": 28}, "")]]


def test_priority_comes_before_number() -> None:
    first = deployment("first", "large", replicas=16, priority=1)
    second = deployment("second", "small", replicas=56)
    fleet = fleet_of([environment("east", slices("a", "1g.10gb", memoryPerGpu="9Gi")), SMALL, LARGE, first, second])
    found = proposed(fleet)
    assert [each.deployment.name for each in found.proposed.placements] == ["first"]
    assert [each.why for each in found.unserved] == [
        "the nodes that could be cut for it serve deployments of a higher priority"
    ]
    # Eight GPUs have 56 slices for the second.
    assert (served_replicas(found.proposed), found.bound_at_equal_priority) == (16, 56)


def test_a_higher_priority_elsewhere_is_no_reason() -> None:
    # The pool of the second has seven slices a GPU, and no room for more than 56.
    urgent = deployment("urgent", "large", replicas=2, priority=1, nodePoolSelector={"for": "large"})
    many = deployment("many", "small", replicas=57, nodePoolSelector={"for": "small"})
    pools = [cut(name, nodes=1, labels={"for": name}) for name in ("large", "small")]
    found = proposed(fleet_of([environment("east", *pools), SMALL, LARGE, urgent, many]))
    assert [each.why for each in found.unserved] == [MANY]
    assert found.bound_at_equal_priority == 58 - 56


def test_what_the_documents_move_is_on_its_nodes_until_they_are_applied() -> None:
    pools = [cut("a", nodes=8, labels={"for": "small"}), cut("b", nodes=1, labels={"for": "large"})]
    asked = [deployment("large", "large", replicas=5, nodePoolSelector={"for": name}) for name in ("small", "large")]
    before, after = (fleet_of([environment("east", *pools), SMALL, LARGE, each]) for each in asked)
    found = proposed(after, *running(before))
    assert [each.node_pool for each in found.now.placements] == ["b"]
    # It is on five of eight nodes still.
    assert [each.state.free_nodes for each in found.pools] == [3, 1]


def test_what_no_layout_serves_is_said_with_the_reason() -> None:
    giant = model("giant", profile("s", memoryPerGpu="200Gi"))
    asked = [deployment("giant", "giant"), deployment("many", "small", replicas=57)]
    fleet = fleet_of([environment("east", cut(nodes=1)), SMALL, giant, *asked])
    found = {each.key.name: (each.missing, each.why) for each in proposed(fleet).unserved}
    assert found == {"giant": (1, "no pool can be cut for it"), "many": (1, MANY)}


def test_what_only_whole_gpus_could_serve_is_not_a_matter_of_cutting() -> None:
    fleet = fleet_of(
        [
            environment("east", cut(nodes=2), pool("whole")),
            model("two", profile("s", memoryPerGpu="70Gi", gpusPerNode=2), cpu="100m", memory="1Gi"),
            deployment("two", "two", replicas=5),
        ]
    )
    assert [each.why for each in proposed(fleet).unserved] == ["no pool can be cut for it"]


def test_what_a_quota_keeps_out_is_not_a_matter_of_cutting() -> None:
    fleet = fleet_of(
        [environment("east", cut()), SMALL, deployment("many", "small", replicas=9), quota("q", {"units": 8})]
    )
    assert [each.why for each in proposed(fleet).unserved] == ["a quota leaves it no more"]


def test_gpus_that_the_driver_cuts_have_no_slices_yet() -> None:
    found = proposed(declared(on_demand("a", ["3g.40gb", "1g.10gb"]), small=4))
    assert [(each.groups, each.state.kept_because) for each in found.pools] == [
        ([(1, {}, "")], "its GPUs are cut on demand")
    ]


@pytest.mark.parametrize(("small", "large", "seconds"), [(60, 20, SECONDS), (40, 0, SECONDS), (40, 0, 0), (33, 5, 0)])
def test_every_gpu_of_a_node_that_is_cut_anew_is_listed(small: int, large: int, seconds: float) -> None:
    # mig-parted leaves GPUs alone that its config does not list, and they would keep their slices of 3g.40gb.
    found = propose_for_fleet(declared(cut(nodes=2), small=small, large=large), (), None, seconds)
    assert [len(new.gpus) for each in found.pools for new in each.new] == [8]


@pytest.mark.parametrize("seed", range(14))
@pytest.mark.parametrize("make", [fleet_of_several_profiles, random_fleet], ids=["several profiles", "random"])
def test_the_bound_holds_where_nodes_have_whole_gpus_reserves_and_little_cpu(
    make: Callable[[int], RandomFleet], seed: int
) -> None:
    fleet = fleet_of(make(seed).documents)
    for previous in ((), running(fleet)):
        found = propose_for_fleet(fleet, previous, None, 5.0)
        served = served_replicas(found.proposed)
        assert served <= found.bound
        assert found.proposed.moved == ()
        assert _urgent(found.proposed, fleet) >= _urgent(found.now, fleet)
        assert served_replicas(make_plan(found.fleet, previous)) == served


def _urgent(plan: Plan, fleet: Fleet) -> list[int]:
    """Return the replicas that are served, by priority."""
    priorities = sorted({each.spec.priority for each in fleet.deployments}, reverse=True)
    served = Counter(dict.fromkeys(priorities, 0))
    for each in plan.placements:
        served[fleet.deployment[each.deployment].spec.priority] += each.replicas
    return [served[priority] for priority in priorities]


def test_gpus_of_a_node_that_are_not_cut_stay_whole() -> None:
    written = several("a", {"3g.40gb": 8}, wholeGpus=4, memoryPerGpu="79Gi")
    whole = model("whole", profile("s", memoryPerGpu="70Gi", mig="never"), cpu="100m", memory="1Gi")
    asked = [deployment("whole", "whole", replicas=4), deployment("small", "small", replicas=28)]
    found = proposed(fleet_of([environment("east", written), SMALL, whole, *asked]))
    assert (served_replicas(found.now), served_replicas(found.proposed), found.bound) == (4, 32, 32)


def test_after_a_small_change_as_many_nodes_are_cut_as_it_needs() -> None:
    applied = proposed(declared(cut(nodes=12), small=150, large=60)).fleet
    more = [*applied.deployments, *declared(cut(), small=100).deployments]
    grown = replace(applied, deployments=tuple(_renamed(each, number) for number, each in enumerate(more)))
    found = proposed(grown)
    assert served_replicas(found.now) == 210
    assert served_replicas(found.proposed) == 310
    # A hundred small slices are two nodes of 56; slices of 3g.40gb are left for 84.
    assert sum(each.recut for each in found.pools) == 2


def _renamed(deployment_: ModelDeployment, number: int) -> ModelDeployment:
    named = deployment_.metadata.model_copy(update={"name": f"{deployment_.metadata.name}-{number}"})
    return deployment_.model_copy(update={"metadata": named})


@pytest.mark.parametrize("seconds", [SECONDS, 0], ids=["with a solver", "without"])
def test_an_environment_gets_no_more_pools_than_it_may_have(seconds: float) -> None:
    pools = [cut(f"p{number}", nodes=2) for number in range(40)]
    asked = [deployment(f"d{number}", "small", replicas=40) for number in range(60)]
    found = propose_for_fleet(fleet_of([environment("east", *pools), SMALL, *asked]), (), None, seconds)
    assert len(found.fleet.environments[0].spec.node_pools) == 40
    assert {each.recut for each in found.pools} <= {0, 2}
    assert served_replicas(found.proposed) > served_replicas(found.now)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(1, 31))
def test_thirty_fleets(seed: int) -> None:
    gpus = (10, 20, 40, 80, 160, 320, 500, 640, 800, 1000)[(seed - 1) % 10]
    fleet = seeded_fleet(seed, gpus, load=0.85, priorities=1 + seed % 3)
    found = proposed(fleet)
    if not found.proven:
        # On a busy machine the solver gets a part of its seconds only.
        found = propose_for_fleet(fleet, (), None, LONG)
    served = served_replicas(found.proposed)
    assert served_replicas(found.now) <= served <= found.bound
    assert served >= 0.995 * found.bound
    # Re-planned, the documents serve what was promised.
    assert served_replicas(make_plan(found.fleet)) == served


def one_gpu_a_node(nodes: int, *asked: Document, **fields: object) -> Fleet:
    written = slices("a", "7g.80gb", nodeCount=nodes, acceleratorCount=1, memoryPerGpu="79Gi", **fields)
    return fleet_of([environment("east", written), SMALL, LARGE, *asked])


def test_nodes_of_a_pool_are_cut_in_two_ways_where_one_does_not_serve_all() -> None:
    # 3g.40gb and four 1g.10gb on each of three nodes are only twelve of the small ones.
    asked = (deployment("small", "small", replicas=7), deployment("more", "small", replicas=7))
    found = proposed(one_gpu_a_node(3, *asked, deployment("large", "large", replicas=2)))
    assert (served_replicas(found.proposed), found.bound, found.proven) == (16, 16, True)
    (only,) = found.pools
    # Two nodes of 7 x 1g.10gb and one of 2 x 3g.40gb would leave memory of two GPUs.
    assert [(count, slices) for count, slices, _ in only.groups] == [
        (2, {"1g.10gb": 4, "3g.40gb": 1}),
        (1, {"1g.10gb": 7}),
    ]
    pools = found.fleet.environments[0].spec.node_pools
    assert [pool.node_selector for pool in pools] == [{"pool": "a", "slicewise.dev/cut": n} for _, _, n in only.groups]
    assert len({pool.name for pool in pools} | {"a"}) == 3


def test_a_layout_is_found_where_the_plan_chooses_other_places_than_the_program_meant() -> None:
    # Those of a higher priority take what only those of a lower one have no other place for.
    found = proposed(seeded_fleet(1, 10, load=0.85, priorities=2))
    assert (served_replicas(found.proposed), found.proven) == (24, True)


@pytest.mark.parametrize("names", ["ab", "ba"])
def test_of_as_few_nodes_those_with_the_fewest_gpus_are_cut_anew(names: str) -> None:
    # A node of either pool has fourteen slices of 1g.10gb, and the other node of each has room for the huge ones.
    pools = [
        slices(name, "7g.80gb", nodeCount=2, acceleratorCount=count, memoryPerGpu="79Gi")
        for name, count in zip(names, (8, 2), strict=True)
    ]
    huge = model("huge", profile("s", memoryPerGpu="70Gi"), cpu="100m", memory="1Gi")
    asked = [deployment(f"huge-{count}", "huge", replicas=count) for count in (8, 2)]
    fleet = fleet_of([environment("east", *pools), SMALL, huge, *asked, deployment("small", "small", replicas=14)])
    found = proposed(fleet)
    assert served_replicas(found.proposed) == 24
    assert {each.state.key[1]: each.recut for each in found.pools} == {names[0]: 0, names[1]: 1}


def test_of_layouts_on_as_many_gpus_the_one_that_strands_the_least_memory() -> None:
    # Seven 1g.10gb on one GPU leave an eighth of its memory, four beside a 3g.40gb on each leave nothing.
    (only,) = proposed(declared(cut(nodes=1, acceleratorCount=2), small=7, large=1)).pools
    assert [slices for _, slices, _ in only.groups] == [{"1g.10gb": 8, "3g.40gb": 2}]


@pytest.mark.parametrize(("small", "large"), [(150, 20), (100, 40), (100, 8)])
def test_without_a_solver_nodes_that_nothing_needs_are_cut_for_the_rest(small: int, large: int) -> None:
    fleet = declared(cut(nodes=6), small=small, large=large)
    found = propose_for_fleet(fleet, (), None, 0)
    assert served_replicas(found.now) < served_replicas(found.proposed) == small + large == found.bound
    assert set(found.now.placements) <= set(found.proposed.placements)


def test_where_no_program_is_solved_in_time_pools_are_cut_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(IntegerProgram, "minimise", lambda *_: None)
    # Whole nodes serve something now, so that no node is beside them.
    asked = [deployment(f"d{number}", "small", replicas=4) for number in range(8)]
    pools = [slices(f"p{number}", "7g.80gb", nodeCount=2, acceleratorCount=2, memoryPerGpu="79Gi") for number in "ab"]
    fleet = fleet_of([environment("east", *pools), SMALL, *asked])
    found = proposed(fleet)
    assert (served_replicas(found.now), served_replicas(found.proposed)) == (8, 32)


@pytest.mark.parametrize("seed", range(1, 6))
def test_without_a_solver_it_is_never_worse_and_the_bound_holds(seed: int) -> None:
    fleet = seeded_fleet(seed, 40, load=0.85, priorities=2)
    without, with_one = propose_for_fleet(fleet, (), None, 0), proposed(fleet)
    assert served_replicas(without.now) <= served_replicas(without.proposed) <= without.bound
    assert served_replicas(with_one.proposed) <= without.bound
    assert served_replicas(make_plan(without.fleet)) == served_replicas(without.proposed)
