"""One document, as far as it is right: all of one that fits its schema, and some parts of one that does not."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from slicewise.diagnostics import FieldPath
from slicewise.documents.allocation import CLUSTER_VERSION
from slicewise.documents.architecture import ModelArchitecture
from slicewise.documents.base import ClusterMetadata
from slicewise.documents.cluster import Cluster
from slicewise.documents.deployment import DeploymentMetadata, ModelDeployment, Scaling
from slicewise.documents.environment import MAX_POOLS, InferenceEnvironment, NodePool
from slicewise.documents.lora import Lora
from slicewise.documents.model_source import HuggingFace, ModelSource, Weights
from slicewise.documents.pod import BaseReference, PodSettings, StorageInitializer
from slicewise.documents.router import Router
from slicewise.documents.rules.judged_entry import EntryT, JudgedEntry
from slicewise.documents.served_model import ModelSpec, ServingProfile
from slicewise.documents.unknown_fields import aliases, model_at

POOLS: Final[FieldPath] = ("spec", "nodePools")
SERVING: Final[FieldPath] = ("spec", "serving")
_POOL: Final = {
    "name": "any",
    "acceleratorType": "any",
    "acceleratorCount": 1,
    "capabilities": {"memoryPerGpu": "1Gi", "migConfiguration": {"enabled": False}},
}
_PROFILE: Final = {"name": "any"}
# What is required below something that is missing shows only once that is there.
_ROUNDS: Final = 4


@dataclass(frozen=True, slots=True)
class JudgedEnvironment:
    """The parts of an InferenceEnvironment; None for one that does not fit the schema."""

    name: str | None
    cluster: Cluster | None
    pools: Sequence[JudgedEntry[NodePool]]
    labels: Mapping[str, str]
    kubernetes_version: str | None = None

    @property
    def versions(self) -> tuple[str, ...]:
        """The versions of the cluster's Kubernetes that the document says."""
        made = self.cluster.provisioned if self.cluster else None
        return tuple(filter(None, (self.kubernetes_version, made.kubernetes_version if made else None)))

    @classmethod
    def right(cls, document: InferenceEnvironment) -> JudgedEnvironment:
        """Return all parts of `document`."""
        spec = document.spec
        pools = _all_right(spec.node_pools, POOLS)
        return cls(document.metadata.name, spec.cluster, pools, document.metadata.labels, spec.kubernetes_version)

    @classmethod
    def broken(cls, data: object, wrong: Iterable[FieldPath]) -> JudgedEnvironment:
        """Return the parts of a document of plain data that are right; `wrong` are the fields that are not."""
        metadata = validated(ClusterMetadata, value_at(data, ("metadata",)))
        cluster = validated(Cluster, value_at(data, ("spec", "cluster")))
        pools = _right_entries(NodePool, _POOL, value_at(data, POOLS), POOLS, wrong)
        version = value_at(data, ("spec", "kubernetesVersion"))
        return cls(
            metadata.name if metadata else None,
            cluster,
            pools,
            metadata.labels if metadata else {},
            version if isinstance(version, str) and CLUSTER_VERSION.fits(version) else None,
        )


@dataclass(frozen=True, slots=True)
class JudgedDeployment:
    """The parts of a ModelDeployment that have rules; None for one that does not fit the schema."""

    metadata: DeploymentMetadata | None
    scaling: Scaling | None
    router: Router | None
    pod: PodSettings | None = None

    @classmethod
    def right(cls, document: ModelDeployment) -> JudgedDeployment:
        """Return all parts of `document`."""
        spec = document.spec
        return cls(document.metadata, spec.scaling, spec.router, spec.pod)

    @classmethod
    def broken(cls, data: object) -> JudgedDeployment:
        """Return the parts of a document of plain data that are right."""
        return cls(
            validated(DeploymentMetadata, value_at(data, ("metadata",))),
            validated(Scaling, value_at(data, ("spec", "scaling"))),
            validated(Router, value_at(data, ("spec", "router"))),
            validated(PodSettings, value_at(data, ("spec", "pod"))),
        )


@dataclass(frozen=True, slots=True)
class JudgedModel:
    """The parts of a ClusterModel or Model that have rules; None for one that does not fit the schema."""

    repository: str | None
    architecture: ModelArchitecture | None
    serving: Sequence[JudgedEntry[ServingProfile]]
    pod: PodSettings | None = None
    storage_initializer: StorageInitializer | None = None
    base_refs: Sequence[BaseReference] = ()
    name: str | None = None
    source: ModelSource | None = None
    blocks: frozenset[ModelSource] = frozenset()
    weights: Weights | None = None
    lora: Lora | None = None

    @classmethod
    def right(cls, spec: ModelSpec) -> JudgedModel:
        """Return all parts of `spec`."""
        return cls(
            spec.hugging_face.repo if spec.hugging_face else None,
            spec.architecture,
            _all_right(spec.serving, SERVING),
            spec.pod,
            spec.storage_initializer,
            spec.base_refs,
            spec.model.name,
            spec.source,
            frozenset(source for source in ModelSource if getattr(spec, source.attribute) is not None),
            spec.weights,
            spec.lora,
        )

    @classmethod
    def broken(cls, data: object, wrong: Iterable[FieldPath]) -> JudgedModel:
        """Return the parts of a document of plain data that are right; `wrong` are the fields that are not."""
        hugging_face = validated(HuggingFace, value_at(data, ("spec", "huggingFace")))
        name = value_at(data, ("spec", "model", "name"))
        source = value_at(data, ("spec", "source"))
        serving = _right_entries(ServingProfile, _PROFILE, value_at(data, SERVING), SERVING, wrong)
        architecture = validated(ModelArchitecture, value_at(data, ("spec", "architecture")))
        return cls(
            hugging_face.repo if hugging_face else None,
            architecture,
            serving,
            validated(PodSettings, value_at(data, ("spec", "pod"))),
            validated(StorageInitializer, value_at(data, ("spec", "storageInitializer"))),
            (),
            name if isinstance(name, str) else None,
            ModelSource(source) if source in [*ModelSource] else None,
            frozenset(each for each in ModelSource if value_at(data, ("spec", each.block)) is not None),
            None,
            validated(Lora, value_at(data, ("spec", "lora"))),
        )


def _all_right(values: Iterable[EntryT], path: FieldPath) -> list[JudgedEntry[EntryT]]:
    """Return the entries of the list at `path`, which fits the schema."""
    return [JudgedEntry((*path, index), index, value) for index, value in enumerate(values)]


def _right_entries(
    kind: type[EntryT], placeholders: Mapping[str, Any], entries: object, path: FieldPath, wrong: Iterable[FieldPath]
) -> list[JudgedEntry[EntryT]]:
    """Return the entries of the list at `path`, without what is wrong with them.

    Args:
        kind: What the entries are.
        placeholders: Its required fields, and those of the mappings in it, each with any value that is allowed.
        entries: What the document has there.
        path: Where the list is in the document.
        wrong: What does not fit the schema, anywhere in the document.
    """
    if not isinstance(entries, list):
        return []
    depth = len(path)
    by_index: dict[object, set[FieldPath]] = {}
    for each in wrong:
        if each[:depth] == path and len(each) > depth:
            by_index.setdefault(each[depth], set()).add(each[depth + 1 :])
    # More than any such list may have are an error of their own, and would be compared with each other.
    first = enumerate(entries[:MAX_POOLS])
    judged = (_entry(kind, placeholders, (*path, index), entry, by_index.get(index, set())) for index, entry in first)
    return [each for each in judged if each]


def _entry(
    kind: type[EntryT], placeholders: Mapping[str, Any], path: FieldPath, entry: object, wrong: set[FieldPath]
) -> JudgedEntry[EntryT] | None:
    if not isinstance(entry, dict) or () in wrong:
        return None
    # pydantic does not say the name of a field whose name is not text.
    named = {name: field for name, field in entry.items() if isinstance(name, str)}
    value = _with_placeholders(kind, placeholders, copy.deepcopy(named))
    if value is None:
        return None
    return JudgedEntry(path, int(path[-1]), value, frozenset(wrong | _perhaps_meant(kind, entry, wrong)))


def _perhaps_meant(kind: type[EntryT], entry: object, wrong: set[FieldPath]) -> set[FieldPath]:
    """Return the fields that are missing beside an unknown one: it may be meant for any of these."""
    meant: set[FieldPath] = set()
    for path in wrong:
        parent = path[:-1]
        owner = model_at(kind, parent)
        if owner and path[-1] not in (known := aliases(owner)):
            there = value_at(entry, parent)
            meant |= {(*parent, name) for name in known if not isinstance(there, dict) or name not in there}
    return meant


def _with_placeholders(kind: type[EntryT], placeholders: Mapping[str, Any], data: dict[str, Any]) -> EntryT | None:
    """Return `data` as a `kind`, without what is wrong in it, and with placeholders for what is required."""
    for _ in range(_ROUNDS):
        try:
            return kind.model_validate(data, by_alias=True, by_name=False)
        except ValidationError as error:
            # From the end, so that the indices of lists stay right.
            for details in reversed(error.errors(include_url=False, include_context=False, include_input=False)):
                path, missing = details["loc"], details["type"] == "missing"
                _correct(data, path, value_at(placeholders, path) if missing else None)
    return None


def _correct(data: dict[str, Any], path: FieldPath, value: object) -> None:
    """Put `value` at `path`, or remove what is there where it is None."""
    path = path[:-1] if path[-1] == "[key]" else path
    place = value_at(data, path[:-1])
    if isinstance(place, dict):
        place.pop(path[-1], None)
        if value is not None:
            place[path[-1]] = copy.deepcopy(value)
    elif isinstance(place, list) and isinstance(path[-1], int) and path[-1] < len(place):
        del place[path[-1]]


def validated(kind: type[EntryT], data: object) -> EntryT | None:
    """Return a part of a document, or None where it does not fit its schema."""
    try:
        return kind.model_validate(data, by_alias=True, by_name=False)
    except ValidationError:
        return None


def value_at(data: object, path: Sequence[str | int]) -> Any:  # noqa: ANN401 - plain data
    """Return what is at `path` in plain data; None if there is nothing."""
    for part in path:
        if isinstance(data, dict):
            data = data.get(part)
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            data = data[part]
        else:
            return None
    return data
