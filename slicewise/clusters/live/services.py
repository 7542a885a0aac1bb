"""LLMInferenceServices that a cluster has: whose they are, what they ask for, and who changed what."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from slicewise.kubernetes import items, mapping, text
from slicewise.manifests import REVISION_ANNOTATION, STACK_ANNOTATION

ServiceKey = tuple[str, str]
"""Namespace and name of an LLMInferenceService."""

# Whoever applied a service owns this field of it (apimachinery, structured-merge-diff: `f:` before a field's name).
_APPLIED: Final = "model.uri"


@dataclass(frozen=True, slots=True)
class LiveService:
    """A service that is there.

    Attributes:
        namespace: Its namespace.
        name: Its name.
        annotations: Its own annotations, not its pods'.
        spec: Its spec, as the API server gives it.
        ready: Whether KServe says Ready; it does so with a quarter of the replicas missing.
        leaving: Whether it is being deleted.
        editors: Who owns fields of the spec, by path (`replicas`), that whoever applied it does not own any more: the
            next server-side apply of another value conflicts with them.
        generation: How often its spec has been another one, as the API server counts.
        gateway_addresses: Where it answers through a Gateway, as KServe says in `status.addresses`.
    """

    namespace: str
    name: str
    annotations: Mapping[str, str]
    spec: Mapping[str, Any]
    ready: bool = False
    leaving: bool = False
    editors: Mapping[str, str] = field(default_factory=dict)
    generation: int = 0
    gateway_addresses: tuple[str, ...] = ()

    @property
    def key(self) -> ServiceKey:
        """Its namespace and name."""
        return self.namespace, self.name

    @property
    def stack(self) -> str | None:
        """The stack that says it is its own: organization/project/stack; None where none does."""
        return text(self.annotations.get(STACK_ANNOTATION)) or None

    @property
    def revision(self) -> str | None:
        """What its pods carry to say which version of the service they run; None for services of somebody else."""
        return text(mapping(self.spec.get("annotations")).get(REVISION_ANNOTATION)) or None

    @property
    def replicas(self) -> int:
        """How many replicas it asks for; KServe reads 1 where nothing is written."""
        written = self.spec.get("replicas")
        return written if type(written) is int else 1


def generation(found: Mapping[str, Any]) -> int:
    """Return how often the spec of an object has been another one: the API server counts real changes only."""
    counted = mapping(found.get("metadata")).get("generation")
    return counted if type(counted) is int else 0


def live_service(service: Mapping[str, Any]) -> LiveService:
    """Read an LLMInferenceService as the API server writes it (JSON)."""
    metadata, status = mapping(service.get("metadata")), mapping(service.get("status"))
    owners = _owners(metadata.get("managedFields"))
    appliers = owners.get(_APPLIED, frozenset())
    ready = [each for each in items(status.get("conditions")) if each.get("type") == "Ready"]
    return LiveService(
        text(metadata.get("namespace")),
        text(metadata.get("name")),
        mapping(metadata.get("annotations")),
        mapping(service.get("spec")),
        ready=any(each.get("status") == "True" for each in ready),
        leaving=bool(metadata.get("deletionTimestamp")),
        editors={path: min(names) for path, names in sorted(owners.items()) if appliers and not names & appliers},
        generation=generation(service),
        gateway_addresses=tuple(_through_gateways(status)),
    )


def _through_gateways(status: Mapping[str, Any]) -> Iterator[str]:
    for address in items(status.get("addresses")):
        origin = mapping(address.get("origin"))
        if text(origin.get("kind")) == "Gateway" and text(address.get("url")):
            yield text(address.get("url"))


def _owners(managed: object) -> dict[str, frozenset[str]]:
    """Return who owns fields of the spec, by the field's path (meta/v1 managedFields)."""
    owners: dict[str, frozenset[str]] = {}
    for entry in items(managed):
        if not text(entry.get("subresource")):
            for path in _paths(mapping(mapping(entry.get("fieldsV1")).get("f:spec"))):
                owners[path] = owners.get(path, frozenset()) | {text(entry.get("manager"))}
    return owners


def _paths(fields: Mapping[str, Any], before: str = "") -> Iterator[str]:
    for name, inside in fields.items():
        if name.startswith("f:"):
            path = f"{before}.{name[2:]}" if before else name[2:]
            yield from _paths(mapping(inside), path) if inside else [path]
        elif name.startswith("k:"):
            # An entry of a list that is merged by a key, such as containers by name.
            yield from _paths(mapping(inside), f"{before}[{_entry(name[2:])}]")


def _entry(key: str) -> str:
    """Return what an entry is called: its name, where that is its key, else the key as it is written (JSON)."""
    found = json.loads(key)
    return text(found.get("name")) if isinstance(found, dict) and found.keys() == {"name"} else key
