"""What was compared where a pool had room and was not chosen: the rules of docs/placement.md, "Order and choice"."""

from __future__ import annotations

import pytest
from hypothesis import given

from slicewise.planning import DecisionLog, Verdict, candidates, make_plan, parse_previous
from slicewise.planning.explaining.not_chosen import why_not
from slicewise.planning.location import Location
from slicewise.planning.search import Decision, Measured, Step
from tests.documents import Document, deployment, environment, fleet_of, model, planned, pool, profile, slices
from tests.unit.planning.strategies import fleets, steady

PAIR = model("pair", profile("two", gpusPerNode=2))
ONE, TWO = model("m"), model("n", profile("first", memoryPerGpu="40Gi"), profile("second", memoryPerGpu="10Gi"))
ONCE = "; an environment serves a deployment once"


def at(name: str, of: str = "m", *, where: str, replicas: int = 1) -> Document:
    """Return a deployment that is placed before `d`, in one environment."""
    return deployment(name, of, replicas=replicas, priority=10, environmentSelector={"name": where})


def env(name: str, *pools: Document) -> Document:
    return environment(name, *pools, labels={"name": name})


def reasons(documents: list[Document], previous: list[Document] | None = None) -> dict[str, str]:
    """Return what is said of every pool (and profile) that has room for the deployment `d`, and is not chosen."""
    old = planned(fleet_of(previous))["placements"] if previous else []
    fleet = fleet_of(documents)
    (key,) = (key for key in fleet.deployment if key.name == "d")
    log = DecisionLog(key)
    plan = make_plan(fleet, parse_previous(old, "previous"), log)
    return {
        f"{item.environment}/{item.node_pool} {item.profile}": item.message.removeprefix("not chosen: ")
        for item in candidates(fleet, plan, log)
        if item.verdict is Verdict.FITS
    }


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        (
            [env("a", pool("p")), TWO, deployment("d", "n")],
            {"a/p second": f"the model prefers first, on a/p{ONCE}"},
        ),
        (
            # It fills the pool, and would have that room with another profile, too.
            [env("a", pool("p", acceleratorCount=8, nodeCount=1)), TWO, deployment("d", "n", replicas=8)],
            {"a/p second": f"the model prefers first, on a/p{ONCE}"},
        ),
        (
            [env("a", slices("s", "3g.40gb")), env("b", slices("s", "1g.20gb")), ONE, deployment("d", "m")],
            {"a/s any": "b/s has less memory to spare (20Gi a unit, here 40Gi)"},
        ),
        (
            [
                env("a", slices("s", "3g.40gb")),
                *[env("b", slices("s", "1g.10gb")), env("c", slices("s", "1g.20gb"))],
                *[ONE, deployment("d", "m", environments=2)],
            ],
            {"a/s any": "b/s, c/s have less memory to spare (10 to 20Gi a unit, here 40Gi)"},
        ),
        (
            [env("a", pool("p", acceleratorCount=3), pool("q", acceleratorCount=4)), PAIR, deployment("d", "pair")],
            {"a/p two": f"its pods leave less of a node unused on a/q (0 %, here 33 %){ONCE}"},
        ),
        (
            [
                *[env("a", pool("p", nodeCount=4)), env("b", pool("p", nodeCount=4))],
                *[ONE, PAIR, at("x", "pair", where="a"), at("y", where="b"), deployment("d", "m")],
            ],
            {"a/p any": "b/p already had pods of its size, and no others"},
        ),
        (
            [
                *[env("a", pool("p", nodeCount=4)), env("b", pool("p", nodeCount=4))],
                *[ONE, PAIR, at("x", "pair", where="a"), deployment("d", "m")],
            ],
            {"a/p any": "b/p was empty, and pods of other sizes were here"},
        ),
        (
            [
                *[env("a", pool("p", nodeCount=4)), env("b", pool("p", nodeCount=4))],
                *[ONE, PAIR, model("all", profile("eight", gpusPerNode=8))],
                *[at("x", "all", where="a"), at("y", "pair", where="b"), deployment("d", "m")],
            ],
            {"a/p any": "sizes of pods differ less on b/p"},
        ),
        (
            [env("a", pool("p", nodeCount=1)), env("b", pool("p", nodeCount=2)), ONE, deployment("d", "m")],
            {"a/p any": "more room was left in b (for 16 of its pods, here for 8)"},
        ),
        (
            # The first by name of the environment with most room is taken, and not the pool with most.
            [
                *[env("a", pool("p", nodeCount=2)), env("b", pool("p", nodeCount=1), pool("q", nodeCount=3))],
                *[ONE, deployment("d", "m")],
            ],
            {
                "a/p any": "more room was left in b (for 24 of its pods, here for 16)",
                "b/q any": f"b/p is as good, and comes first by name{ONCE}",
            },
        ),
        (
            [*[env(name, pool("p")) for name in "abcde"], ONE, deployment("d", "m", environments=4)],
            {"e/p any": "a/p, b/p, c/p and 1 more are as good, and come first by name"},
        ),
        (
            # Each environment was chosen by another rule.
            [
                *[env("a", slices("s", "1g.10gb")), env("b", pool("p", nodeCount=2)), env("c", pool("p", nodeCount=1))],
                *[ONE, deployment("d", "m", environments=2)],
            ],
            {
                "c/p any": (
                    "a/s has less memory to spare (10Gi a unit, here 80Gi); more room was left in b (for 16 of its "
                    "pods, here for 8)"
                )
            },
        ),
    ],
)
def test_the_rule_that_decided(documents: list[Document], expected: dict[str, str]) -> None:
    assert reasons(documents) == expected


def test_what_was_there_before() -> None:
    old = [env("a", pool("p")), TWO, deployment("d", "n")]
    better = env("b", slices("s", "3g.40gb"))
    assert reasons([*old, better], previous=old) == {
        "a/p second": f"it stays on a/p, where it was{ONCE}",
        "b/s first": "it stays on a/p, where it was",
        "b/s second": "it stays on a/p, where it was",
    }
    renamed = [env("a", pool("renamed"), slices("s", "3g.40gb")), TWO, deployment("d", "n")]
    assert reasons([*renamed, better], previous=old) == {
        "a/renamed second": f"less of what it had changes on a/renamed{ONCE}",
        "a/s first": f"less of what it had changes on a/renamed{ONCE}",
        "a/s second": f"less of what it had changes on a/renamed{ONCE}",
        "b/s first": "it stays in a, where it was",
        "b/s second": "it stays in a, where it was",
    }


def steps(documents: list[Document], name: str) -> list[tuple[str, Step]]:
    """Return in which environment, and in which step of planning, each placement of a deployment was made."""
    fleet = fleet_of(documents)
    (key,) = (key for key in fleet.deployment if key.name == name)
    log = DecisionLog(key)
    make_plan(fleet, log=log)
    return [(decision.location.environment, decision.step) for decision in log.decisions]


def test_a_pool_that_is_filled_again() -> None:
    """Two of four GPUs are served in place of one of eight."""
    sizes = {"large": 8, "d": 4, "e": 4}
    asked = [deployment(name, "m", replicas=replicas) for name, replicas in sizes.items()]
    documents = [env("a", pool("p", nodeCount=1)), ONE, *asked]
    assert {name: steps(documents, name) for name in sizes} == {
        "large": [],
        "d": [("a", Step.REPACKED)],
        "e": [("a", Step.REPACKED)],
    }


def test_one_that_made_way_for_another() -> None:
    """`first` could go to a or b, and `second` to a or c, which is full."""
    small = {"acceleratorCount": 4, "nodeCount": 1}
    documents = [
        environment("a", pool("p", **small), labels={"first": "yes", "second": "yes"}),
        environment("b", pool("p", **small), labels={"first": "yes"}),
        environment("c", pool("p", **small), labels={"second": "yes", "name": "c"}),
        *[ONE, at("full", where="c", replicas=4)],
        deployment("first", "m", replicas=3, environmentSelector={"first": "yes"}),
        deployment("second", "m", replicas=2, environmentSelector={"second": "yes"}),
    ]
    assert {name: steps(documents, name) for name in ("full", "first", "second")} == {
        "full": [("c", Step.CHOSEN)],
        "first": [("b", Step.MADE_WAY)],
        "second": [("a", Step.MADE_ROOM)],
    }


HERE, THERE = Location("here", "p", "f"), Location("there", "p", "f")
OTHER_PROFILE = THERE._replace(profile="g")


def measured(rank: int = 0, mixing: int = 0, room: int = 8) -> Measured:
    return Measured(rank, doubted=False, memory=80, wasted=0.0, mixing=mixing, room=room, pods=4)


@pytest.mark.parametrize(
    ("step", "other", "then", "expected"),
    [
        (
            Step.CHOSEN,
            THERE,
            measured(room=3),
            "there was room for only 3 of its 4 pods here when it was placed on here/p",
        ),
        (Step.MADE_ROOM, THERE, measured(room=0), "there was no room here when it was placed on here/p"),
        (Step.REPACKED, THERE, measured(room=0), "there was no room here when it was placed on here/p"),
        (Step.REPACKED, THERE, measured(), "here/p was filled again, with the smallest deployments first"),
        (
            Step.MADE_WAY,
            OTHER_PROFILE,
            measured(1),
            "it was moved to make room for another deployment, and kept f, on here/p",
        ),
        (Step.MADE_WAY, THERE, measured(room=7), "more room was left in here (for 8 of its pods, here for 7)"),
    ],
)
def test_what_made_room_is_said(step: Step, other: Location, then: Measured, expected: str) -> None:
    decision = Decision(HERE, step, {HERE: measured(), other: then}, frozenset())
    assert why_not(other, [decision]) == f"not chosen: {expected}"


def test_what_was_out_of_the_question_is_not_compared() -> None:
    """It had that environment when the other was chosen, and gave it up afterwards."""
    decision = Decision(HERE, Step.CHOSEN, {HERE: measured(), THERE: measured()}, frozenset({"there"}))
    assert why_not(THERE, [decision]) == "not chosen: it is on here/p"


def _best(decision: Decision) -> Location:
    """Return what docs/placement.md says is chosen, of what had room in an environment that was not taken."""
    free = {
        place: each
        for place, each in decision.measured.items()
        if place.environment not in decision.served and each.room >= each.pods
    }
    least = min((each.rank, each.memory, each.wasted, each.mixing) for each in free.values())
    level = {
        place: each.room for place, each in free.items() if (each.rank, each.memory, each.wasted, each.mixing) == least
    }
    most = max(level.values())
    first = min(place.environment for place, room in level.items() if room == most)
    return min(place for place in level if place.environment == first)


@steady
@given(fleets())
def test_what_is_logged_leads_to_what_was_chosen(documents: list[Document]) -> None:
    fleet = fleet_of(documents)
    plan = make_plan(fleet)
    for key in fleet.deployment:
        log = DecisionLog(key)
        assert make_plan(fleet, log=log) == plan
        places = [
            (item.environment, item.node_pool, item.profile) for item in plan.placements if item.deployment == key
        ]
        assert sorted(tuple(each.location[:3]) for each in log.decisions) == places
        for decision in log.decisions:
            if decision.step is Step.CHOSEN:
                assert decision.location == _best(decision)
        said = [item.message for item in candidates(fleet, plan, log) if item.verdict is Verdict.FITS]
        assert not [message for message in said if message.startswith("not chosen: it is on")]
