"""Pools that take nothing new: what is there stays or moves away, what is new goes elsewhere, and the plan says why."""

from __future__ import annotations

import pytest

from slicewise.documents import DeploymentKey
from slicewise.planning import DecisionLog, Rejections, Verdict, candidates, make_plan, parse_previous
from slicewise.presentation import shortfall_lines
from tests.documents import (
    Document,
    deployment,
    environment,
    fleet_of,
    model,
    places,
    plan_of,
    pool,
    profile,
    quota,
    several,
    slices,
)
from tests.unit.planning.following import assert_true, lines, remedies_of
from tests.unit.planning.test_prefill import SLICE, split, where


def _two(a: Document | None = None, b: Document | None = None, **environment_spec: object) -> Document:
    """Return an environment of two pools of eight GPUs, with more fields of each and of the environment."""
    found = environment("east", pool("a", **(a or {})), pool("b", **(b or {})))
    found["spec"] |= environment_spec
    return found


ASKED = [model("m"), deployment("x", "m", replicas=2), deployment("y", "m", replicas=4)]
DRAIN, NO_NEW = {"scheduling": "Drain"}, {"scheduling": "NoNew"}


def _moves(plan: Document) -> list[tuple[str, str, str | None, str]]:
    return [
        (
            item["deployment"]["name"],
            f"{item['from']['environment']}/{item['from']['nodePool']}",
            item["to"] and f"{item['to']['environment']}/{item['to']['nodePool']}",
            item["code"],
        )
        for item in plan["moved"]
    ]


def _said(plan: Document) -> list[tuple[str, str]]:
    return [(item["path"], item["message"]) for item in plan["warnings"] if item["code"] == "SW371"]


BEFORE = plan_of([_two(), *ASKED])


def test_before_all_are_on_the_first_pool() -> None:
    assert places(BEFORE) == [("x", "east", "a", "any"), ("y", "east", "a", "any")]


@pytest.mark.parametrize("paused", [_two(a=NO_NEW), _two(scheduling="NoNew", b={"nodeCount": 0})])
def test_what_is_on_a_paused_pool_stays(paused: Document) -> None:
    plan = plan_of([paused, *ASKED], BEFORE)
    assert places(plan) == places(BEFORE)
    assert plan["moved"] == []
    assert all(item["retained"] for item in plan["placements"])


def test_what_is_new_goes_elsewhere_though_the_paused_pool_has_room() -> None:
    plan = plan_of([_two(a=NO_NEW), *ASKED, deployment("new", "m")], BEFORE)
    assert ("new", "east", "b", "any") in places(plan)


def test_nothing_is_placed_where_a_whole_environment_is_paused() -> None:
    plan = plan_of([_two(scheduling="NoNew"), *ASKED])
    assert places(plan) == []
    (first, _) = plan["shortfalls"]
    assert [item["code"] for item in first["rejections"]] == ["not-accepting"]
    assert first["rejections"][0]["message"] == "the environment's scheduling is NoNew: it takes nothing new"
    assert first["rejections"][0]["facts"] == {"scheduling": "NoNew", "ofEnvironment": True}


def test_of_environment_and_pool_that_which_takes_less_holds() -> None:
    drained = _two(a=DRAIN, scheduling="NoNew")
    paused = _two(a=NO_NEW, scheduling="Drain")
    assert [each.get("scheduling") for each in plan_of([drained, *ASKED])["nodePools"]] == ["Drain", "NoNew"]
    assert [each.get("scheduling") for each in plan_of([paused, *ASKED])["nodePools"]] == ["Drain", "Drain"]
    assert [each.get("scheduling") for each in BEFORE["nodePools"]] == [None, None]


def test_what_grows_leaves_a_paused_pool_as_a_whole() -> None:
    grown = [model("m"), deployment("x", "m", replicas=3), deployment("y", "m", replicas=4)]
    plan = plan_of([_two(a=NO_NEW), *grown], BEFORE)
    assert _moves(plan) == [("x", "east/a", "east/b", "not-accepting")]
    assert plan["moved"][0]["message"] == "the pool's scheduling is NoNew: it takes nothing new"


def test_what_grows_and_fits_nowhere_else_is_a_shortfall_as_on_a_full_pool() -> None:
    grown = [model("m"), deployment("x", "m", replicas=3), deployment("y", "m", replicas=4)]
    paused = plan_of([_two(a=NO_NEW, b={"nodeCount": 0}), *grown], BEFORE)
    full = plan_of([_two(a={"acceleratorCount": 6}, b={"nodeCount": 0}), *grown], BEFORE)
    assert [item["deployment"]["name"] for item in paused["shortfalls"]] == ["x"]
    assert [item["deployment"]["name"] for item in full["shortfalls"]] == ["x"]


def test_what_shrinks_or_is_served_by_another_profile_on_its_units_stays() -> None:
    other = [model("m", profile("renamed")), deployment("x", "m", replicas=1), deployment("y", "m", replicas=4)]
    for scheduling in (NO_NEW, DRAIN):
        plan = plan_of([_two(a=scheduling, b={"nodeCount": 0}), *other], BEFORE)
        assert places(plan) == [("x", "east", "a", "renamed"), ("y", "east", "a", "renamed")]


def test_other_pods_on_as_many_units_are_new() -> None:
    other = [model("m", profile("any", gpusPerNode=2)), deployment("x", "m", replicas=1)]
    plan = plan_of([_two(a=NO_NEW), *other], BEFORE)
    assert _moves(plan) == [("x", "east/a", "east/b", "not-accepting")]


def test_a_drained_pool_is_left() -> None:
    plan = plan_of([_two(a=DRAIN), *ASKED], BEFORE)
    assert _moves(plan) == [("x", "east/a", "east/b", "drained"), ("y", "east/a", "east/b", "drained")]
    assert plan["moved"][0]["message"] == "pool a of environment east is being drained"
    assert _said(plan) == []


def test_what_has_no_room_elsewhere_stays_and_is_said() -> None:
    plan = plan_of([_two(a=DRAIN, b={"acceleratorCount": 4, "reservedUnits": 1}), *ASKED], BEFORE)
    assert places(plan) == [("x", "east", "b", "any"), ("y", "east", "a", "any")]
    assert _said(plan) == [
        (
            "InferenceEnvironment east: spec.nodePools[0].scheduling",
            (
                "a is being drained, and team/y stays on it, because no other pool can take it: team/y: east/b comes "
                "nearest: 1 of 4 units free, needs 4; make room elsewhere, which the next plan uses; `slicewise "
                "explain team/y PATH…` shows every pool"
            ),
        )
    ]


def test_where_a_whole_environment_is_drained_the_warning_is_at_its_own_field() -> None:
    plan = plan_of([_two(scheduling="Drain"), *ASKED], BEFORE)
    (said,) = _said(plan)
    assert said[0] == "InferenceEnvironment east: spec.scheduling"
    assert "team/x: no other pool takes what is new" in said[1]
    assert places(plan) == places(BEFORE)


def test_room_that_comes_later_is_used_by_the_next_plan() -> None:
    stuck = plan_of([_two(a=DRAIN, b={"nodeCount": 0}), *ASKED], BEFORE)
    assert places(stuck) == places(BEFORE)
    plan = plan_of([_two(a=DRAIN), *ASKED], stuck)
    assert _moves(plan) == [("x", "east/a", "east/b", "drained"), ("y", "east/a", "east/b", "drained")]


def test_a_higher_priority_leaves_first() -> None:
    asked = [model("m"), deployment("x", "m", replicas=4), deployment("y", "m", replicas=4, priority=5)]
    before = plan_of([_two(), *asked])
    plan = plan_of([_two(a=DRAIN, b={"acceleratorCount": 4}), *asked], before)
    assert _moves(plan) == [("y", "east/a", "east/b", "drained")]


def test_what_is_new_takes_the_room_only_of_what_is_less_important() -> None:
    for priority, moved in ((0, ["y"]), (5, [])):
        new = deployment("new", "m", replicas=8, priority=priority)
        plan = plan_of([_two(a=DRAIN), model("m"), ASKED[2], new], plan_of([_two(), model("m"), ASKED[2]]))
        assert [each[0] for each in _moves(plan)] == moved
        assert ("y", "east", "b" if moved else "a", "any") in places(plan)


def test_what_has_moved_makes_no_way_for_two_that_are_new() -> None:
    asked = [model("m"), deployment("big", "m", replicas=8)]
    new = [deployment("one", "m", replicas=4), deployment("two", "m", replicas=4)]
    plan = plan_of([_two(a=DRAIN), *asked, *new], plan_of([_two(), *asked]))
    assert ("big", "east", "b", "any") in places(plan)
    assert [item["deployment"]["name"] for item in plan["shortfalls"]] == ["one", "two"]


def test_slices_like_its_own_come_before_a_better_pool_and_another_environment() -> None:
    def here(**of_old: object) -> Document:
        tighter = pool("tighter", memoryPerGpu="40Gi")
        return environment("east", slices("old", "3g.40gb", **of_old), tighter, slices("new", "3g.40gb"))

    asked = [model("m", profile("any", mig="only")), deployment("x", "m")]
    west = environment("west", slices("larger", "3g.40gb", nodeCount=9))
    before = plan_of([environment("east", slices("old", "3g.40gb")), *asked])
    free = [model("m"), deployment("x", "m")]
    plan = plan_of([here(**DRAIN), west, *free], before)
    assert _moves(plan) == [("x", "east/old", "east/new", "drained")]


def test_another_environment_takes_what_its_own_has_no_room_for() -> None:
    plan = plan_of([_two(a=DRAIN, b={"nodeCount": 0}), environment("west", pool("p")), *ASKED], BEFORE)
    assert _moves(plan) == [("x", "east/a", "west/p", "drained"), ("y", "east/a", "west/p", "drained")]


def test_fewer_environments_are_left_where_pools_are_drained_first() -> None:
    two = [environment(name, pool("p")) for name in ("east", "west")]
    before = plan_of([*two, model("m"), deployment("x", "m", environments=2)])
    two[0]["spec"]["nodePools"][0]["scheduling"] = "Drain"
    plan = plan_of([*two, model("m"), deployment("x", "m", environments=1)], before)
    assert places(plan) == [("x", "west", "p", "any")]
    assert _moves(plan) == [("x", "east/p", None, "fewer-environments")]


def test_a_pool_that_is_drained_under_another_name_is_one_move() -> None:
    renamed = pool("renamed", nodeSelector={"pool": "a"}, **DRAIN)
    plan = plan_of([environment("east", renamed, pool("b")), model("m"), ASKED[1]], BEFORE)
    assert _moves(plan) == [("x", "east/a", "east/b", "drained")]


def test_a_full_quota_lets_what_is_drained_move() -> None:
    # Of six units that run; three are less than what runs already takes.
    for units in (6, 3):
        plan = plan_of([_two(a=DRAIN), quota("gpus", {"units": units}), *ASKED], BEFORE)
        assert [each[2:] for each in _moves(plan)] == [("east/b", "drained")] * 2, units


def test_a_node_of_several_profiles_is_drained_as_a_whole() -> None:
    def here(**fields: object) -> Document:
        return environment("east", several("cut", {"3g.40gb": 8, "1g.10gb": 8}, **fields), slices("new", "3g.40gb"))

    asked = [model("m", profile("any", memoryPerGpu="30Gi")), deployment("x", "m"), model("s"), deployment("y", "s")]
    before = plan_of([environment("east", several("cut", {"3g.40gb": 8, "1g.10gb": 8})), *asked])
    plan = plan_of([here(**DRAIN), *asked], before)
    assert _moves(plan) == [("x", "east/cut", "east/new", "drained"), ("y", "east/cut", "east/new", "drained")]
    assert [each.get("scheduling") for each in plan["nodePools"]] == ["Drain", "Drain", None]


def _split(*pools: Document, prefill: int = 2) -> list[Document]:
    return [environment("env", *pools), model("m", split(prefill, SLICE)), deployment("chat", "m")]


def test_only_the_workload_on_a_drained_pool_moves() -> None:
    before = plan_of(_split(pool("whole"), slices("cut", "3g.40gb")))
    assert where(before) == [("env", "whole", "cut")]
    other = [pool("whole2"), slices("cut2", "4g.40gb"), slices("like", "3g.40gb")]
    plan = plan_of(_split(pool("whole"), slices("cut", "3g.40gb", **DRAIN), *other), before)
    assert where(plan) == [("env", "whole", "like")]
    assert [(each["code"], each["message"]) for each in plan["moved"]] == [
        ("drained", "pool cut of environment env is being drained")
    ]
    plan = plan_of(_split(pool("whole", **DRAIN), slices("cut", "3g.40gb"), *other), before)
    assert where(plan) == [("env", "whole2", "cut")]


def test_of_two_workloads_one_leaves_where_the_other_has_no_room() -> None:
    before = plan_of(_split(pool("whole"), slices("cut", "3g.40gb")))
    drained = (pool("whole", **DRAIN), slices("cut", "3g.40gb", **DRAIN))
    assert where(plan_of(_split(*drained, pool("other")), before)) == [("env", "other", "cut")]
    plan = plan_of(_split(*drained, slices("like", "3g.40gb")), before)
    assert where(plan) == [("env", "whole", "like")]
    assert [each[0] for each in _said(plan)] == ["InferenceEnvironment env: spec.nodePools[0].scheduling"]
    both = plan_of(_split(*drained, pool("other"), slices("like", "3g.40gb")), before)
    assert where(both) == [("env", "other", "like")]


def test_prefill_that_grows_leaves_its_paused_pool_alone() -> None:
    before = plan_of(_split(pool("whole"), slices("cut", "3g.40gb")))
    pools = (pool("whole"), slices("cut", "3g.40gb", **NO_NEW))
    assert where(plan_of(_split(*pools, slices("like", "3g.40gb")), before)) == [("env", "whole", "cut")]
    grown = plan_of(_split(*pools, slices("like", "3g.40gb"), prefill=3), before)
    assert where(grown) == [("env", "whole", "like")]
    assert grown["moved"][0]["message"] == (
        "cut cannot take its prefill workload: the pool's scheduling is NoNew: it takes nothing new"
    )


def test_remedies_wake_a_paused_pool_but_count_on_no_nodes_there() -> None:
    documents = [_two(a=NO_NEW, b={"nodeCount": 0}), *ASKED]
    assert "scheduling: Active on east/a, where nothing new comes now, would let it run" in lines(documents, "x", 9)
    for remedy in remedies_of(documents, "x", 9):
        assert_true(remedy, documents, "x")
    assert not any("nodeCount" in each and "east/a" in each for each in lines(documents, "x", 9))


def test_remedies_wake_a_paused_environment_or_nothing_where_both_are_paused() -> None:
    documents = [_two(scheduling="Drain"), *ASKED]
    said = "scheduling: Active in the environment east, where nothing new comes now, would let it run"
    assert said in lines(documents, "x", 9)
    for remedy in remedies_of(documents, "x", 9):
        assert_true(remedy, documents, "x")
    both = [_two(a=NO_NEW, b=NO_NEW, scheduling="NoNew"), *ASKED]
    assert lines(both, "x", 9) == []


def test_what_is_to_leave_a_drained_pool_takes_the_room_of_a_remedy_first() -> None:
    def cluster(nodes: int, **old: object) -> list[Document]:
        one = environment(
            "east", pool("old", acceleratorCount=1, **old), pool("new", acceleratorCount=1, nodeCount=nodes)
        )
        return [one, model("m"), deployment("a", "m"), deployment("b", "m")]

    both = plan_of(cluster(1))
    asked = [*cluster(1, **DRAIN), deployment("c", "m")]
    fleet = fleet_of(asked)
    plan = make_plan(fleet, parse_previous(both["placements"], "before"))
    said = shortfall_lines(fleet, plan, Rejections(fleet, plan))
    assert "  remedy: nodeCount 2 on east/new (now 1) would let it run (team/b may take this room first)" in said
    # Followed, b leaves the drained pool, and c waits on.
    after = plan_of([*cluster(2, **DRAIN), deployment("c", "m")], plan_of(asked, both))
    assert places(after) == [("a", "east", "new", "any"), ("b", "east", "new", "any")]
    assert [each["deployment"]["name"] for each in after["shortfalls"]] == ["c"]
    # Of a lower priority, b waits for c.
    asked[3]["spec"]["priority"] = -1
    lower = fleet_of(asked)
    plan = make_plan(lower, parse_previous(both["placements"], "before"))
    said = shortfall_lines(lower, plan, Rejections(lower, plan))
    assert "  remedy: nodeCount 2 on east/new (now 1) would let it run" in said


def test_explain_names_the_rule() -> None:
    fleet, log = fleet_of([_two(a=NO_NEW), model("m"), deployment("x", "m")]), DecisionLog(DeploymentKey("team", "x"))
    found = candidates(fleet, make_plan(fleet, (), log), log)
    assert [(each.node_pool, each.verdict, each.code) for each in found] == [
        ("b", Verdict.PLACED, None),
        ("a", Verdict.REJECTED, "not-accepting"),
    ]


def test_validation_does_not_take_a_paused_pool_for_none() -> None:
    from slicewise.planning import prospects  # noqa: PLC0415

    assert [each.code for each in prospects(fleet_of([_two(scheduling="NoNew"), *ASKED]))] == []


@pytest.mark.parametrize("scheduling", ["NoNew", "Drain"])
def test_what_has_grown_on_a_pool_that_takes_nothing_new_may_stay_as_it_was(scheduling: str) -> None:
    only = environment("east", pool("a", scheduling=scheduling))
    before = plan_of([environment("east", pool("a")), *ASKED])
    previous = parse_previous(before["placements"], "before")
    fleet = fleet_of([only, model("m"), deployment("x", "m", replicas=3), ASKED[2]])
    plan = make_plan(fleet, previous)
    said = shortfall_lines(fleet, plan, Rejections(fleet, plan))
    assert "  remedy: replicas 2 (now 3), as before, would let it stay on east/a" in said
    followed = make_plan(fleet_of([only, *ASKED]), previous)
    assert (followed.shortfalls, len(followed.placements)) == ((), 2)


@pytest.mark.parametrize("nodes", [1, 2])
def test_what_has_no_room_any_more_is_not_told_to_be_as_before(nodes: int) -> None:
    """Twelve replicas were on two nodes of eight GPUs; one node has no room for them, whatever a quota left them."""
    before = plan_of([environment("east", pool("a", nodeCount=2)), model("m"), deployment("x", "m", replicas=12)])
    previous = parse_previous(before["placements"], "before")
    now = [environment("east", pool("a", nodeCount=nodes, **NO_NEW)), model("m"), quota("few", {"units": 10})]
    fleet = fleet_of([*now, deployment("x", "m", replicas=14)])
    plan = make_plan(fleet, previous)
    told = [line for line in shortfall_lines(fleet, plan, Rejections(fleet, plan)) if "as before" in line]
    followed = make_plan(fleet_of([*now, deployment("x", "m", replicas=12)]), previous)
    assert (len(told), len(followed.placements)) == ((0, 0) if nodes == 1 else (1, 1))


def test_what_had_other_pods_is_not_told_to_be_as_before() -> None:
    """Two replicas of one GPU each were there; with two GPUs each, two of them are more."""
    before = plan_of([environment("east", pool("a")), *ASKED])
    wider = model("m", profile("any", gpusPerNode=2))
    fleet = fleet_of([environment("east", pool("a", **NO_NEW)), wider, deployment("x", "m", replicas=3)])
    plan = make_plan(fleet, parse_previous(before["placements"], "before"))
    assert not [line for line in shortfall_lines(fleet, plan, Rejections(fleet, plan)) if "as before" in line]
