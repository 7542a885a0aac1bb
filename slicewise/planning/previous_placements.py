"""The placements of an earlier plan, read back from its JSON or from a stack's outputs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from slicewise.diagnostics import Code, Diagnostic, FieldPath, InvalidInputError, Place, plural
from slicewise.documents import MOST_GPUS_PER_NODE, MOST_NODES, Allocation, DeploymentKey, bad_value
from slicewise.kubernetes import MAX_COUNT
from slicewise.planning.short_entries import full_entry

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


@dataclass(frozen=True, slots=True)
class PreviousPrefill:
    """What planning needs to know of the prefill workload of an earlier placement."""

    node_pool: str
    units: int
    gpus_per_node: int
    nodes_per_replica: int = 1
    resource: str | None = None
    mig_profile: str | None = None
    """That of its slices; None for whole GPUs."""
    nodes: str | None = None
    """A digest of what selected its nodes."""


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
    claims: bool = False
    """Whether its pods, or those of its prefill workload, had ResourceClaims."""
    prefill: PreviousPrefill | None = None
    routed: bool = False
    """Whether it had an address outside of its cluster, so that its service had a route."""
    parts: Mapping[str, str] | None = field(default=None, hash=False)
    """What its service was made of (`slicewise.changes`); None where the plan does not say."""
    mig_profile: str | None = None
    """That of its slices; None for whole GPUs."""
    nodes: str | None = None
    """A digest of what selected its nodes."""

    @property
    def replicas(self) -> int:
        """Replicas charged."""
        return self.units // (self.nodes_per_replica * self.gpus_per_node)


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


class _Workload(_Lenient):
    """What a plan's JSON, or a stack's outputs, say of pods that are alike."""

    @model_validator(mode="before")
    @classmethod
    def _full(cls, data: object) -> object:
        return full_entry(data) if isinstance(data, Mapping) else data

    node_pool: str
    units: _Units
    gpus_per_node: _GpusPerNode
    nodes_per_replica: _NodesPerReplica = 1
    resource: _Resource | None = None
    mig_profile: str | None = None
    nodes: str | None = None
    allocation: str = ""


class _PrefillEntry(_Workload):
    @property
    def previous(self) -> PreviousPrefill:
        return PreviousPrefill(
            self.node_pool,
            self.units,
            self.gpus_per_node,
            self.nodes_per_replica,
            self.resource.name if self.resource else None,
            self.mig_profile,
            self.nodes,
        )


class _EndpointEntry(_Lenient):
    external: str | None = None


class _PlacementEntry(_Workload):
    deployment: _DeploymentName
    environment: str
    profile: str
    autoscaled: bool = False
    prefill: _PrefillEntry | None = None
    endpoint: _EndpointEntry = _EndpointEntry()
    parts: dict[str, str] | None = None


_ENTRIES = TypeAdapter(tuple[_PlacementEntry, ...])
_EXPECTED: Final = "; expected the JSON of an earlier plan"
# Ten errors are enough: the file is probably not a plan.
_MOST_PROBLEMS: Final = 10


def parse_previous(placements: object, source: str) -> tuple[PreviousPlacement, ...]:
    """Read the `placements` of an earlier plan: a list, or a mapping as a stack's outputs have; `source` names it.

    Raises:
        InvalidInputError: they are not what a plan writes (SW109).
    """
    if placements is None:
        message = f"it is missing{_EXPECTED}"
        raise InvalidInputError(
            [Diagnostic.error(Code.BAD_PREVIOUS_PLAN, message, field="placements", place=Place(source))]
        )
    names = [*placements] if isinstance(placements, Mapping) else None
    values = [*placements.values()] if isinstance(placements, Mapping) else placements
    try:
        entries: Iterable[_PlacementEntry] = _ENTRIES.validate_python(values)
    except ValidationError as error:
        raise InvalidInputError(_problems(error, source, names)) from error
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
            prefill=entry.prefill.previous if entry.prefill else None,
            claims=Allocation.CLAIM in (entry.allocation, entry.prefill.allocation if entry.prefill else ""),
            routed=entry.endpoint.external is not None,
            parts=entry.parts,
            mig_profile=entry.mig_profile,
            nodes=entry.nodes,
        )
        for entry in entries
    )


def _problems(error: ValidationError, source: str, names: Sequence[object] | None) -> list[Diagnostic]:
    """Return the first mistakes, and how many more there are; `names` are those of the entries of a mapping."""
    found = error.errors(include_url=False, include_context=True)
    problems = [
        Diagnostic.error(
            Code.BAD_PREVIOUS_PLAN,
            _words(each),
            field=("placements", *_path(each["loc"], names)),
            place=Place(source),
        )
        for each in found[:_MOST_PROBLEMS]
    ]
    if len(found) > _MOST_PROBLEMS:
        rest = len(found) - _MOST_PROBLEMS
        message = f"{rest:,} more {plural(rest, 'mistake')}{_EXPECTED}"
        problems.append(Diagnostic.error(Code.BAD_PREVIOUS_PLAN, message, place=Place(source)))
    return problems


def _path(location: FieldPath, names: Sequence[object] | None) -> FieldPath:
    if names is None:
        return location
    first, *rest = location
    return (str(names[int(first)]), *rest)


def _words(error: ErrorDetails) -> str:
    return ("it is missing" if error["type"] == "missing" else bad_value(error).text) + _EXPECTED
