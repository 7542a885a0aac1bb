"""What a plan needs of one cluster before anything is declared there: kinds that are served, and rights."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from slicewise.inventory.standing import Place
from slicewise.manifests import KubernetesObject
from slicewise.manifests.vocabulary import SERVICE_KIND

# Pulumi's provider applies with patch (create, where the object is new), reads with get, and waits for a deletion with
# list and watch: without these two it asks again and again, and takes three minutes to notice that an object is gone.
DECLARING: Final = ("create", "delete", "get", "list", "patch", "watch")
LISTING: Final = ("list",)


class ApiKind(NamedTuple):
    """A kind of object, as `apiVersion` and `kind` name it."""

    api_version: str
    kind: str


class Right(NamedTuple):
    """What a user may do.

    Attributes:
        group: The API group; empty for the core's.
        resource: The kind, as the API calls it: `pods`.
        verb: What is done: `list`.
        namespace: Where; None for all namespaces, and for what is in none.
    """

    group: str
    resource: str
    verb: str
    namespace: str | None


class ServiceName(NamedTuple):
    """An LLMInferenceService in a cluster."""

    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class Needs:
    """What a plan needs of one cluster."""

    kinds: frozenset[ApiKind] = frozenset()
    rights: frozenset[Right] = frozenset()
    services: frozenset[ServiceName] = frozenset()
    """The services that are declared there."""
    places: frozenset[Place] = frozenset()
    """Where there may be something already."""
    namespaces: frozenset[str] = frozenset()
    """The namespaces that are to be made where they are missing."""


def needs_of(objects: Iterable[KubernetesObject]) -> Needs:
    """Return what declaring `objects` needs."""
    objects = list(objects)
    return Needs(
        kinds=frozenset(ApiKind(item["apiVersion"], item["kind"]) for item in objects),
        rights=frozenset(
            Right(group_of(item["apiVersion"]), resource_of(item["kind"]), verb, item["metadata"]["namespace"])
            for item in objects
            for verb in DECLARING
        ),
        services=frozenset(
            ServiceName(item["metadata"]["namespace"], item["metadata"]["name"])
            for item in objects
            if item["kind"] == SERVICE_KIND
        ),
    )


def group_of(api_version: str) -> str:
    """Return the API group of an `apiVersion`; empty for the core's."""
    return api_version.rpartition("/")[0]


def resource_of(kind: str) -> str:
    """Return what the API calls objects of `kind`: all kinds here have the regular plural."""
    return f"{kind.lower()}s"
