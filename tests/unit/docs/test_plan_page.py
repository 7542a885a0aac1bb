"""The keys of a plan that docs/placement.md lists are those that `plan --output json` prints."""

from __future__ import annotations

import re

from slicewise.planning import make_plan, parse_previous, plan_with_remedies
from tests.documents import deployment, environment, fleet_of, model, pool, profile, quota
from tests.unit.cli.running import ROOT

PAGE = (ROOT / "docs" / "placement.md").read_text(encoding="utf-8").split("## The plan as JSON\n")[1]


def test_the_keys_of_every_list_are_on_the_page() -> None:
    """With something in every list: `moved` left a pool that is gone and fills the new one, `large` is short."""
    scaling = {"signal": "Concurrency", "concurrency": {"minReplicas": 1, "maxReplicas": 2, "target": 8}}
    moved, large = deployment("moved", "m", scaling=scaling), deployment("large", "m", replicas=1000)
    with_prefill = {**profile("p"), "prefill": {"replicas": 1}}
    also = [model("n", with_prefill), deployment("split", "n", namespace="other", environmentSelector={"has": "room"})]
    also.append(environment("west", pool("room"), labels={"has": "room"}))
    earlier = fleet_of([environment("east", pool("gone")), model("m"), moved])
    before = plan_with_remedies(earlier, make_plan(earlier))
    also.append(quota("all", {"units": 100}))
    fleet = fleet_of([environment("east", pool("now", acceleratorCount=2)), model("m"), moved, large, *also])
    plan = plan_with_remedies(fleet, make_plan(fleet, parse_previous(before["placements"], "plan.json")))
    printed = {name: set().union(*(entry.keys() for entry in entries)) for name, entries in plan.items()}
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", PAGE, re.MULTILINE)
    assert {name: set(re.findall(r"`(\w+)`", keys)) for name, keys in rows} == printed
    rejections = [rejection for shortfall in plan["shortfalls"] for rejection in shortfall["rejections"]]
    assert rejections
    for key in rejections[0]:
        assert f"`{key}`" in PAGE.split("A rejection has")[1]
