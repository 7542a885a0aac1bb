"""Reasons in groups, the nearest miss, and what `explain` says of every candidate."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given

from slicewise.planning import make_plan, parse_previous
from slicewise.planning.explaining.candidate_verdicts import Verdict, candidate_to_dict, candidates
from slicewise.planning.explaining.grouped_reasons import grouped, nearest_miss
from slicewise.planning.plan import Rejection, RejectionCode
from slicewise.planning.plan_json import plan_to_dict
from tests.documents import Document, deployment, environment, fleet_of, model, pool, profile, slices
from tests.unit.planning.strategies import fleets, steady


def reasons(documents: list[Document]) -> list[str]:
    """Return the grouped reasons of the only shortfall."""
    (shortfall,) = make_plan(fleet_of(documents)).shortfalls
    return [str(reason) for reason in grouped(shortfall.rejections)]


def nearest(documents: list[Document]) -> str | None:
    fleet = fleet_of(documents)
    (shortfall,) = make_plan(fleet).shortfalls
    return nearest_miss(fleet, shortfall)


def verdicts(documents: list[Document], name: str, previous: list[Document] | None = None) -> list[tuple[str, ...]]:
    """Return (environment/pool with profile, verdict, message) of every candidate, in the order of showing."""
    old = plan_to_dict(make_plan(fleet_of(previous)))["placements"] if previous else []
    fleet = fleet_of(documents)
    plan = make_plan(fleet, parse_previous(old, "previous"))
    (key,) = (key for key in fleet.deployment if key.name == name)
    return [
        (f"{item.environment}/{item.node_pool} {item.profile}", item.verdict.value, item.message)
        for item in candidates(fleet, plan, key)
    ]


def test_candidates_with_one_reason_are_one_line_and_what_differs_is_a_range() -> None:
    documents = [
        *[environment(f"mig-{n}", slices("small", "1g.20gb", nodeCount=1)) for n in range(4)],
        *[environment(f"whole-{n}", pool("p", nodeCount=n)) for n in range(1, 4)],
        *[model("m", profile("f", memoryPerGpu="40Gi")), deployment("d", "m", replicas=30)],
    ]
    assert reasons(documents) == [
        (
            "3 pools with f: 8 to 24 of 8 to 24 units free, needs 30 (capacity); "
            "for example whole-1/p, whole-2/p, whole-3/p"
        ),
        (
            "4 pools with f: a slice has 20Gi, needs 40Gi (insufficient-memory); "
            "for example mig-0/small, mig-1/small, mig-2/small"
        ),
    ]


def test_profiles_with_one_reason_on_the_same_pools_share_a_line() -> None:
    documents = [
        *[environment(name, pool("p")) for name in ("a", "b")],
        *[model("m", *[profile(name, memoryPerGpu="90Gi") for name in ("f", "g")]), deployment("d", "m")],
    ]
    assert reasons(documents) == [
        "2 pools with f or g: a GPU has 80Gi, needs 90Gi (insufficient-memory); for example a/p, b/p"
    ]


def test_selectors_are_grouped_by_what_they_want() -> None:
    documents = [
        *[environment(f"e-{value}", pool("p"), labels={"zone": value}) for value in ("1", "2", "3")],
        environment("e-4", pool("p")),
        *[model("m"), deployment("d", "m", environmentSelector={"zone": "9"})],
    ]
    assert reasons(documents) == [
        "4 environments: environmentSelector wants zone=9 (environment-selector); for example e-1, e-2, e-3"
    ]


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        (["a slice has 24Gi, needs 40Gi", "a slice has 9.75Gi, needs 40Gi"], ["a slice has 9.75 to 24Gi, needs 40Gi"]),
        (["the pool is cut into 3g.40gb slices", "the pool is cut into 1g.10gb slices"], None),
        (
            ["the network between nodes is ib-400g, needs 800g", "the network between nodes is ib-200g, needs 800g"],
            None,
        ),
        (["a slice has 24Gi, needs 40Gi", "a slice has 24000Mi, needs 40Gi"], None),
    ],
)
def test_only_numbers_become_ranges(messages: list[str], expected: list[str] | None) -> None:
    rejections = [
        Rejection(f"e{number}", "p", "f", RejectionCode.INSUFFICIENT_MEMORY, message)
        for number, message in enumerate(messages)
    ]
    assert [reason.message for reason in grouped(rejections)] == (expected or sorted(messages))


@steady
@given(fleets())
def test_every_candidate_is_in_one_group(documents: list[Document]) -> None:
    for shortfall in make_plan(fleet_of(documents)).shortfalls:
        found = grouped(shortfall.rejections)
        there = Counter(
            (reason.code, *place, name)
            for reason in found
            for place in reason.places
            for name in reason.profiles or [""]
        )
        assert there == Counter(
            (item.code, item.environment, item.node_pool, item.profile or "") for item in shortfall.rejections
        )


BIG = [model("m", profile("f", memoryPerGpu="90Gi"), profile("g", memoryPerGpu="85Gi"))]


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        (
            [environment("e", pool("p"), slices("s", "3g.40gb")), *BIG, deployment("d", "m")],
            "no pool has 85Gi a GPU or slice for g: the largest is 80Gi (e/p)",
        ),
        (
            [
                *[environment("e", slices("s", "3g.40gb")), environment("far", pool("p"))],
                *[model("m", profile("f", memoryPerGpu="80Gi")), deployment("d", "m", environments=2)],
            ],
            "no pool elsewhere has 80Gi a GPU or slice: the largest is 40Gi (e/s)",
        ),
        (
            [
                *[environment("e", slices("s", "3g.40gb"), labels={"near": "yes"}), environment("far", pool("p"))],
                model("m", profile("f", memoryPerGpu="80Gi")),
                deployment("d", "m", environmentSelector={"near": "yes"}),
            ],
            "no pool that selectors allow has 80Gi a GPU or slice: the largest is 40Gi (e/s)",
        ),
        (
            [
                environment("e", pool("p", acceleratorCount=2), pool("q", acceleratorCount=4)),
                *[model("m", profile("f", gpusPerNode=8)), deployment("d", "m")],
            ],
            "nearest is e/q with f: a node has 4 GPUs, needs 8",
        ),
        ([environment("e", pool("p")), model("m"), deployment("d", "m", replicas=9)], None),
        ([environment("e", pool("p")), model("m"), deployment("d", "m", environments=2)], None),
    ],
)
def test_the_nearest_miss(documents: list[Document], expected: str | None) -> None:
    assert nearest(documents) == expected


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
        ("b/small slice", "full", "2 of 2 units free, needs 3"),
        ("a/large gpu", "rejected", "the pool is cut into 7g.80gb slices; the profile has mig: never"),
        ("a/small gpu", "rejected", "a slice has 40Gi, needs 70Gi"),
        ("a/tiny gpu", "rejected", "a slice has 10Gi, needs 70Gi"),
        ("a/tiny slice", "rejected", "a slice has 10Gi, needs 39Gi"),
        ("b/small gpu", "rejected", "a slice has 40Gi, needs 70Gi"),
        ("c/p slice", "rejected", "the pool has whole GPUs; the profile has mig: only"),
    ]


def test_what_stays_is_said_to_stay() -> None:
    old = [environment("a", pool("p")), model("m"), deployment("d", "m")]
    new = [*old, environment("b", slices("s", "1g.10gb"))]
    assert verdicts(new, "d", previous=old) == [
        ("a/p any", "placed", "1 replica, 1 unit, kept from the earlier plan"),
        ("b/s any", "fits", "not chosen: it stays on a/p, where it was"),
    ]


def test_what_cannot_be_said_exactly_is_not_guessed() -> None:
    documents = [
        *[environment(name, pool("p")) for name in "abcde"],
        *[model("m"), deployment("d", "m", environments=4)],
    ]
    assert verdicts(documents, "d")[-1] == ("e/p any", "fits", "not chosen: it is on a/p, b/p, c/p and 1 more")


def test_an_environment_that_is_ruled_out_is_one_candidate() -> None:
    documents = [
        environment("a", pool("p"), pool("q")),
        model("m"),
        deployment("d", "m", environmentSelector={"x": "y"}),
    ]
    fleet = fleet_of(documents)
    (candidate,) = candidates(fleet, make_plan(fleet), fleet.deployments[0].key)
    assert candidate_to_dict(candidate) == {
        "environment": "a",
        "nodePool": None,
        "profile": None,
        "verdict": "rejected",
        "code": "environment-selector",
        "message": "environmentSelector wants x=y; there is no such label",
    }


@steady
@given(fleets())
def test_the_verdicts_agree_with_the_plan(documents: list[Document]) -> None:
    fleet = fleet_of(documents)
    plan = make_plan(fleet)
    rejected = {item.deployment: item.rejections for item in plan.shortfalls}
    for key in fleet.deployment:
        found = candidates(fleet, plan, key)
        placed = {
            (item.environment, item.node_pool, item.profile) for item in plan.placements if item.deployment == key
        }
        assert placed == {(c.environment, c.node_pool, c.profile) for c in found if c.verdict is Verdict.PLACED}
        elsewhere = {name for name, _, _ in placed}
        told = {
            (c.environment, c.node_pool, c.profile, c.code, c.message) for c in found if c.environment not in elsewhere
        }
        if key in rejected:
            reasons = {(r.environment, r.node_pool, r.profile, r.code, r.message) for r in rejected[key]}
            assert told == reasons
