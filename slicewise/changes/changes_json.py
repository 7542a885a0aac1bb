"""What a plan changes, as JSON (`changes` of `plan --output json`), and the parts by which the next plan can tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from slicewise.changes.compared_plans import ChangeKind, PlacementChange, PlanChanges
from slicewise.changes.part_changes import PartChange
from slicewise.changes.service_parts import PartsOfPlan, parts_of_placements
from slicewise.documents import DeploymentKey, Fleet
from slicewise.planning import (
    Location,
    Placement,
    Plan,
    PlanLists,
    PreviousPlacement,
    line_of_parts,
    lists_with_remedies,
)


def plan_with_changes(fleet: Fleet, plan: Plan, parts: PartsOfPlan | None, changes: PlanChanges | None) -> PlanLists:
    """Return the plan as `plan --output json` prints it; `changes` is null where there is no earlier plan.

    Without `parts`, those of each placement are made when it is read: only a comparison needs them all at once.
    """
    lists = lists_with_remedies(fleet, plan)
    of_each = (
        parts_of_placements(fleet, plan)
        if parts is None
        else (parts[each.environment, each.deployment] for each in plan.placements)
    )
    placements = ({**entry, "parts": each} for entry, each in zip(lists["placements"], of_each, strict=True))
    return {**lists, "placements": placements, "changes": changes_to_dict(changes) if changes else None}


def with_lines_of_parts(placements: Iterable[dict[str, Any]], parts: PartsOfPlan) -> None:
    """Write into the placements of a stack's outputs what the service of each is made of: a line for each."""
    for entry in placements:
        entry["parts"] = line_of_parts(_parts_of(entry, parts))


def _parts_of(entry: Mapping[str, Any], parts: PartsOfPlan) -> Mapping[str, str]:
    key = DeploymentKey(entry["deployment"]["namespace"], entry["deployment"]["name"])
    return parts[entry["environment"], key]


def changes_to_dict(changes: PlanChanges) -> dict[str, Any]:
    """Return them as JSON data: lists by kind, and how many are unchanged."""
    return {
        "added": [_placed(change.now, change) for change in changes.of_kind(ChangeKind.ADDED) if change.now],
        "removed": [
            {
                **_placed(change.before, change),
                "units": change.before.units,
                "resource": change.before.resource,
                **_why(change),
            }
            for change in changes.of_kind(ChangeKind.REMOVED)
            if change.before
        ],
        "moved": [
            {
                "deployment": _name(change.deployment),
                "from": {**_location(change.before), **_resource(change.move.source if change.move else None)},
                "to": {**_location(change.now), **_resource(change.move.target if change.move else None)},
                **_why(change),
                "parts": [_part(each) for each in change.parts],
                "restarts": change.effect.value,
            }
            for change in changes.of_kind(ChangeKind.MOVED)
            if change.before and change.now
        ],
        "changed": [
            {
                **_placed(change.now, change),
                "parts": [_part(each) for each in change.parts],
                "restarts": change.effect.value,
            }
            for change in changes.of_kind(ChangeKind.CHANGED)
            if change.now
        ],
        "unchanged": changes.counts[ChangeKind.UNCHANGED],
    }


def _placed(placement: Placement | PreviousPlacement, change: PlacementChange) -> dict[str, Any]:
    return {"deployment": _name(change.deployment), **_location(placement), "replicas": placement.replicas}


def _location(placement: Placement | PreviousPlacement) -> dict[str, str]:
    return {
        "environment": placement.environment,
        "nodePool": placement.node_pool,
        "profile": placement.profile,
    }


def _resource(location: Location | None) -> dict[str, str]:
    return {"resource": location.resource} if location and location.resource else {}


def _name(key: DeploymentKey) -> dict[str, str]:
    return {"namespace": key.namespace, "name": key.name}


def _why(change: PlacementChange) -> dict[str, str | None]:
    move = change.move
    return {"code": move.code.value if move else None, "message": move.text if move else None}


def _part(change: PartChange) -> dict[str, str | None]:
    return {"part": change.part, "from": change.before, "to": change.now}
