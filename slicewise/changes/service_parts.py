"""What the objects of a placement are made of, part by part, so that a plan can tell what changed of an earlier one.

Every field of every object is in one part. What a reviewer reads is written as it is (an image, a number of replicas);
all else is a digest, salted with the deployment's name, of which an earlier plan can be compared and not read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Hashable, Mapping, Sequence
from enum import StrEnum
from functools import cache, cached_property, lru_cache
from typing import Any, Final, NamedTuple

from slicewise.documents import Allocation, DeploymentKey, Fleet
from slicewise.manifests import (
    CLAIM_TEMPLATE_KIND,
    REVISION_ANNOTATION,
    SERVICE_KIND,
    KubernetesObject,
    MadeOnce,
    placement_objects,
)
from slicewise.planning import Plan

_DIGEST_LENGTH: Final = 8
_OWN_ANNOTATIONS: Final = "slicewise.dev/"
_JSON: Final = json.JSONEncoder(separators=(",", ":"))
_WITH_FIELDS: Final = (dict, list)
_MOST_KEPT: Final = 1 << 14
_Path = tuple[str | int, ...]

PartsOfPlan = Mapping[tuple[str, DeploymentKey], Mapping[str, str]]
"""The parts of each placement, by its environment and deployment."""


class ServicePart(StrEnum):
    """A part of a placement's objects, as plans call it."""

    REVISION = "revision"
    """KServe replaces pods exactly when it differs."""
    NAME = "name"
    REPLICAS = "replicas"
    IMAGE = "image"
    COMMAND = "command"
    ARGS = "args"
    ENV = "env"
    RESOURCES = "resources"
    ALLOCATION = "allocation"
    """`claim` where its pods get their slices or GPUs by ResourceClaims, whose text is among the resources."""
    SOURCE = "source"
    SERVED_NAME = "servedName"
    ADAPTERS = "adapters"
    STORAGE_INITIALIZER = "storageInitializer"
    WEIGHT = "weight"
    ROUTE = "route"
    AUTOSCALING = "autoscaling"
    PARALLELISM = "parallelism"
    PREFILL_REPLICAS = "prefillReplicas"
    PREFILL = "prefill"
    NODES = "nodes"
    POD = "pod"
    BASE_REFS = "baseRefs"
    LABELS = "labels"
    ANNOTATIONS = "annotations"
    RECORD = "record"
    """What Slicewise notes of the plan in annotations of its own."""
    OTHER = "other"


_NAMES: Final = {part: part.value for part in ServicePart}
# Nobody keeps a secret in these.
_READABLE: Final = frozenset(
    {
        ServicePart.REVISION,
        ServicePart.NAME,
        ServicePart.REPLICAS,
        ServicePart.PREFILL_REPLICAS,
        ServicePart.IMAGE,
        ServicePart.SOURCE,
        ServicePart.SERVED_NAME,
        ServicePart.WEIGHT,
        ServicePart.ALLOCATION,
    }
)
_OF_CONTAINER: Final = {
    "image": ServicePart.IMAGE,
    "command": ServicePart.COMMAND,
    "args": ServicePart.ARGS,
    "env": ServicePart.ENV,
    "envFrom": ServicePart.ENV,
    "resources": ServicePart.RESOURCES,
}
_OF_INIT_CONTAINER: Final = {"env": ServicePart.STORAGE_INITIALIZER, "resources": ServicePart.RESOURCES}
_OF_POD: Final = {
    "nodeSelector": ServicePart.NODES,
    "tolerations": ServicePart.NODES,
    "affinity": ServicePart.NODES,
    "resourceClaims": ServicePart.RESOURCES,
}
_OF_MODEL: Final = {"uri": ServicePart.SOURCE, "name": ServicePart.SERVED_NAME, "lora": ServicePart.ADAPTERS}
_OF_SPEC: Final = {
    "replicas": ServicePart.REPLICAS,
    "parallelism": ServicePart.PARALLELISM,
    "storageInitializer": ServicePart.STORAGE_INITIALIZER,
    "baseRefs": ServicePart.BASE_REFS,
    "labels": ServicePart.LABELS,
    "annotations": ServicePart.ANNOTATIONS,
    "router": ServicePart.ROUTE,
}
_OF_METADATA: Final = {
    "name": ServicePart.NAME,
    "labels": ServicePart.LABELS,
    "annotations": ServicePart.ANNOTATIONS,
}


def parts_of_plan(fleet: Fleet, plan: Plan) -> PartsOfPlan:
    """Return the parts of every placement of a plan for `fleet`."""
    made = MadeOnce()
    leaves = _Leaves(made)
    return {
        (each.environment, each.deployment): _parts(each.deployment, placement_objects(fleet, each, made), leaves)
        for each in plan.placements
    }


def parts_of_service(deployment: DeploymentKey, objects: Sequence[KubernetesObject]) -> dict[str, str]:
    """Return what a placement's objects are made of: by the name of each part its text, or `#` and a digest.

    The objects of two plans are equal, byte by byte, exactly where their parts are.
    """
    return _parts(deployment, objects, _Leaves(MadeOnce()))


def _parts(deployment: DeploymentKey, objects: Sequence[KubernetesObject], leaves: _Leaves) -> dict[str, str]:
    found: dict[ServicePart, list[_Leaf]] = {}
    kinds = [item["kind"] for item in objects]
    for item, kind in zip(objects, kinds, strict=True):
        leaves.add(item, _object_of(kind), found)
    name = _JSON.encode(str(deployment))
    parts = {part: _written(part, values, name) for part, values in found.items()}
    if CLAIM_TEMPLATE_KIND in kinds:
        parts[ServicePart.ALLOCATION] = Allocation.CLAIM.value
    return {text: parts[part] for part, text in _NAMES.items() if part in parts}


class _Leaf(NamedTuple):
    """A value that has none below it: leaves are sorted by their fields, and those of one field by their values."""

    field: str
    value: str
    json: str
    """The path of the field, and the value."""
    text: str
    """The value as people read it."""


class _Field:
    """Where a value is in an object, and how that is written: once, for services have the same few hundred fields."""

    def __init__(self, path: _Path) -> None:
        self._order = repr(path)
        self._text = _JSON.encode(path)
        self._path = path
        self._below: dict[str | int, _Field] = {}

    @cached_property
    def part(self) -> ServicePart:
        """Which part its value is in, if nothing is below it."""
        return _part(self._path)

    def leaf(self, value: object) -> _Leaf:
        """Return a value of it that has none below it."""
        # Two objects of one kind have the same fields, so they are sorted by their values, too.
        return _Leaf(self._order, repr(value), f"[{self._text},{_JSON.encode(value)}]", str(value))

    def below(self, key: str | int) -> _Field:
        """Return a field of this field, or an entry of this list."""
        field = self._below.get(key)
        if field is None:
            field = self._below[key] = _Field((*self._path, key))
        return field


@cache
def _object_of(kind: str) -> _Field:
    """Return what has all fields of objects of a kind."""
    return _Field((kind,))


@lru_cache(_MOST_KEPT, typed=True)
def _known_leaf(field: _Field, value: Hashable) -> _Leaf:
    """Return a leaf; most services have the same of many fields."""
    return field.leaf(value)


class _Leaves:
    """Finds the values that objects are made of; those of what several have in common only once."""

    def __init__(self, made: MadeOnce) -> None:
        self._made = made
        self._known: dict[tuple[int, _Field], Mapping[ServicePart, Sequence[_Leaf]]] = {}

    def add(self, value: Any, at: _Field, found: dict[ServicePart, list[_Leaf]]) -> None:  # noqa: ANN401 - a part of an object
        """Add every value that has none below it, also an empty list or mapping, to those of its part."""
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            field = at.below(key)
            if not isinstance(each, _WITH_FIELDS):
                found.setdefault(field.part, []).append(_known_leaf(field, each))
            elif not each:
                found.setdefault(field.part, []).append(field.leaf(each))
            elif self._made.shares(each):
                for part, leaves in self._shared(each, field).items():
                    found.setdefault(part, []).extend(leaves)
            else:
                self.add(each, field, found)

    def _shared(self, value: Any, at: _Field) -> Mapping[ServicePart, Sequence[_Leaf]]:  # noqa: ANN401 - a part of an object
        key = (id(value), at)
        if key not in self._known:
            found: dict[ServicePart, list[_Leaf]] = {}
            self.add(value, at, found)
            self._known[key] = found
        return self._known[key]


def _written(part: ServicePart, leaves: list[_Leaf], deployment: str) -> str:
    first = leaves[0].text
    if part in _READABLE and all(leaf.text == first for leaf in leaves[1:]):
        return first
    fields = ",".join([leaf.json for leaf in sorted(leaves)])
    text = f'[{deployment},"{_NAMES[part]}",[{fields}]]'
    return f"#{hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_LENGTH]}"


def _part(whole: _Path) -> ServicePart:
    """Return the part of a field, by its object's kind and its path."""
    kind, *path = whole
    if path[-1] == REVISION_ANNOTATION:
        return ServicePart.REVISION
    if kind == CLAIM_TEMPLATE_KIND:
        return ServicePart.RESOURCES
    if kind != SERVICE_KIND:
        return ServicePart.AUTOSCALING
    first, *rest = path
    if first == "metadata":
        if str(path[-1]).startswith(_OWN_ANNOTATIONS):
            return ServicePart.RECORD
        return _OF_METADATA.get(str(rest[0]), ServicePart.OTHER)
    return _part_of_spec(rest) if first == "spec" else ServicePart.OTHER


def _part_of_spec(path: Sequence[str | int]) -> ServicePart:
    first, *rest = path
    if first == "prefill":
        return ServicePart.PREFILL_REPLICAS if rest == ["replicas"] else ServicePart.PREFILL
    if first in ("template", "worker"):
        return _part_of_pod(rest)
    if first == "model" and rest:
        return _OF_MODEL.get(str(rest[0]), ServicePart.SOURCE)
    if rest == ["route", "weight"]:
        return ServicePart.WEIGHT
    return _OF_SPEC.get(str(first), ServicePart.OTHER)


def _part_of_pod(path: Sequence[str | int]) -> ServicePart:
    match path:
        case ["containers", int(), field, *_]:
            return _OF_CONTAINER.get(str(field), ServicePart.POD)
        case ["initContainers", int(), field, *_]:
            return _OF_INIT_CONTAINER.get(str(field), ServicePart.STORAGE_INITIALIZER)
        case [field, *_]:
            return _OF_POD.get(str(field), ServicePart.POD)
    return ServicePart.POD
