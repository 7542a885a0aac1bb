"""Two hundred seeded fleets with quotas before the independent checker: kept, true, and with remedies that work."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from bench.fleets import FleetKind, random_fleet
from slicewise.planning import Rejections, make_plan, parse_previous
from slicewise.planning.remedies.finding import Remedies
from tests.documents import Document, each_rejection, fleet_and_plan, fleet_of, plan_of, planned
from tests.unit.planning.checker import findings
from tests.unit.planning.following import assert_true
from tests.unit.planning.quota_rule import overdrawn
from tests.unit.planning.quotas_drawn import drawn_quotas, with_teams

pytestmark = pytest.mark.long

PARTS, FLEETS = 10, 200
LOADS = (0.5, 0.85, 1.1, 1.5)


def drawn(seed: int, *, deployments: int = 24) -> list[Document]:
    rng = Random(seed)  # noqa: S311 - drawn to be repeated, not to be secret
    kind: FleetKind = "mig" if seed % 3 == 0 else "mixed"
    priorities = (0, 0, 10, -10) if seed % 2 else (0,)
    load = LOADS[seed % len(LOADS)]
    documents = random_fleet(seed, environments=4, deployments=deployments, load=load, kind=kind, priorities=priorities)
    with_teams(documents, rng)
    return [*documents, *drawn_quotas(documents, rng, rng.randint(1, 4))]


@pytest.mark.parametrize("part", range(PARTS))
def test_no_plan_exceeds_a_quota_and_refusals_are_true(part: int) -> None:
    refused = 0
    for seed in range(part, FLEETS, PARTS):
        documents = drawn(seed)
        fleet, plan = fleet_and_plan(documents)
        assert list(overdrawn(fleet, plan["placements"], [])) == [], seed
        assert findings(fleet, plan) == [], seed
        refused += sum(item["code"] == "quota" for item in each_rejection(plan))
    assert refused > 100


@pytest.mark.parametrize("part", range(PARTS))
def test_remedies_of_quotas_work_when_followed(part: int) -> None:
    followed: Counter[str] = Counter()
    for seed in range(part, FLEETS, PARTS):
        documents = drawn(seed, deployments=12)
        fleet = fleet_of(documents)
        plan = make_plan(fleet)
        remedies = Remedies(fleet, plan, Rejections(fleet, plan))
        for shortfall in plan.shortfalls[:3]:
            for remedy in remedies.of(shortfall, limit=6):
                assert_true(remedy, documents, shortfall.deployment.name)
                followed[remedy.kind.name] += 1
    assert {"LARGER_QUOTA", "FEWER_REPLICAS", "OTHER_DROPS"} <= set(followed)


@pytest.mark.parametrize("part", range(PARTS))
def test_what_runs_stays_under_quotas_that_come_later(part: int) -> None:
    for seed in range(part, FLEETS, PARTS):
        documents = drawn(seed)
        before = plan_of([item for item in documents if item["kind"] != "Quota"])
        fleet = fleet_of(documents)
        plan = planned(fleet, parse_previous(before["placements"], "before"))
        assert plan["moved"] == [], seed
        assert findings(fleet, plan) == [], seed
        assert list(overdrawn(fleet, plan["placements"], before["placements"])) == [], seed
