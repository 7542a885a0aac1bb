"""What runs stays with its slices on its nodes, whatever their pool is called: renamed, swapped, split or joined.

The nodes of these fleets are the same before and after; only how the documents speak of them differs.
"""

from __future__ import annotations

from random import Random

import pytest

from slicewise.changes import ChangeKind, Effect, PlanChanges, plan_changes
from slicewise.changes.service_parts import parts_of_plan
from slicewise.planning import Plan, make_plan
from tests.documents import Document, deployment, environment, fleet_of, model, pool, profile, several, slices
from tests.unit.changes.comparing import remembered

SMALL = model("small", profile("any", memoryPerGpu="9Gi"), cpu="1", memory="1Gi")
LARGE = model("large", profile("any", memoryPerGpu="39Gi"), cpu="1", memory="1Gi")


def _on(nodes: str) -> Document:
    return {"nodeSelector": {"nodes": nodes}}


def _replanned(before: list[Document], now: list[Document]) -> tuple[Plan, Plan, PlanChanges]:
    """Plan two fleets one after the other, as two runs of a stack do."""
    first_fleet, fleet = fleet_of(before), fleet_of(now)
    first = make_plan(first_fleet)
    assert not first.shortfalls
    previous = remembered(first_fleet, first)
    plan = make_plan(fleet, previous)
    return first, plan, plan_changes(previous, plan, parts_of_plan(fleet, plan))


def _seats(plan: Plan) -> dict[str, tuple[str, str]]:
    """Return the pool and the resource of each deployment, by name."""
    return {each.deployment.name: (each.node_pool, each.resource) for each in plan.placements}


def _effects(changes: PlanChanges) -> set[Effect]:
    return {change.effect for change in changes.every}


def test_a_pool_of_several_profiles_becomes_two_one_under_the_old_name() -> None:
    served = [LARGE, SMALL, deployment("l", "large", replicas=8), deployment("s", "small", replicas=14)]
    one = environment("e", several("cut", {"3g.40gb": 8, "1g.10gb": 14}, **_on("n")))
    for names in (("cut", "large"), ("small", "cut"), ("small", "large")):
        tiny, big = names
        two = environment(
            "e",
            slices(tiny, "1g.10gb", acceleratorCount=2, **_on("n")),
            slices(big, "3g.40gb", acceleratorCount=4, **_on("n")),
        )
        _, plan, changes = _replanned([one, *served], [two, *served])
        assert _seats(plan) == {"l": (big, "nvidia.com/mig-3g.40gb"), "s": (tiny, "nvidia.com/mig-1g.10gb")}
        assert _effects(changes) == {Effect.NONE}
        # And back again.
        _, plan, changes = _replanned([two, *served], [one, *served])
        assert _seats(plan) == {"l": ("cut", "nvidia.com/mig-3g.40gb"), "s": ("cut", "nvidia.com/mig-1g.10gb")}
        assert _effects(changes) == {Effect.NONE}


def test_a_pool_with_one_resource_becomes_two_and_its_name_is_that_of_smaller_slices_now() -> None:
    """The slices are on nodes that are selected otherwise, so pods restart, but they keep the size of their slices."""
    served = [SMALL, deployment("d", "small", replicas=6)]
    one = environment("e", slices("cut", "3g.40gb", nodeCount=2, **_on("all")))
    two = environment("e", slices("cut", "1g.10gb", **_on("a")), slices("other", "3g.40gb", **_on("b")))
    _, plan, changes = _replanned([one, *served], [two, *served])
    assert _seats(plan) == {"d": ("other", "nvidia.com/mig-3g.40gb")}
    (change,) = changes.every
    assert (change.kind, change.effect) == (ChangeKind.MOVED, Effect.PODS)
    (move,) = plan.moved
    assert (move.code, move.text) == (
        "resource-gone",
        "pool cut of environment e offers no nvidia.com/mig-3g.40gb any more",
    )


@pytest.mark.parametrize("strategy", ["mixed", "single"])
def test_one_profile_pools_whose_names_are_swapped(strategy: str) -> None:
    served = [LARGE, SMALL, deployment("l", "large", replicas=16), deployment("s", "small", replicas=30)]
    before = environment(
        "e",
        slices("a", "3g.40gb", strategy=strategy, **_on("x")),
        slices("b", "1g.10gb", strategy=strategy, **_on("y")),
    )
    now = environment(
        "e",
        slices("a", "1g.10gb", strategy=strategy, **_on("y")),
        slices("b", "3g.40gb", strategy=strategy, **_on("x")),
    )
    first, plan, changes = _replanned([before, *served], [now, *served])
    assert {name: seat[0] for name, seat in _seats(first).items()} == {"l": "a", "s": "b"}
    assert {name: seat[0] for name, seat in _seats(plan).items()} == {"l": "b", "s": "a"}
    assert _effects(changes) == {Effect.NONE}
    assert [move.code for move in plan.moved] == ["resource-gone", "resource-gone"]


def test_pools_alike_whose_names_are_swapped_or_shifted() -> None:
    """Two zones of the same GPUs: the pool that comes to have the name of another is not where its pods run."""
    served = [SMALL, deployment("d1", "small", replicas=8), deployment("d2", "small", replicas=8)]
    before = environment("e", pool("a", **_on("x")), pool("b", **_on("y")))
    for names in (("b", "a"), ("b", "c"), ("c", "b"), ("c", "d")):
        now = environment("e", *(pool(name, **_on(nodes)) for name, nodes in zip(names, "xy", strict=True)))
        _, plan, changes = _replanned([before, *served], [now, *served])
        assert _effects(changes) == {Effect.NONE}
        reasons = {move.source.node_pool: move.text for move in plan.moved}
        assert reasons["a"] == (
            f"the nodes that environment e had as pool a are pool {names[0]} now"
            if "a" in names
            else "environment e has no pool a any more"
        )


def test_nodes_that_were_cut_otherwise_keep_what_runs_if_no_others_have_such_slices() -> None:
    served = [SMALL, deployment("d", "small", replicas=6)]
    one, other = (environment("e", slices("cut", each)) for each in ("3g.40gb", "1g.10gb"))
    _, plan, _ = _replanned([one, *served], [other, *served])
    assert _seats(plan) == {"d": ("cut", "nvidia.com/mig-1g.10gb")}
    assert plan.moved == ()


def test_other_slices_of_its_pool_serve_it_if_those_like_its_own_are_taken() -> None:
    """Pool full has slices like those that were, and runs as much as it has room for."""
    full = slices("full", "2g.20gb", labels={"of": "f"}, **_on("b"))
    served = [
        SMALL,
        deployment("d", "small", replicas=6),
        deployment("f", "small", replicas=20, nodePoolSelector={"of": "f"}),
    ]
    before = environment("e", slices("cut", "2g.20gb", **_on("a")), full)
    now = environment("e", slices("cut", "1g.10gb", **_on("a")), full)
    first, plan, _ = _replanned([before, *served], [now, *served])
    assert _seats(first)["d"] == ("cut", "nvidia.com/mig-2g.20gb")
    assert _seats(plan) == {"d": ("cut", "nvidia.com/mig-1g.10gb"), "f": ("full", "nvidia.com/mig-2g.20gb")}
    assert (plan.moved, {each.retained for each in plan.placements}) == ((), {True})


@pytest.mark.parametrize("names", [("b", "a"), ("b", "c"), ("c", "b")])
def test_a_prefill_workload_stays_on_its_nodes(names: tuple[str, str]) -> None:
    shape = {"nodes": 1, "gpusPerNode": 1, "requires": {"memoryPerGpu": "39Gi", "mig": "only"}}
    serving = profile("tp4", gpusPerNode=4, mig="never") | {"prefill": {"replicas": 4, "replicaTopology": shape}}
    served = [model("m", serving, cpu="1", memory="1Gi"), deployment("d", "m")]
    whole = pool("whole")
    before = environment("e", whole, slices("a", "3g.40gb", **_on("x")), slices("b", "3g.40gb", **_on("y")))
    one, other = names
    now = environment("e", whole, slices(one, "3g.40gb", **_on("x")), slices(other, "3g.40gb", **_on("y")))
    first, plan, changes = _replanned([before, *served], [now, *served])
    (then,), (there,) = first.placements, plan.placements
    assert then.prefill
    assert there.prefill
    assert (then.prefill.node_pool, there.prefill.node_pool) == ("a", one)
    assert _effects(changes) == {Effect.NONE}
    assert len(plan.moved) == 1


CUTS: tuple[dict[str, int], ...] = (
    {"3g.40gb": 8, "1g.10gb": 14},
    {"2g.20gb": 12, "1g.10gb": 14},
    {"3g.40gb": 16},
    {"1g.10gb": 56},
    {},
)
"""On eight H100s; the first two leave two and three GPUs as they are."""
GPUS = {"3g.40gb": 2, "2g.20gb": 3, "1g.10gb": 7}


def _declared(random: Random, groups: list[tuple[Document, str]], names: list[str]) -> tuple[list[Document], Document]:
    """Return pools that declare groups of nodes, each as one pool or as one for each profile, and the group of each."""
    pools: list[Document] = []
    group_of: Document = {}
    for number, (cut, strategy) in enumerate(groups):
        same = _on(f"group-{number}") | {"allocatable": {"cpu": "180", "memory": "1800Gi"}}
        if not cut:
            declared = [pool(names.pop(), **same)]
        elif len(cut) == 1:
            declared = [slices(names.pop(), next(iter(cut)), strategy=strategy, **same)]
        elif random.random() < 0.5:
            declared = [several(names.pop(), cut, **same)]
        else:
            declared = [
                slices(names.pop(), each, acceleratorCount=-(-count // GPUS[each]), **same)
                for each, count in cut.items()
            ]
        pools += declared
        group_of |= {each["name"]: number for each in declared}
    random.shuffle(pools)
    return pools, group_of


@pytest.mark.parametrize("seed", range(60))
def test_whatever_pools_are_called_and_however_nodes_are_divided_into_them_nothing_restarts(seed: int) -> None:
    random = Random(seed)  # noqa: S311 - fleets, not secrets
    groups = [(random.choice(CUTS), random.choice(("mixed", "single"))) for _ in range(random.randint(1, 4))]
    names = [f"p{number}" for number in range(8)]
    memory = {
        each: model(f"m{each}", profile("any", memoryPerGpu=f"{each}Gi"), cpu="1", memory="1Gi")
        for each in (9, 19, 39, 70)
    }
    asked = [
        deployment(f"d{number}", f"m{random.choice((9, 9, 19, 39, 70))}", replicas=random.randint(1, 6))
        for number in range(random.randint(1, 8))
    ]
    served = [*memory.values(), *asked]
    pools, before = _declared(random, groups, random.sample(names, 8))
    again, now = _declared(random, groups, random.sample(names, 8))
    first_fleet, fleet = fleet_of([environment("e", *pools), *served]), fleet_of([environment("e", *again), *served])
    first = make_plan(first_fleet)
    previous = remembered(first_fleet, first)
    plan = make_plan(fleet, previous)
    there = {each.deployment: (now[each.node_pool], each.resource) for each in plan.placements}
    for each in first.placements:
        assert there[each.deployment] == (before[each.node_pool], each.resource)
    changes = plan_changes(previous, plan, parts_of_plan(fleet, plan))
    kept = [change for change in changes.every if change.kind is not ChangeKind.ADDED]
    assert {change.effect for change in kept} <= {Effect.NONE}
    called_otherwise = {each.deployment for each in first.placements} & {move.deployment for move in plan.moved}
    assert called_otherwise == {change.deployment for change in kept if change.kind is ChangeKind.MOVED}
