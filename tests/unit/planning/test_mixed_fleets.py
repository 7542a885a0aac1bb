"""Fleets with nodes that are cut into several profiles before the independent checker, and lies that it finds."""

from __future__ import annotations

from collections import Counter
from copy import deepcopy

import pytest

from slicewise.planning import parse_previous
from tests.documents import Document, deployment, environment, fleet_of, model, plan_of, planned, profile, several
from tests.unit.planning.checker import findings
from tests.unit.planning.mixed_fleets import mixed_fleet

PARTS = 5
FLEETS = 250


@pytest.mark.long
@pytest.mark.parametrize("part", range(PARTS))
def test_the_checker_finds_nothing_in_fleets_with_mixed_nodes(part: int) -> None:
    seen: Counter[str] = Counter()
    for seed in range(part, FLEETS, PARTS):
        fleet = fleet_of(mixed_fleet(seed))
        plan = planned(fleet)
        assert findings(fleet, plan) == [], seed
        kept = planned(fleet, parse_previous(plan["placements"], "the last plan"))
        assert findings(fleet, kept) == [], seed
        assert kept["moved"] == []
        resources = Counter((usage["environment"], usage["nodePool"]) for usage in plan["nodePools"])
        seen["placed"] += sum(resources[item["environment"], item["nodePool"]] > 1 for item in plan["placements"])
        seen["short"] += sum(bool(usage["shortOf"]) for usage in plan["nodePools"])
        seen.update(group["code"] for item in plan["shortfalls"] for group in item["rejections"])
    assert min(seen[each] for each in ("placed", "short", "capacity", "quota", "interconnect", "prefill")) > 0


def _tight() -> list[Document]:
    """Return two nodes whose CPUs are enough for pods on all slices and GPUs; 16 pods, and two reserved slices."""
    cut = several(
        "cut",
        {"1g.10gb": 7, "3g.40gb": 2},
        acceleratorCount=4,
        wholeGpus=2,
        nodeCount=2,
        reservedSlices={"1g.10gb": 2},
        memoryPerSlice={"3g.40gb": "38Gi"},
        allocatable={"cpu": "22", "memory": "1Ti"},
    )
    models = [
        model(name, profile("s", memoryPerGpu=asked, mig=mig), cpu="2")
        for name, asked, mig in (("small", "9Gi", "only"), ("large", "37Gi", "only"), ("whole", "70Gi", "never"))
    ]
    asked = [
        deployment("s", "small", replicas=8),
        deployment("l", "large", replicas=4),
        deployment("w", "whole", replicas=4),
    ]
    return [environment("env", cut), *models, *asked]


def test_the_tight_pool_is_right() -> None:
    documents = _tight()
    plan = plan_of(documents)
    assert findings(fleet_of(documents), plan) == []
    assert len(plan["placements"]) == 3


@pytest.mark.parametrize(
    ("field", "value"),
    [
        # What is there once for all profiles: 8 pods a node are enough for the plan's, not for reserved slices besides.
        (("allocatable", "cpu"), "12"),
        (("allocatable", "pods"), 8),
        # Slices and GPUs of each kind, memory of a slice, and what is left alone.
        (("capabilities", "migConfiguration", "slices"), {"1g.10gb": 7, "3g.40gb": 1}),
        (("capabilities", "migConfiguration", "slices"), {"1g.10gb": 3, "3g.40gb": 2}),
        (("capabilities", "migConfiguration", "wholeGpus"), 1),
        (("capabilities", "migConfiguration", "memoryPerSlice"), {"3g.40gb": "36Gi"}),
        (("capabilities", "migConfiguration", "reservedSlices"), {"1g.10gb": 9}),
        (("capabilities", "migConfiguration", "reservedSlices"), {"3g.40gb": 1}),
    ],
)
def test_a_plan_for_a_pool_with_more_is_found(field: tuple[str, ...], value: object) -> None:
    """The plan is that of `_tight`; the documents have less than it needs."""
    documents = _tight()
    plan = plan_of(documents)
    less = deepcopy(documents)
    within = less[0]["spec"]["nodePools"][0]
    for part in field[:-1]:
        within = within[part]
    within[field[-1]] = value
    found = findings(fleet_of(less), plan)
    assert any("cannot promise room" in each or "breaks" in each for each in found), found


@pytest.mark.parametrize(("cpu", "served"), [("21", 3), ("20", 2)])
def test_reserved_slices_are_as_large_as_the_largest_pod_on_their_profile(cpu: str, served: int) -> None:
    """One pod of 1 CPU and one of 5, two reserved slices that count as 5 each, and one of 5 on another profile: 21."""
    cut = several(
        "cut",
        {"1g.10gb": 7, "3g.40gb": 2},
        acceleratorCount=2,
        nodeCount=1,
        reservedSlices={"1g.10gb": 2},
        allocatable={"cpu": cpu, "memory": "1Ti"},
    )
    models = [
        model(name, profile("s", memoryPerGpu=memory, mig="only"), cpu=asked)
        for name, memory, asked in (("a", "9Gi", "1"), ("b", "9Gi", "5"), ("c", "37Gi", "5"))
    ]
    asked = [deployment(name, name, priority=priority) for name, priority in (("a", 3), ("b", 2), ("c", 1))]
    documents = [environment("env", cut), *models, *asked]
    plan = plan_of(documents)
    assert findings(fleet_of(documents), plan) == []
    assert len(plan["placements"]) == served
