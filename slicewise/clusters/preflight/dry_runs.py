"""What applying a service would come to: the API server itself says it in a dry run, admission webhooks included."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from slicewise.clusters.access import dry_apply
from slicewise.clusters.live import ExistingObjects, ObjectName
from slicewise.clusters.preflight.needs import resource_of
from slicewise.clusters.preflight.ownership import has_all
from slicewise.kubernetes import mapping, text
from slicewise.manifests import REVISION_ANNOTATION, KubernetesObject

if TYPE_CHECKING:
    from lightkube import AsyncClient

# Of one cluster at a time: a plan of many services is not a reason to flood a server.
_AT_ONCE: Final = 4
_MANAGER: Final = "slicewise"


async def try_applying(
    client: AsyncClient, there: ExistingObjects, services: Iterable[KubernetesObject]
) -> dict[ObjectName, Mapping[str, Any]]:
    """Return what those of `services` that are not in the cluster as they were applied would be if they were again.

    Nothing is changed. A service whose documents have changed since is not tried, nor is one of which the API server
    refuses the dry run, as for a webhook that does not support it.

    Raises:
        httpx2.HTTPError: the API server does not answer.
    """
    import httpx2  # noqa: PLC0415 - heavy, and only needed with a cluster

    at_once = asyncio.Semaphore(_AT_ONCE)

    async def attempt(name: ObjectName, item: KubernetesObject) -> tuple[ObjectName, Mapping[str, Any] | None]:
        place = f"/apis/{item['apiVersion']}/namespaces/{name.namespace}/{resource_of(name.kind)}/{name.name}"
        async with at_once:
            try:
                return name, await dry_apply(client, place, item, manager=_MANAGER)
            except httpx2.HTTPStatusError:
                return name, None

    named = [(_name(item), item) for item in services]
    differing = [(name, item) for name, item in named if name in there.objects and _differs(there, name, item)]
    found = await asyncio.gather(*(attempt(name, item) for name, item in differing))
    return {name: result for name, result in found if result is not None}


def _differs(there: ExistingObjects, name: ObjectName, item: KubernetesObject) -> bool:
    spec = mapping(there.objects[name].manifest.get("spec"))
    revision = text(mapping(spec.get("annotations")).get(REVISION_ANNOTATION))
    return revision == item["spec"]["annotations"][REVISION_ANNOTATION] and not has_all(spec, item["spec"])


def _name(item: KubernetesObject) -> ObjectName:
    return ObjectName(item["kind"], item["metadata"]["namespace"], item["metadata"]["name"])
