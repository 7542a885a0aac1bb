"""The keys of a plan that docs/placement.md lists are those that `plan --output json` prints."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from slicewise.changes import parts_of_plan, plan_changes, plan_with_changes
from slicewise.documents import Fleet
from slicewise.planning import Plan, PreviousPlacement, make_plan, parse_previous, read_lists
from tests.documents import deployment, environment, fleet_of, model, pool, profile, quota, slices
from tests.unit.cli.running import ROOT

PAGE = (ROOT / "docs" / "placement.md").read_text(encoding="utf-8").split("## The plan as JSON\n")[1]


def test_the_keys_of_every_list_are_on_the_page() -> None:
    """With something in every list: `moved` left a pool that is gone and fills the new one, `large` is short."""
    scaling = {"signal": "Concurrency", "concurrency": {"minReplicas": 1, "maxReplicas": 2, "target": 8}}
    moved, large = deployment("moved", "m", scaling=scaling), deployment("large", "m", replicas=1000)
    with_prefill = {**profile("p"), "prefill": {"replicas": 1}}
    also = [model("n", with_prefill), deployment("split", "n", namespace="other", environmentSelector={"has": "room"})]
    also.append(environment("west", pool("room", allocation="claim"), labels={"has": "room"}))
    sliced = model("sliced", profile("s", mig="only"))
    also.append(environment("south", pool("paused", scheduling="NoNew")))
    also += [environment("north", slices("cut", "1g.10gb")), sliced, deployment("tiny", "sliced")]
    earlier = fleet_of([environment("east", pool("gone")), model("m"), moved])
    before = _as_printed(earlier, make_plan(earlier))
    also.append(quota("all", {"units": 100}))
    fleet = fleet_of([environment("east", pool("now", acceleratorCount=2)), model("m"), moved, large, *also])
    previous = parse_previous(before["placements"], "plan.json")
    plan = _as_printed(fleet, make_plan(fleet, previous), previous)
    changes, sets = plan.pop("changes"), plan.pop("poolSets")
    for key in {
        "changes",
        *changes,
        *(key for kind in changes.values() if kind != 0 for entry in kind for key in entry),
    }:
        assert f"`{key}`" in PAGE.split("`changes` is")[1].split("A rejection has")[0] or key == "changes"
    printed = {name: set().union(*(entry.keys() for entry in entries)) for name, entries in plan.items()}
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", PAGE, re.MULTILINE)
    assert {name: set(re.findall(r"`(\w+)`", keys)) for name, keys in rows} == printed
    rejections = [rejection for shortfall in plan["shortfalls"] for rejection in shortfall["rejections"]]
    assert {rejection["pools"] for rejection in rejections} == set(range(len(sets)))
    for key in rejections[0]:
        assert f"`{key}`" in PAGE.split("A rejection has")[1]


def _as_printed(fleet: Fleet, plan: Plan, previous: Sequence[PreviousPlacement] = ()) -> dict[str, Any]:
    parts = parts_of_plan(fleet, plan)
    return read_lists(plan_with_changes(fleet, plan, parts, plan_changes(previous, plan, parts)))
