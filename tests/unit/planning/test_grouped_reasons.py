"""Reasons in groups, each with its numbers as ranges, and the nearest miss."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given

from slicewise.kubernetes import GIB, Quantity
from slicewise.planning import Rejections, grouped, make_plan, nearest_miss
from slicewise.planning.capacity.no_room import NodeTooSmall, TooFewPods, TooFewUnits
from slicewise.planning.capacity.sizes import NodeSize, PodSize
from slicewise.planning.reasons import (
    InsufficientMemory,
    NetworkTooSlow,
    NvlinkDomainTooSmall,
    Reason,
    RejectionCode,
    SelectorMismatch,
    SlicesNotAllowed,
    TooFewGpus,
    TooFewNodes,
)
from slicewise.planning.rejection_groups import RejectedPlace, RejectionGroup
from tests.documents import Document, deployment, environment, fleet_of, model, pool, profile, slices
from tests.unit.planning.strategies import fleets, steady


def reasons(documents: list[Document]) -> list[str]:
    """Return the grouped reasons of the only shortfall."""
    fleet = fleet_of(documents)
    plan = make_plan(fleet)
    (shortfall,) = plan.shortfalls
    return [str(reason) for reason in grouped(Rejections(fleet, plan).of(shortfall.deployment))]


def nearest(documents: list[Document]) -> str | None:
    fleet = fleet_of(documents)
    plan = make_plan(fleet)
    (shortfall,) = plan.shortfalls
    miss = nearest_miss(fleet, shortfall, Rejections(fleet, plan).of(shortfall.deployment))
    return str(miss) if miss else None


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


GIB_20, GIB_24, MIB_9984, MIB_81559 = (Quantity.parse(text) for text in ("20Gi", "24Gi", "9984Mi", "81559Mi"))
NODE = NodeSize(8, 16_000, 64 * GIB)


def unselected(found: str | None) -> Reason:
    return SelectorMismatch(RejectionCode.NODE_POOL_SELECTOR, "nodePoolSelector", "zone", "9", found)


@pytest.mark.parametrize(
    ("reasons", "expected"),
    [
        (
            [InsufficientMemory(has, GIB_24, slices=True) for has in (GIB_20, GIB_20)],
            ["a slice has 20Gi, needs 24Gi"],
        ),
        (
            [InsufficientMemory(has, Quantity.parse("40Gi"), slices=True) for has in (GIB_24, GIB_20)],
            ["a slice has 20 to 24Gi, needs 40Gi"],
        ),
        (
            [InsufficientMemory(has, Quantity.parse("40Gi"), slices=False) for has in (GIB_24, MIB_9984)],
            ["a GPU has 9.75 to 24Gi, needs 40Gi"],
        ),
        (
            [InsufficientMemory(has, Quantity.parse("94Gi"), slices=False) for has in (GIB_24, MIB_81559)],
            ["a GPU has 24Gi to 81559Mi, needs 94Gi"],
        ),
        (
            [InsufficientMemory(GIB_20, GIB_24, slices=slices_) for slices_ in (True, False)],
            ["a GPU has 20Gi, needs 24Gi", "a slice has 20Gi, needs 24Gi"],
        ),
        ([TooFewGpus(4, 8), TooFewGpus(1, 8)], ["a node has 1 to 4 GPUs, needs 8"]),
        ([TooFewNodes(1, 4), TooFewNodes(3, 4)], ["the pool has at most 1 to 3 nodes, a replica needs 4"]),
        (
            [NvlinkDomainTooSmall(size, 8, slices=False) for size in (2, 4, None)],
            ["the NVLink domain is 2 to 4 GPUs, needs 8 GPUs", "the NVLink domain is not declared, needs 8 GPUs"],
        ),
        (
            [NetworkTooSlow(has, "800g") for has in ("ib-400g", "ib-200g")],
            [f"the network between nodes is {has}, needs 800g" for has in ("ib-200g", "ib-400g")],
        ),
        (
            [SlicesNotAllowed(name) for name in ("3g.40gb", "1g.10gb")],
            [f"the pool is cut into {name} slices; the profile has mig: never" for name in ("1g.10gb", "3g.40gb")],
        ),
        ([TooFewUnits(0, 8, 12), TooFewUnits(4, 16, 12)], ["0 to 4 of 8 to 16 units free, needs 12"]),
        (
            [TooFewPods(8, 16, PodSize(8), most, 2, NodeSize(8), ()) for most in (1, 0)],
            [
                (
                    "8 of 16 units free, but only 0 to 1 more pods of 8 units each can be promised a node whatever the "
                    "order, needs 2"
                )
            ],
        ),
        (
            [
                NodeTooSmall(8, 8, PodSize(1, 32_000, 100 * GIB), node)
                for node in (NODE, replace(NODE, cpu=8_000, memory=None))
            ],
            [
                "8 of 8 units free, but a pod asks for 32 CPUs (a node has 16) and 100Gi of memory (a node has 64Gi)",
                "8 of 8 units free, but a pod asks for 32 CPUs (a node has 8)",
            ],
        ),
        (
            [NodeTooSmall(free, 8, PodSize(1, 32_000), NODE) for free in (2, 8)],
            ["2 to 8 of 8 units free, but a pod asks for 32 CPUs (a node has 16)"],
        ),
        ([unselected("1"), unselected("1")], ["nodePoolSelector wants zone=9; the label is 1"]),
        ([unselected("1"), unselected(None)], ["nodePoolSelector wants zone=9"]),
    ],
)
def test_only_numbers_become_ranges(reasons: list[Reason], expected: list[str]) -> None:
    places = [RejectedPlace(number, f"e{number}", "p") for number in range(len(reasons))]
    rejections = [RejectionGroup(reason, "f", (number,), places) for number, reason in enumerate(reasons)]
    assert sorted(group.message for group in grouped(rejections)) == sorted(expected)


@steady
@given(fleets())
def test_every_candidate_is_in_one_group(documents: list[Document]) -> None:
    fleet = fleet_of(documents)
    plan = make_plan(fleet)
    for shortfall in plan.shortfalls:
        rejections = Rejections(fleet, plan).of(shortfall.deployment)
        found = grouped(rejections)
        there = Counter(
            (reason.code, place.environment, place.node_pool, name)
            for reason in found
            for place in reason.places
            for name in reason.profiles or [""]
        )
        assert there == Counter(
            (item.code, item.place.environment, item.place.node_pool, item.profile or "")
            for group in rejections
            for item in group.each()
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
