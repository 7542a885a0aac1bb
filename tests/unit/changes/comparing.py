"""Two plans compared, as `plan --previous` does; and their manifests, which tell independently what differs."""

from __future__ import annotations

import json
from collections.abc import Sequence

import yaml

from slicewise.changes import PlanChanges, parts_of_plan, plan_changes, with_lines_of_parts
from slicewise.documents import DeploymentKey, Fleet
from slicewise.manifests import placement_objects
from slicewise.planning import Plan, PreviousPlacement, Rejections, make_plan, parse_previous, plan_to_outputs
from tests.documents import Document, fleet_of

Key = tuple[str, DeploymentKey]


def remembered(fleet: Fleet, plan: Plan) -> tuple[PreviousPlacement, ...]:
    """Return the plan as the next one reads it: from the outputs of a stack, through JSON."""
    outputs = plan_to_outputs(fleet, plan, Rejections(fleet, plan))
    with_lines_of_parts(outputs["placements"].values(), parts_of_plan(fleet, plan))
    return parse_previous(json.loads(json.dumps(outputs["placements"])), "outputs")


def compared(before: Sequence[Document], now: Sequence[Document]) -> PlanChanges:
    """Return what planning `now` changes of the plan for `before`."""
    return compared_fleets(fleet_of(before), fleet_of(now))[0]


def compared_fleets(before: Fleet, now: Fleet) -> tuple[PlanChanges, Plan, Plan]:
    """Return the same for two fleets, and both plans."""
    first = make_plan(before)
    previous = remembered(before, first)
    second = make_plan(now, previous)
    return plan_changes(previous, second, parts_of_plan(now, second)), first, second


def manifests(fleet: Fleet, plan: Plan) -> dict[Key, str]:
    """Return the manifests of each placement as they are written to files."""
    return {
        (each.environment, each.deployment): yaml.dump_all(
            placement_objects(fleet, each), Dumper=yaml.CSafeDumper, sort_keys=False
        )
        for each in plan.placements
    }


def revisions(fleet: Fleet, plan: Plan) -> dict[Key, str]:
    """Return what the pods of each placement carry, by which KServe replaces them."""
    return {
        (each.environment, each.deployment): placement_objects(fleet, each)[0]["spec"]["annotations"][
            "slicewise.dev/revision"
        ]
        for each in plan.placements
    }
