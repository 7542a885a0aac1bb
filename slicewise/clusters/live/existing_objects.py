"""What exists in a cluster already where a plan wants to put something: read once, before anything is declared."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlencode

from slicewise.clusters.access import get_object
from slicewise.clusters.live.rights import Right
from slicewise.clusters.live.served_kinds import group_of
from slicewise.clusters.live.services import generation
from slicewise.kubernetes import items, mapping, text
from slicewise.manifests import ENVIRONMENT_ANNOTATION, STACK_ANNOTATION

if TYPE_CHECKING:
    from lightkube import AsyncClient

NAMESPACE_KIND: Final = "Namespace"
# Every cluster has this namespace from beginning to end, and it cannot be deleted: its uid is the cluster's identity.
OLDEST_NAMESPACE: Final = "kube-system"
# What Pulumi takes for names. Everybody may write annotations, and messages have this one in commands to be copied.
_STACK: Final = re.compile(r"(?!-)[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+){2}")
# What Kubernetes gives every object (apimachinery, pkg/util/uuid). Commands to be copied have it, too.
_UID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_UNREADABLE: Final = "unreadable"
# What kubectl asks for at once.
_PAGE: Final = 500
# Of one cluster at a time: a plan of many namespaces is not a reason to flood a server.
_AT_ONCE: Final = 4


class ObjectName(NamedTuple):
    """An object by what tells it from all others of its cluster; `namespace` is empty where it is in none."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


class KindInNamespace(NamedTuple):
    """Where objects of a kind are looked for: `api_version` as in manifests, `resource` as the API calls the kind.

    `namespace` is empty for kinds that are in none.
    """

    api_version: str
    kind: str
    resource: str
    namespace: str

    @property
    def right(self) -> Right:
        """What looking for them needs: a namespace is looked for by its name, and everything else is listed."""
        if self.kind == NAMESPACE_KIND:
            return Right("", self.resource, "get", None)
        return Right(group_of(self.api_version), self.resource, "list", self.namespace or None)


@dataclass(frozen=True, slots=True)
class LiveObject:
    """An object that is there.

    Attributes:
        stack: The stack that says it is its own: organization/project/stack; empty where none does.
        environment: The environment that it says it is in; empty where it says none.
        manifest: All of it, as the API server gives it.
    """

    stack: str
    environment: str
    manifest: Mapping[str, Any]

    @property
    def uid(self) -> str:
        """What tells it from an object that is made under the same name later."""
        return text(mapping(self.manifest.get("metadata")).get("uid"))

    @property
    def generation(self) -> int:
        """How often its spec has been another one: the API server counts, and only where something has changed."""
        return generation(self.manifest)


@dataclass(frozen=True, slots=True)
class ExistingObjects:
    """What there is.

    Attributes:
        uid: The cluster's identity: the uid of its namespace kube-system; None where this user may not read it, or it
            is not a uid.
        objects: What there is of what was looked for.
        unread: Where this user may not look.
        tried: What services that are not as they were applied would be if they were applied again, as far as the API
            server says so.
    """

    uid: str | None = None
    objects: Mapping[ObjectName, LiveObject] = field(default_factory=dict)
    unread: frozenset[KindInNamespace] = frozenset()
    tried: Mapping[ObjectName, Mapping[str, Any]] = field(default_factory=dict)

    def may_lack(self, name: ObjectName) -> bool:
        """Return whether the object is not there, as far as this user may look."""
        hidden = {(place.kind, place.namespace) for place in self.unread}
        where = name.name if name.kind == NAMESPACE_KIND else name.namespace
        return name not in self.objects and (name.kind, where) not in hidden


async def read_existing_objects(
    client: AsyncClient, places: Collection[KindInNamespace], namespaces: Collection[str]
) -> ExistingObjects:
    """Read the objects in `places`, those of `namespaces` that exist, and the cluster's identity.

    A kind that is not served has no objects, and no more has a namespace that is not there.

    Raises:
        httpx2.HTTPError: the API server fails, or does not answer.
        NotKubernetesError: what answers is something else.
    """
    at_once = asyncio.Semaphore(_AT_ONCE)

    async def read(place: KindInNamespace) -> list[Mapping[str, Any]] | None:
        async with at_once:
            return await _read(client, place)

    spaces = [
        KindInNamespace("v1", NAMESPACE_KIND, "namespaces", name) for name in sorted({*namespaces, OLDEST_NAMESPACE})
    ]
    wanted = [*sorted(places), *spaces]
    found = dict(zip(wanted, await asyncio.gather(*map(read, wanted)), strict=True))
    objects = {_name(place.kind, each): _live(each) for place, listed in found.items() for each in listed or () if each}
    oldest = objects.pop(ObjectName(NAMESPACE_KIND, "", OLDEST_NAMESPACE), None)
    uid = text(mapping(oldest.manifest.get("metadata")).get("uid")) if oldest else ""
    unread = frozenset(place for place, listed in found.items() if listed is None)
    return ExistingObjects(uid if _UID.fullmatch(uid) else None, objects, unread)


async def _read(client: AsyncClient, place: KindInNamespace) -> list[Mapping[str, Any]] | None:
    """Return what there is in one place; None where this user may not look."""
    import httpx2  # noqa: PLC0415 - heavy, and only needed with a cluster

    try:
        if place.kind == NAMESPACE_KIND:
            return [await get_object(client, f"/api/v1/namespaces/{place.namespace}")]
        inside = f"namespaces/{place.namespace}/" if place.namespace else ""
        path = f"/apis/{place.api_version}/{inside}{place.resource}"
        return [each async for each in _listed(client, path)]
    except httpx2.HTTPStatusError as error:
        if error.response.status_code == httpx2.codes.NOT_FOUND:
            return []
        if error.response.status_code == httpx2.codes.FORBIDDEN:
            return None
        raise


async def _listed(client: AsyncClient, path: str) -> AsyncIterator[Mapping[str, Any]]:
    further: str | None = ""
    while further is not None:
        query = urlencode({"limit": _PAGE} | ({"continue": further} if further else {}))
        page = await get_object(client, f"{path}?{query}")
        for each in items(page.get("items")):
            yield each
        further = text(mapping(page.get("metadata")).get("continue")) or None


def _name(kind: str, found: Mapping[str, Any]) -> ObjectName:
    metadata = mapping(found.get("metadata"))
    return ObjectName(kind, text(metadata.get("namespace")), text(metadata.get("name")))


def _live(found: Mapping[str, Any]) -> LiveObject:
    annotations = mapping(mapping(found.get("metadata")).get("annotations"))
    stack = text(annotations.get(STACK_ANNOTATION))
    return LiveObject(
        stack if not stack or _STACK.fullmatch(stack) else _UNREADABLE,
        text(annotations.get(ENVIRONMENT_ANNOTATION)),
        found,
    )
