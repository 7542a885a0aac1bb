"""What must move moves as little as can be, and the plan says what and why."""

from __future__ import annotations

from slicewise.planning import make_plan, parse_previous
from slicewise.planning.moves import EnvironmentGone, NodePoolGone
from tests.documents import Document, deployment, environment, fleet_of, model, places, plan_of, pool, profile, slices

ENVIRONMENTS = [
    environment("a", slices("p", "3g.40gb")),
    environment("b", slices("p", "3g.40gb", nodeCount=2), pool("whole")),
]


def _moves(plan: Document) -> list[tuple[str, str, str | None, str]]:
    def seat(item: Document) -> str:
        return "/".join((item["environment"], item["nodePool"], item["profile"]))

    return [
        (item["deployment"]["name"], seat(item["from"]), item["to"] and seat(item["to"]), item["code"])
        for item in plan["moved"]
    ]


def test_a_pool_that_shrank_keeps_what_fits_and_moves_the_rest() -> None:
    fill = [deployment(name, "m", replicas=6) for name in ("x", "y")]
    before = plan_of([ENVIRONMENTS[0], model("m"), *fill])
    assert places(before) == [("x", "a", "p", "any"), ("y", "a", "p", "any")]
    smaller = environment("a", slices("p", "3g.40gb", acceleratorCount=5))
    after = plan_of([smaller, ENVIRONMENTS[1], model("m"), *fill], before)
    assert places(after) == [("x", "a", "p", "any"), ("y", "b", "p", "any")]
    assert _moves(after) == [("y", "a/p/any", "b/p/any", "capacity")]
    assert after["moved"][0]["message"] == "4 of 10 units free, needs 6"


def test_nowhere_to_go_is_said_too() -> None:
    documents = [model("m"), deployment("x", "m", replicas=16)]
    before = plan_of([ENVIRONMENTS[0], *documents])
    after = plan_of([environment("a", slices("p", "3g.40gb", acceleratorCount=5)), *documents], before)
    assert _moves(after) == [("x", "a/p/any", None, "capacity")]
    assert after["shortfalls"][0]["placed"] == 0


def test_a_deleted_environment() -> None:
    documents = [model("m"), deployment("x", "m")]
    before = plan_of([*ENVIRONMENTS, *documents])
    assert places(before) == [("x", "b", "p", "any")]
    after = plan_of([ENVIRONMENTS[0], *documents], before)
    assert _moves(after) == [("x", "b/p/any", "a/p/any", "environment-gone")]
    assert after["moved"][0]["message"] == "environment b is not declared any more"


def test_a_renamed_pool_keeps_the_environment_and_the_profile() -> None:
    documents = [model("m", profile("best"), profile("second")), deployment("x", "m")]
    before = plan_of([ENVIRONMENTS[0], *documents])
    before["placements"][0]["profile"] = "second"
    # Tighter memory, another environment and a preferred profile all lose against staying as it is.
    renamed = environment("a", pool("tight", memoryPerGpu="10Gi"), slices("renamed", "3g.40gb"))
    after = plan_of([renamed, ENVIRONMENTS[1], *documents], before)
    assert _moves(after) == [("x", "a/p/second", "a/renamed/second", "node-pool-gone")]


def test_a_renamed_profile_keeps_the_pool() -> None:
    before = plan_of([*ENVIRONMENTS, model("m", profile("old")), deployment("x", "m")])
    roomier = environment("c", slices("p", "3g.40gb", nodeCount=9))
    after = plan_of([*ENVIRONMENTS, roomier, model("m", profile("new")), deployment("x", "m")], before)
    assert _moves(after) == [("x", "b/p/old", "b/p/new", "profile-gone")]


def test_what_no_longer_matches_says_which_rule() -> None:
    before = plan_of([*ENVIRONMENTS, model("m"), deployment("x", "m")])
    after = plan_of([*ENVIRONMENTS, model("m", profile("any", memoryPerGpu="60Gi")), deployment("x", "m")], before)
    assert _moves(after) == [("x", "b/p/any", "b/whole/any", "insufficient-memory")]
    assert after["moved"][0]["message"] == "a slice has 40Gi, needs 60Gi"


def test_fewer_environments_are_no_reason_to_go_elsewhere() -> None:
    before = plan_of([*ENVIRONMENTS, model("m"), deployment("x", "m", environments=2)])
    after = plan_of([*ENVIRONMENTS, model("m"), deployment("x", "m")], before)
    assert _moves(after) == [("x", "b/p/any", None, "fewer-environments")]
    assert after["moved"][0]["message"] == "1 environment is asked for now"


def test_who_goes_for_good_is_no_move() -> None:
    before = plan_of([*ENVIRONMENTS, model("m"), deployment("x", "m"), deployment("y", "m")])
    after = plan_of([*ENVIRONMENTS, model("m"), deployment("y", "m")], before)
    assert after["moved"] == []


def test_why_something_moved_is_data_with_names_and_numbers() -> None:
    before = plan_of([*ENVIRONMENTS, model("m"), deployment("x", "m", environments=2), deployment("y", "m")])
    asks = {"x": deployment("x", "m", replicas=9), "y": deployment("y", "m", environmentSelector={"stage": "prod"})}
    fleet = fleet_of([environment("a", slices("q", "3g.40gb", acceleratorCount=1)), model("m"), *asks.values()])
    plan = make_plan(fleet, parse_previous(before["placements"], "plan.json"))
    assert {(str(move.deployment), move.reason) for move in plan.moved} == {
        ("team/x", EnvironmentGone("b")),
        ("team/x", NodePoolGone("a", "p")),
        ("team/y", EnvironmentGone("b")),
    }
