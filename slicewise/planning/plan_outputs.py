"""A plan as a stack's outputs: maps by names, so that Pulumi's own diff shows what changed and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from slicewise.diagnostics import Diagnostic
from slicewise.documents import Fleet
from slicewise.planning.explaining import Rejections
from slicewise.planning.plan import Placement, Plan, PoolUsage
from slicewise.planning.plan_json import deployment_to_dict, placement_to_dict, pool_to_dict
from slicewise.planning.quotas import quotas_to_list
from slicewise.planning.rejection_groups import RejectionGroup
from slicewise.planning.short_entries import short_entry


def plan_to_outputs(fleet: Fleet, plan: Plan, rejections: Rejections) -> dict[str, Any]:
    """Return the plan as stack outputs: nothing in them changes when nothing changed, so no `retained`, no `moved`.

    `placements` are keyed `environment/namespace/name`, `nodePools` `environment/pool` (and `/resource` where the nodes
    of a pool offer several), `shortfalls` `namespace/name`, and `warnings` by their code and what they are about;
    `quotas`, where there are any, `name/measure`.
    """
    return {
        "placements": {_name(each): _placement(fleet, each) for each in plan.placements},
        "shortfalls": {
            str(shortfall.deployment): {
                "deployment": deployment_to_dict(shortfall.deployment),
                "wanted": shortfall.wanted,
                "placed": shortfall.placed,
                "rejections": _counts(rejections.of(shortfall.deployment)),
            }
            for shortfall in plan.shortfalls
        },
        "nodePools": {_name_of_pool(usage): pool_to_dict(usage) for usage in plan.node_pools},
        "warnings": _warnings(plan.warnings),
        **({"quotas": _quotas(fleet, rejections)} if fleet.quotas else {}),
    }


def _quotas(fleet: Fleet, rejections: Rejections) -> dict[str, Any]:
    return {f"{entry['quota']}/{entry['measure']}": entry for entry in quotas_to_list(fleet, rejections.quotas)}


def output_entries(output: object) -> dict[str, Mapping[str, Any]]:
    """Return the entries of `placements`, `nodePools` or `leaving` by their names; none of what cannot be read.

    Stacks of before outputs were maps have lists, of placements as the plan's JSON has them.
    """
    if isinstance(output, Mapping):
        named = list(output.items())
    else:
        named = [("", each) for each in output] if isinstance(output, list) else []
    entries = ((key, short_entry(each)) for key, each in named if isinstance(each, Mapping))
    return {name: each for key, each in entries if (name := _name_of_entry(each, key))}


def _name_of_pool(usage: PoolUsage) -> str:
    return "/".join(filter(None, (usage.environment, usage.node_pool, usage.offered_as)))


def _name(placement: Placement) -> str:
    return f"{placement.environment}/{placement.deployment}"


def _name_of_entry(entry: Mapping[str, Any], key: str) -> str:
    """Return the name that an entry has among outputs; empty where it does not say what it is.

    Of a pool whose nodes offer several GPU resources only the `key` says so.
    """
    environment, deployment = entry.get("environment"), entry.get("deployment")
    parts = (
        (environment, deployment.get("namespace"), deployment.get("name"))
        if isinstance(deployment, Mapping)
        else (environment, entry.get("nodePool"))
    )
    name = "/".join(map(str, parts)) if all(isinstance(part, str) for part in parts) else ""
    return key if name and key == f"{name}/{entry.get('resource')}" else name


def _placement(fleet: Fleet, placement: Placement) -> dict[str, Any]:
    entry = short_entry(placement_to_dict(fleet, placement))
    del entry["retained"]
    return entry


def _counts(rejections: Iterable[RejectionGroup]) -> dict[str, int]:
    """Return how many candidates were rejected for each kind of reason."""
    found: Counter[str] = Counter()
    for group in rejections:
        found[group.code.value] += len(group.numbers)
    return dict(sorted(found.items()))


def _warnings(warnings: Iterable[Diagnostic]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    seen: Counter[str] = Counter()
    for warning in warnings:
        # A line of a file moves when another is added above it.
        about = ": ".join(part for part in (str(warning.subject) or warning.place.file, warning.field_name) if part)
        name = f"{warning.code.value} {about}"
        seen[name] += 1
        number = f" ({seen[name]})" if seen[name] > 1 else ""
        found[f"{name}{number}"] = {"code": warning.code.value, "path": about, "message": warning.text}
    return found
