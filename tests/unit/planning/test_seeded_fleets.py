"""A thousand seeded fleets before the independent checker, and a fleet that grows a hundred times."""

from __future__ import annotations

from random import Random

import pytest

from bench.fleets import FleetKind, random_fleet
from slicewise.planning import parse_previous
from tests.documents import Document, fleet_and_plan, fleet_of, planned
from tests.unit.planning.checker import findings

pytestmark = pytest.mark.long

PARTS = 10
FLEETS = 1000
LOADS = (0.5, 0.85, 1.1, 1.5)


@pytest.mark.parametrize("part", range(PARTS))
def test_the_checker_finds_nothing_in_a_thousand_fleets(part: int) -> None:
    for seed in range(part, FLEETS, PARTS):
        kind: FleetKind = "mig" if seed % 3 == 0 else "mixed"
        priorities = (0, 0, 10, -10) if seed % 2 else (0,)
        documents = random_fleet(
            seed, environments=4, deployments=24, load=LOADS[seed % len(LOADS)], kind=kind, priorities=priorities
        )
        assert findings(*fleet_and_plan(documents)) == [], seed


@pytest.mark.parametrize("kind", ["mig", "mixed"])
def test_a_fleet_that_grows_a_hundred_times_moves_nothing(kind: FleetKind) -> None:
    documents = random_fleet(7, environments=20, deployments=250, load=1.1, kind=kind, priorities=(0, 5))
    rest = [item for item in documents if item["kind"] != "ModelDeployment"]
    waiting = [item for item in documents if item["kind"] == "ModelDeployment"]
    Random(7).shuffle(waiting)  # noqa: S311 - a seeded order, no secret
    declared, previous = waiting[:50], Document()
    for step in range(100):
        fleet = fleet_of([*rest, *declared])
        placements = previous.get("placements", [])
        plan = planned(fleet, parse_previous(placements, "the last plan"))
        assert plan["moved"] == []
        assert {_seat(item) for item in placements} <= {_seat(item) for item in plan["placements"] if item["retained"]}
        previous = plan
        declared = waiting[: 50 + 2 * (step + 1)]
    assert len(previous["placements"]) > 250


def _seat(item: Document) -> tuple[str, ...]:
    return (*item["deployment"].values(), item["environment"], item["nodePool"], item["profile"])
