"""A plan as JSON (design, section 7), and the previous plan read back from it or from a stack's outputs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from slicewise.diagnostics import Advice, Code, InvalidInputError, Problem, dotted
from slicewise.documents import MOST_GPUS_PER_NODE, MOST_NODES, DeploymentKey, bad_value
from slicewise.kubernetes import MAX_COUNT
from slicewise.planning.plan import Location, Move, Placement, Plan, PoolUsage, Shortfall

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


def plan_to_dict(plan: Plan) -> dict[str, Any]:
    """Return the plan as JSON data with exactly the contract's keys, sorted by names."""
    return {
        "placements": [placement_to_dict(placement) for placement in plan.placements],
        "shortfalls": [_shortfall(shortfall) for shortfall in plan.shortfalls],
        "nodePools": [_pool(usage) for usage in plan.node_pools],
        "warnings": [_warning(warning) for warning in plan.warnings],
        "moved": [_move(move) for move in plan.moved],
    }


def plan_to_outputs(plan: Plan) -> dict[str, Any]:
    """Return the plan as stack outputs: nothing in them changes when nothing changed, so no `retained`, no `moved`."""
    outputs = plan_to_dict(replace(plan, shortfalls=(), moved=()))
    del outputs["moved"]
    for placement in outputs["placements"]:
        del placement["retained"]
    outputs["shortfalls"] = [
        {
            "deployment": _deployment(shortfall.deployment),
            "wanted": shortfall.wanted,
            "placed": shortfall.placed,
            "rejections": dict(sorted(Counter(item.code.value for item in shortfall.rejections).items())),
        }
        for shortfall in plan.shortfalls
    ]
    return outputs


def placement_to_dict(placement: Placement) -> dict[str, Any]:
    """Return one placement as JSON data."""
    return {
        "deployment": _deployment(placement.deployment),
        "environment": placement.environment,
        "nodePool": placement.node_pool,
        "profile": placement.profile,
        "replicas": placement.replicas,
        "nodesPerReplica": placement.nodes_per_replica,
        "gpusPerNode": placement.gpus_per_node,
        "units": placement.units,
        "resource": {"name": placement.resource, "count": placement.gpus_per_node},
        "retained": placement.retained,
        **({"autoscaled": True} if placement.autoscaled else {}),
    }


def _deployment(key: DeploymentKey) -> dict[str, str]:
    return {"namespace": key.namespace, "name": key.name}


def _shortfall(shortfall: Shortfall) -> dict[str, Any]:
    return {
        "deployment": _deployment(shortfall.deployment),
        "wanted": shortfall.wanted,
        "placed": shortfall.placed,
        "rejections": [
            {
                "environment": rejection.environment,
                "nodePool": rejection.node_pool,
                "profile": rejection.profile,
                "code": rejection.code.value,
                "message": rejection.message,
            }
            for rejection in shortfall.rejections
        ],
    }


def _pool(usage: PoolUsage) -> dict[str, Any]:
    return {
        "environment": usage.environment,
        "nodePool": usage.node_pool,
        "resource": usage.resource,
        "unitsPerNode": usage.units_per_node,
        "nodes": usage.nodes,
        "units": usage.units,
        "allocated": usage.allocated,
        "reserved": usage.reserved,
        "free": usage.free,
    }


def _move(move: Move) -> dict[str, Any]:
    return {
        "deployment": _deployment(move.deployment),
        "from": _location(move.source),
        "to": _location(move.target) if move.target else None,
        "code": move.code.value,
        "message": move.message,
    }


def _location(location: Location) -> dict[str, str]:
    return {"environment": location.environment, "nodePool": location.node_pool, "profile": location.profile}


def _warning(warning: Advice) -> dict[str, str]:
    return {"code": warning.code.value, "path": warning.path, "message": warning.message}


@dataclass(frozen=True, slots=True)
class PreviousPlacement:
    """What planning needs to know of an earlier placement to keep it."""

    key: DeploymentKey
    environment: str
    node_pool: str
    profile: str
    units: int
    gpus_per_node: int
    nodes_per_replica: int = 1
    resource: str | None = None
    autoscaled: bool = False


class _Lenient(BaseModel):
    """Part of a plan that may come from another release: what is not needed is not looked at."""

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel)


class _DeploymentName(_Lenient):
    namespace: str
    name: str


class _Resource(_Lenient):
    name: str


# Within what documents may say; a plan may have no replicas.
_Units = Annotated[int, Field(ge=0, le=MAX_COUNT * MOST_NODES * MOST_GPUS_PER_NODE)]
_GpusPerNode = Annotated[int, Field(ge=1, le=MOST_GPUS_PER_NODE)]
_NodesPerReplica = Annotated[int, Field(ge=1, le=MOST_NODES)]


class _PlacementEntry(_Lenient):
    deployment: _DeploymentName
    environment: str
    node_pool: str
    profile: str
    units: _Units
    gpus_per_node: _GpusPerNode
    nodes_per_replica: _NodesPerReplica = 1
    resource: _Resource | None = None
    autoscaled: bool = False


_ENTRIES = TypeAdapter(tuple[_PlacementEntry, ...])
_EXPECTED: Final = "; expected the JSON of an earlier plan"
# A file of something else has nothing right: nobody reads all of it.
_MOST_PROBLEMS: Final = 10


def parse_previous(placements: object, source: str) -> tuple[PreviousPlacement, ...]:
    """Read the `placements` of an earlier plan; `source` names it in errors.

    Raises:
        InvalidInputError: they are not what a plan writes (SW109).
    """
    if placements is None:
        message = f"it is missing{_EXPECTED}"
        raise InvalidInputError([Problem(source, 0, 0, "placements", message, Code.BAD_PREVIOUS_PLAN)])
    try:
        entries: Iterable[_PlacementEntry] = _ENTRIES.validate_python(placements)
    except ValidationError as error:
        raise InvalidInputError(_problems(error, source)) from error
    return tuple(
        PreviousPlacement(
            DeploymentKey(entry.deployment.namespace, entry.deployment.name),
            entry.environment,
            entry.node_pool,
            entry.profile,
            entry.units,
            entry.gpus_per_node,
            entry.nodes_per_replica,
            entry.resource.name if entry.resource else None,
            entry.autoscaled,
        )
        for entry in entries
    )


def _problems(error: ValidationError, source: str) -> list[Problem]:
    """Return the first mistakes, and how many more there are."""
    found = error.errors(include_url=False, include_context=True)
    problems = [
        Problem(source, 0, 0, dotted(("placements", *each["loc"])), _words(each), Code.BAD_PREVIOUS_PLAN)
        for each in found[:_MOST_PROBLEMS]
    ]
    if len(found) > _MOST_PROBLEMS:
        message = f"{len(found) - _MOST_PROBLEMS:,} more mistakes{_EXPECTED}"
        problems.append(Problem(source, 0, 0, "", message, Code.BAD_PREVIOUS_PLAN))
    return problems


def _words(error: ErrorDetails) -> str:
    return ("it is missing" if error["type"] == "missing" else bad_value(error)) + _EXPECTED
