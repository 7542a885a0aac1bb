"""What `explain` says of every candidate, and what was compared where a pool with room was not chosen."""

from __future__ import annotations

import pytest
from hypothesis import given

from slicewise.planning import (
    DecisionLog,
    Rejections,
    Verdict,
    candidate_to_dict,
    candidates,
    make_plan,
    parse_previous,
)
from tests.documents import Document, deployment, environment, fleet_of, model, planned, pool, profile, slices
from tests.unit.planning.strategies import fleets, steady


def verdicts(documents: list[Document], name: str, previous: list[Document] | None = None) -> list[tuple[str, ...]]:
    """Return (environment/pool with profile, verdict, message) of every candidate, in the order of showing."""
    old = planned(fleet_of(previous))["placements"] if previous else []
    fleet = fleet_of(documents)
    (key,) = (key for key in fleet.deployment if key.name == name)
    log = DecisionLog(key)
    plan = make_plan(fleet, parse_previous(old, "previous"), log)
    return [
        (f"{item.environment}/{item.node_pool} {item.profile}", item.verdict.value, item.message)
        for item in candidates(fleet, plan, log)
    ]


def test_every_candidate_with_its_verdict() -> None:
    documents = [
        environment("a", slices("large", "7g.80gb"), slices("small", "3g.40gb"), slices("tiny", "1g.10gb")),
        environment("b", slices("small", "3g.40gb", acceleratorCount=1)),
        environment("c", pool("p"), labels={"region": "us"}),
        model("m", profile("slice", memoryPerGpu="39Gi", mig="only"), profile("gpu", memoryPerGpu="70Gi", mig="never")),
        deployment("d", "m", replicas=3, environmentSelector={}),
    ]
    assert verdicts(documents, "d") == [
        ("a/small slice", "placed", "3 replicas, 3 units, new"),
        (
            "a/large slice",
            "fits",
            (
                "not chosen: a/small has less memory to spare (40Gi a unit, here 80Gi); "
                "an environment serves a deployment once"
            ),
        ),
        ("c/p gpu", "fits", "not chosen: the model prefers slice, on a/small"),
        ("b/small slice", "too small", "2 of 2 units free, needs 3"),
        ("a/large gpu", "rejected", "the pool is cut into 7g.80gb slices; the profile has mig: never"),
        ("a/small gpu", "rejected", "a slice has 40Gi, needs 70Gi"),
        ("a/tiny gpu", "rejected", "a slice has 10Gi, needs 70Gi"),
        ("a/tiny slice", "rejected", "a slice has 10Gi, needs 39Gi"),
        ("b/small gpu", "rejected", "a slice has 40Gi, needs 70Gi"),
        ("c/p slice", "rejected", "the pool has whole GPUs; the profile has mig: only"),
    ]


@pytest.mark.parametrize(
    ("others", "replicas", "gpus", "cpu", "verdict"),
    [
        # Two nodes of two GPUs and eight CPUs each; what others have takes one GPU and five CPUs.
        (2, 3, 1, "1", "full"),
        (2, 5, 1, "1", "too small"),
        (0, 5, 1, "1", "too small"),
        (2, 2, 2, "1", "full"),
        (0, 1, 1, "9", "too small"),
        (1, 1, 1, "9", "too small"),
        (0, 3, 1, "5", "too small"),
        (1, 2, 1, "5", "full"),
    ],
)
def test_a_pool_that_is_too_small_when_empty_is_not_called_full(
    others: int, replicas: int, gpus: int, cpu: str, verdict: str
) -> None:
    documents = [
        environment("a", pool("p", nodeCount=2, acceleratorCount=2, allocatable={"cpu": "8"})),
        model("one", profile("any"), cpu="5"),
        model("m", profile("any", gpusPerNode=gpus), cpu=cpu),
        *([deployment("other", "one", replicas=others, priority=1)] if others else []),
        deployment("d", "m", replicas=replicas),
    ]
    (found,) = verdicts(documents, "d")
    assert found[:2] == ("a/p any", verdict)


def test_what_stays_is_said_to_stay() -> None:
    old = [environment("a", pool("p")), model("m"), deployment("d", "m")]
    new = [*old, environment("b", slices("s", "1g.10gb"))]
    assert verdicts(new, "d", previous=old) == [
        ("a/p any", "placed", "1 replica, 1 unit, kept from the earlier plan"),
        ("b/s any", "fits", "not chosen: it stays on a/p, where it was"),
    ]


def test_where_a_drained_pool_comes_in_is_said() -> None:
    def documents(nodes: int, **scheduling: str) -> list[Document]:
        old, new = slices("old", "1g.10gb"), pool("new", nodeCount=nodes)
        return [environment("a", {**old, **scheduling}, new), model("m", profile("any")), deployment("d", "m")]

    before = documents(0)
    assert verdicts(documents(1, scheduling="Drain"), "d", previous=before)[0] == (
        "a/new any",
        "placed",
        "1 replica, 1 unit, moved from a/old: pool old of environment a is being drained",
    )
    for scheduling, then in (("Drain", "is being emptied"), ("NoNew", "takes nothing new")):
        assert verdicts(documents(0, scheduling=scheduling), "d", previous=before)[0] == (
            "a/old any",
            "placed",
            f"1 replica, 1 unit, kept from the earlier plan; the pool's scheduling is {scheduling}: it {then}",
        )


def test_an_environment_that_is_ruled_out_is_one_candidate() -> None:
    documents = [
        environment("a", pool("p"), pool("q")),
        model("m"),
        deployment("d", "m", environmentSelector={"x": "y"}),
    ]
    fleet = fleet_of(documents)
    log = DecisionLog(fleet.deployments[0].key)
    (candidate,) = candidates(fleet, make_plan(fleet, log=log), log)
    assert candidate_to_dict(candidate) == {
        "environment": "a",
        "nodePool": None,
        "profile": None,
        "verdict": "rejected",
        "code": "environment-selector",
        "message": "environmentSelector wants x=y; there is no such label",
        "facts": {"selector": "environmentSelector", "key": "x", "wanted": "y", "found": None},
    }


@steady
@given(fleets())
def test_the_verdicts_agree_with_the_plan(documents: list[Document]) -> None:
    fleet = fleet_of(documents)
    plan = make_plan(fleet)
    why = Rejections(fleet, plan)
    rejected = {item.deployment: why.of(item.deployment) for item in plan.shortfalls}
    for key in fleet.deployment:
        log = DecisionLog(key)
        assert make_plan(fleet, log=log) == plan
        found = candidates(fleet, plan, log)
        placed = {
            (item.environment, item.node_pool, item.profile) for item in plan.placements if item.deployment == key
        }
        assert placed == {(c.environment, c.node_pool, c.profile) for c in found if c.verdict is Verdict.PLACED}
        elsewhere = {name for name, _, _ in placed}
        told = {
            (c.environment, c.node_pool, c.profile, c.code, c.message) for c in found if c.environment not in elsewhere
        }
        if key in rejected:
            reasons = {
                (one.place.environment, one.place.node_pool, one.profile, one.code, one.text)
                for group in rejected[key]
                for one in group.each()
            }
            assert told == reasons
