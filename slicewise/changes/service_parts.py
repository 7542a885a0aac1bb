"""What the objects of a placement are made of, part by part, so that a plan can tell what changed of an earlier one.

Every field of every object is in one part. What a reviewer reads is written as it is (an image, a number of replicas);
all else is a digest, salted with the deployment's name, of which an earlier plan can be compared and not read.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

from slicewise.documents import Allocation, DeploymentKey, Fleet
from slicewise.manifests import (
    CLAIM_TEMPLATE_KIND,
    REVISION_ANNOTATION,
    SERVICE_KIND,
    KubernetesObject,
    placement_objects,
)
from slicewise.planning import Plan

_DIGEST_LENGTH: Final = 8
_OWN_ANNOTATIONS: Final = "slicewise.dev/"
_JSON: Final = json.JSONEncoder(separators=(",", ":"))
# Services of one kind of document have the same few hundred fields.
_MOST_PATHS: Final = 1 << 14
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
    return {
        (each.environment, each.deployment): parts_of_service(each.deployment, placement_objects(fleet, each))
        for each in plan.placements
    }


def parts_of_service(deployment: DeploymentKey, objects: Sequence[KubernetesObject]) -> dict[str, str]:
    """Return what a placement's objects are made of: by the name of each part its text, or `#` and a digest.

    The objects of two plans are equal, byte by byte, exactly where their parts are.
    """
    found: defaultdict[ServicePart, list[tuple[_Path, Any]]] = defaultdict(list)
    for item in objects:
        leaves: list[tuple[_Path, Any]] = []
        _add_leaves(item, (item["kind"],), leaves)
        for leaf in leaves:
            found[_part(leaf[0])].append(leaf)
    if any(item["kind"] == CLAIM_TEMPLATE_KIND for item in objects):
        found[ServicePart.ALLOCATION] = [((), Allocation.CLAIM.value)]
    return {part.value: _written(part, found[part], deployment) for part in ServicePart if part in found}


def _written(part: ServicePart, fields: Sequence[tuple[_Path, Any]], deployment: DeploymentKey) -> str:
    if part in _READABLE:
        values = {str(value) for _, value in fields}
        if len(values) == 1:
            return values.pop()
    ordered = sorted(fields, key=repr) if len(fields) > 1 else fields
    text = _JSON.encode([str(deployment), part, ordered])
    return f"#{hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_LENGTH]}"


def _add_leaves(value: Any, path: _Path, leaves: list[tuple[_Path, Any]]) -> None:  # noqa: ANN401 - a part of an object
    """Add every value that has none below it, also an empty list or mapping, with the path to it."""
    if isinstance(value, dict) and value:
        for key, each in value.items():
            _add_leaves(each, (*path, key), leaves)
    elif isinstance(value, list) and value:
        for number, each in enumerate(value):
            _add_leaves(each, (*path, number), leaves)
    else:
        leaves.append((path, value))


@lru_cache(_MOST_PATHS)
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
