"""Remedies as JSON, for `plan` and `explain`: what would help, or that no change to one field does."""

from __future__ import annotations

from typing import Any

from slicewise.documents import Fleet
from slicewise.planning.engine_fit import unchecked_models
from slicewise.planning.explaining import NearestMiss, Rejections, nearest_miss, no_remedy
from slicewise.planning.plan import Plan, Shortfall
from slicewise.planning.plan_json import PlanLists, plan_lists, rejection_to_dict
from slicewise.planning.remedies.finding import Remedies
from slicewise.planning.remedies.remedy import Remedy


def lists_with_remedies(fleet: Fleet, plan: Plan) -> PlanLists:
    """Return the plan as JSON data, each shortfall with its cheapest remedies, and the models without architecture."""
    rejections = Rejections(fleet, plan)
    finder = Remedies(fleet, plan, rejections)
    lists = plan_lists(fleet, plan, rejections)
    shortfalls = zip(plan.shortfalls, lists["shortfalls"], strict=True)
    return {
        **lists,
        "shortfalls": ({**entry, **remedies_to_dict(fleet, finder, each)} for each, entry in shortfalls),
        "memoryNotChecked": (
            {"kind": key.kind, "namespace": key.namespace or None, "name": key.name} for key in unchecked_models(fleet)
        ),
    }


def remedies_to_dict(fleet: Fleet, finder: Remedies, shortfall: Shortfall | None) -> dict[str, Any]:
    """Return the remedies of a shortfall, `noRemedy`, which is null unless there are none, and `nearestMiss`."""
    found = finder.of(shortfall) if shortfall else ()
    data: dict[str, Any] = {"remedies": [_remedy(remedy) for remedy in found], "noRemedy": None}
    rejections = finder.rejections.of(shortfall.deployment) if shortfall else ()
    if shortfall and not found:
        needed = no_remedy(fleet, shortfall, rejections)
        data["noRemedy"] = {"code": needed.code.value, "profile": needed.profile, "message": needed.message}
    nearest = nearest_miss(fleet, shortfall, rejections) if shortfall else None
    data["nearestMiss"] = _nearest(nearest) if nearest else None
    return data


def _nearest(nearest: NearestMiss) -> dict[str, Any]:
    return {**rejection_to_dict(nearest.rejection), "message": nearest.message}


def _remedy(remedy: Remedy) -> dict[str, Any]:
    """Return one remedy as JSON data."""
    return {
        "kind": remedy.kind.name.lower().replace("_", "-"),
        "message": str(remedy),
        "document": remedy.document,
        "field": remedy.field,
        "value": remedy.value,
        "units": remedy.units,
        "environment": remedy.environment,
        "nodePool": remedy.node_pool,
        "profile": remedy.profile,
    }
