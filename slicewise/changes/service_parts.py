"""What the objects of a placement are made of, part by part, so that a plan can tell what changed of an earlier one.

Every field of every object is in one part. What a reviewer reads is written as it is (an image, a number of replicas);
all else is a digest, salted with the deployment's name, of which an earlier plan can be compared and not read.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
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
_JSON: Final = json.JSONEncoder(separators=(",", ":"), sort_keys=True)
_WITH_FIELDS: Final = (dict, list)
_MOST_KEPT: Final = 1 << 14
_ENTRY: Final = -1
"""Any entry of a list, in a path."""
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
# Fields of a service below which there are several parts; below all others everything is in one.
_DIVIDED: Final = frozenset(
    {
        (),
        *((first,) for first in ("metadata", "spec")),
        *(("metadata", name) for name in ("labels", "annotations")),
        *(("spec", name) for name in ("annotations", "model", "prefill", "router", "template", "worker")),
        ("spec", "prefill", "annotations"),
        ("spec", "router", "route"),
        *(
            ("spec", pods, containers, *entry)
            for pods in ("template", "worker")
            for containers in ("containers", "initContainers")
            for entry in ((), (_ENTRY,))
        ),
    }
)


def parts_of_plan(fleet: Fleet, plan: Plan) -> PartsOfPlan:
    """Return the parts of every placement of a plan for `fleet`."""
    keys = ((each.environment, each.deployment) for each in plan.placements)
    return dict(zip(keys, parts_of_placements(fleet, plan), strict=True))


def parts_of_placements(fleet: Fleet, plan: Plan) -> Iterator[Mapping[str, str]]:
    """Yield the same, in the order of the placements: of a large fleet nobody needs them all at once."""
    made = MadeOnce()
    pieces = _Pieces(made)
    for each in plan.placements:
        yield _parts(each.deployment, placement_objects(fleet, each, made), pieces)


def parts_of_service(deployment: DeploymentKey, objects: Sequence[KubernetesObject]) -> dict[str, str]:
    """Return what a placement's objects are made of: by the name of each part its text, or `#` and a digest.

    The objects of two plans are equal, byte by byte, exactly where their parts are.
    """
    return _parts(deployment, objects, _Pieces(MadeOnce()))


def _parts(deployment: DeploymentKey, objects: Sequence[KubernetesObject], pieces: _Pieces) -> dict[str, str]:
    found: defaultdict[ServicePart, list[_Piece]] = defaultdict(list)
    kinds = [item["kind"] for item in objects]
    for item, kind in zip(objects, kinds, strict=True):
        pieces.add(item, _object_of(kind), found)
    if CLAIM_TEMPLATE_KIND in kinds:
        found[ServicePart.ALLOCATION].append(_Piece("", Allocation.CLAIM.value))
    name = _JSON.encode(str(deployment))
    return {text: _written(text, found[part], name) for part, text in _NAMES.items() if part in found}


class _Piece(NamedTuple):
    """A field of an object with everything below it, or several fields: all in one part."""

    json: str
    """Of each field the path and the value."""
    text: str | None
    """The value as people read it, where a part is read so; None of several that differ."""


class _Field:
    """Where a value is in an object, and how that is written: once, for services have the same few hundred fields."""

    def __init__(self, path: _Path) -> None:
        self._text = _JSON.encode(path)
        self._path = path
        self.below = _FieldsBelow(path)
        """By their names the fields of this field, or by their indices the entries of this list."""

    @cached_property
    def part(self) -> ServicePart:
        """Which part its value is in, if it is in one."""
        return _part(self._path)

    @cached_property
    def is_divided(self) -> bool:
        """Whether there are several parts below it."""
        kind, *path = self._path
        return kind == SERVICE_KIND and tuple(_ENTRY if isinstance(key, int) else key for key in path) in _DIVIDED

    def piece(self, value: object, json_of: Callable[[object], str] = _JSON.encode) -> _Piece:
        """Return a value of it, with everything below."""
        return _Piece(f"[{self._text},{json_of(value)}]", str(value) if self.part in _READABLE else None)


class _FieldsBelow(dict[str | int, _Field]):
    """The fields below one: each made when it is first asked for."""

    def __init__(self, path: _Path) -> None:
        self._path = path

    def __missing__(self, key: str | int) -> _Field:
        return self.setdefault(key, _Field((*self._path, key)))


@cache
def _object_of(kind: str) -> _Field:
    """Return what has all fields of objects of a kind."""
    return _Field((kind,))


@lru_cache(_MOST_KEPT, typed=True)
def _known_piece(field: _Field, value: Hashable) -> _Piece:
    """Return a piece; most services have the same of many fields."""
    return field.piece(value)


class _Pieces:
    """Finds the pieces that objects are made of; those of what several have in common only once."""

    def __init__(self, made: MadeOnce) -> None:
        self._made = made
        self._known: dict[tuple[int, _Field], Sequence[tuple[ServicePart, _Piece]]] = {}

    def add(self, value: Any, at: _Field, found: defaultdict[ServicePart, list[_Piece]]) -> None:  # noqa: ANN401 - a part of an object
        """Add an object, or what is in a field of it, to the pieces of its parts."""
        if not value or not at.is_divided:
            # What is shared was written when the revision was made.
            json_of = self._made.json_of if self._made.shares(value) else _JSON.encode
            found[at.part].append(at.piece(value, json_of))
            return
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            field = at.below[key]
            if not isinstance(each, _WITH_FIELDS):
                part = field.part
                # What people read is mostly of one service alone, such as its name.
                found[part].append(field.piece(each) if part in _READABLE else _known_piece(field, each))
            elif shared := self._known.get((id(each), field)) or self._shared(each, field):
                for part, piece in shared:
                    found[part].append(piece)
            else:
                self.add(each, field, found)

    def _shared(self, value: Any, at: _Field) -> Sequence[tuple[ServicePart, _Piece]]:  # noqa: ANN401 - a part of an object
        """Return the pieces of what several objects have in common; none of what one has for itself."""
        if not self._made.shares(value):
            return ()
        found: defaultdict[ServicePart, list[_Piece]] = defaultdict(list)
        self.add(value, at, found)
        pieces = self._known[id(value), at] = [(part, _joined(pieces)) for part, pieces in found.items()]
        return pieces


def _joined(pieces: Sequence[_Piece]) -> _Piece:
    """Return several pieces of one part as one: the same in whatever order they come.

    Those of one field are neighbours, as their paths begin alike: so it does not matter if they were joined before.
    """
    if len(pieces) == 1:
        return pieces[0]
    text = pieces[0].text
    if text is not None and any(each.text != text for each in pieces):
        text = None
    return _Piece(",".join(sorted([each.json for each in pieces])), text)


def _written(part: str, pieces: Sequence[_Piece], deployment: str) -> str:
    fields, text = pieces[0] if len(pieces) == 1 else _joined(pieces)
    if text is not None:
        return text
    salted = f'[{deployment},"{part}",[{fields}]]'
    return f"#{hashlib.sha256(salted.encode()).hexdigest()[:_DIGEST_LENGTH]}"


def _part(whole: _Path) -> ServicePart:
    """Return the part of a field, by its object's kind and its path."""
    kind, *path = whole
    if whole[-1] == REVISION_ANNOTATION:
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
