"""Reading what there is of dynamic resource allocation in a cluster: devices, their classes, who has claimed them."""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from slicewise.clusters.access import NotKubernetesError, get_object
from slicewise.clusters.live.device_classes import LiveDeviceClass, live_device_class
from slicewise.clusters.live.driver_gpus import DRIVER
from slicewise.clusters.live.facts import Readable
from slicewise.clusters.live.published_slices import (
    RESOURCE_GROUP,
    RESOURCE_VERSIONS,
    PublishedPool,
    published_pools,
)
from slicewise.documents import is_before_release
from slicewise.kubernetes import items, mapping, text

if TYPE_CHECKING:
    from lightkube import AsyncClient

Objects = list[dict[str, Any]]
Allowed = Callable[[Readable, Awaitable[Objects], Objects], Awaitable[Objects]]
"""Reads a kind, or gives another value where this user may not read it."""
Listed = Callable[[AsyncIterable[Any]], Awaitable[Objects]]

# Up to 1.34 the scheduler gives out what is there of a node's devices, while others are still to be published.
_NEEDS_ALL_SLICES: Final = "1.35"
_KINDS: Final = {
    Readable.RESOURCE_SLICES: "ResourceSlice",
    Readable.DEVICE_CLASSES: "DeviceClass",
    Readable.TAINT_RULES: "DeviceTaintRule",
}


@dataclass(frozen=True, slots=True)
class DynamicResources:
    """What was read.

    Attributes:
        pools: The devices of all drivers.
        classes: The DeviceClasses; none where NVIDIA's driver publishes nothing.
        claims: The ResourceClaims, as the API server writes them; none in the same case.
    """

    pools: tuple[PublishedPool, ...] = ()
    classes: tuple[LiveDeviceClass, ...] = ()
    claims: tuple[Mapping[str, Any], ...] = ()


async def read_dynamic_resources(
    client: AsyncClient, release: str | None, allowed: Allowed, listed: Listed, page: int
) -> DynamicResources:
    """Read them; in a cluster without NVIDIA's DRA driver that is one list, or nothing.

    Args:
        client: The client.
        release: The version of the cluster's Kubernetes; None where it is not known.
        allowed: What reads a kind that this user may not be allowed to read.
        listed: What reads all objects of a kind; none where the server does not know it.
        page: How many objects are asked for at once.

    Raises:
        httpx2.HTTPError: the API server fails, or does not answer.
    """
    from lightkube.generic_resource import create_global_resource, create_namespaced_resource  # noqa: PLC0415

    version = await _served_version(client)
    if version is None:
        return DynamicResources()

    async def everywhere(kind: Readable) -> Objects:
        resource = create_global_resource(RESOURCE_GROUP, version, _KINDS[kind], kind.value)
        return await allowed(kind, listed(client.list(resource, chunk_size=page)), [])

    needs_all = release is None or not is_before_release(release, _NEEDS_ALL_SLICES)
    slices = await everywhere(Readable.RESOURCE_SLICES)
    if not any(mapping(each.get("spec")).get("driver") == DRIVER for each in slices):
        return DynamicResources(tuple(published_pools(slices, needs_all=needs_all)))
    rules = await everywhere(Readable.TAINT_RULES)
    classes = await everywhere(Readable.DEVICE_CLASSES)
    claim = create_namespaced_resource(RESOURCE_GROUP, version, "ResourceClaim", Readable.RESOURCE_CLAIMS.value)
    claims = await allowed(Readable.RESOURCE_CLAIMS, listed(client.list(claim, namespace="*", chunk_size=page)), [])
    return DynamicResources(
        tuple(published_pools(slices, rules, needs_all=needs_all)),
        tuple(sorted(map(live_device_class, classes), key=lambda each: each.name)),
        tuple(claims),
    )


async def _served_version(client: AsyncClient) -> str | None:
    """Return the newest version of the group that the server serves and that is read here."""
    import httpx2  # noqa: PLC0415

    try:
        group = await get_object(client, f"/apis/{RESOURCE_GROUP}")
    except NotKubernetesError:
        return None
    except httpx2.HTTPStatusError as error:
        if error.response.status_code not in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND):
            raise
        return None
    served = {text(each.get("version")) for each in items(group.get("versions"))}
    return next((version for version in RESOURCE_VERSIONS if version in served), None)


async def read_kubernetes_version(client: AsyncClient) -> str | None:
    """Return the version of the cluster's Kubernetes without the v; None where it does not say it.

    Raises:
        httpx2.HTTPError: the API server fails, or does not answer.
    """
    import httpx2  # noqa: PLC0415

    try:
        answer = await get_object(client, "/version")
    except NotKubernetesError:
        return None
    except httpx2.HTTPStatusError as error:
        if error.response.status_code not in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND):
            raise
        return None
    return text(answer.get("gitVersion")).removeprefix("v") or None
