"""Rules between documents: references resolve."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import Final

from slicewise.diagnostics import MOST_PROBLEMS, Code, Diagnostic, FieldPath, closest, there_are
from slicewise.documents.base import is_dns_subdomain
from slicewise.documents.deployment import ModelKind
from slicewise.documents.fleet import ModelKey

NAME: Final[FieldPath] = ("metadata", "name")
REFERENCE: Final[FieldPath] = ("spec", "modelRef", "name")
_OTHER_KINDS: Final = ("InferenceEnvironment", "ModelDeployment", "Quota")


class ReferenceCheck:
    """Finds deployments whose modelRef is not among the declared models."""

    def __init__(self, declared: AbstractSet[ModelKey]) -> None:
        self._declared = declared
        self._names: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._wrong: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._namespaces: dict[str, list[str]] = defaultdict(list)
        for key in sorted(declared):
            if key.namespace and is_dns_subdomain(key.namespace):
                self._namespaces[key.name].append(key.namespace)
            # Documents that are wrong may declare any text as a name.
            (self._names if is_dns_subdomain(key.name) else self._wrong)[key.kind, key.namespace].append(key.name)
        self._remedies: dict[ModelKey, str] = {}

    def check(self, key: ModelKey, namespace: str) -> Iterator[Diagnostic]:
        """Yield an error if the modelRef of a deployment in `namespace`, to the model `key`, is dangling."""
        if key in self._declared or self._is_misnamed(key):
            return
        # No more errors than these are ever shown.
        if key not in self._remedies and len(self._remedies) < MOST_PROBLEMS:
            self._remedies[key] = self._remedy(key, namespace)
        where = f" in namespace {key.namespace}" if key.namespace else ""
        message, remedy = f'there is no {key.kind} "{key.name}"{where}', self._remedies.get(key, "")
        yield Diagnostic.error(Code.DANGLING_MODEL_REFERENCE, message, remedy, field=REFERENCE)

    def _is_misnamed(self, key: ModelKey) -> bool:
        """Return whether a model may be the one that is meant, whose own name is wrong, which is said there."""
        return closest(key.name, self._wrong[key.kind, key.namespace]) is not None

    def _remedy(self, key: ModelKey, namespace: str) -> str:
        if key.kind == ModelKind.CLUSTER_MODEL:
            other = ModelKey(ModelKind.MODEL.value, namespace, key.name)
        else:
            other = ModelKey(ModelKind.CLUSTER_MODEL.value, "", key.name)
        if other in self._declared:
            return f"there is a {other.kind} of that name: write kind: {other.kind}"
        if key.name in self._namespaces:
            places = self._namespaces[key.name]
            meant = closest(namespace, places) or places[0]
            return (
                f"there is a Model of that name in namespace {meant}, which only a deployment in {meant} can serve: "
                "correct metadata.namespace of one of the two, or declare a ClusterModel"
            )
        names = self._names[key.kind, key.namespace]
        if (close := closest(key.name, names)) is not None:
            return f'did you mean "{close}"?'
        return there_are(names) if names else "write its document, or load its file too"


@lru_cache
def _is_other_kind(kind: str) -> bool:
    known = (*ModelKind, *_OTHER_KINDS)
    return (kind if kind in known else closest(kind, known)) in _OTHER_KINDS


def claimed_models(data: object) -> set[ModelKey] | None:
    """Return the models that a document of plain data declares or, being broken, may have been meant to declare.

    References to them are not called dangling on top of what is wrong with the document. None where it may be any.
    """
    if not isinstance(data, dict):
        return None
    kind = data.get("kind")
    if isinstance(kind, str) and _is_other_kind(kind):
        return set()
    metadata = data.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    namespace = metadata.get("namespace", "default") if isinstance(metadata, dict) else None
    if not isinstance(name, str) or not isinstance(namespace, str):
        return None
    keys = {ModelKey(ModelKind.CLUSTER_MODEL.value, "", name), ModelKey(ModelKind.MODEL.value, namespace, name)}
    return {key for key in keys if key.kind == kind} or keys
