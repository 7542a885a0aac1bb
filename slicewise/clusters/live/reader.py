"""Reading a live cluster: its nodes, the pods that hold GPUs, and what it lets this user see besides."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, TypeVar

from slicewise.clusters.access import NotKubernetesError
from slicewise.clusters.live.autoscaler import parse_status
from slicewise.clusters.live.claimed_devices import ClaimedUnits, claimed_units
from slicewise.clusters.live.dra_reader import read_dynamic_resources, read_kubernetes_version
from slicewise.clusters.live.existing_objects import OLDEST_NAMESPACE, ObjectName
from slicewise.clusters.live.facts import GpuPod, LiveCluster, LiveNode, NodeGroupBounds, Readable
from slicewise.clusters.live.gateways import live_gateway
from slicewise.clusters.live.gpu_pods import ENDED, daemon_node, gpu_pods
from slicewise.clusters.live.named_objects import read_named_objects
from slicewise.clusters.live.namespace_rules import namespace_rules, priority
from slicewise.clusters.live.nodes import live_node
from slicewise.clusters.live.resource_slices import with_dra
from slicewise.clusters.live.routes import live_route
from slicewise.clusters.live.served_kinds import PLANS_NEED, ApiKind, find_unserved
from slicewise.clusters.live.services import LiveService, live_service
from slicewise.kubernetes import mapping, text
from slicewise.manifests import (
    KSERVE_API_VERSION,
    ROUTE_API_VERSION,
    ROUTE_KIND,
    SERVICE_KIND,
)

if TYPE_CHECKING:
    from lightkube import AsyncClient

# What kubectl asks for at once.
_PAGE: Final = 500

_T = TypeVar("_T")


async def read_cluster(client: AsyncClient, named: Collection[ObjectName] = ()) -> LiveCluster:
    """Read what Slicewise wants to know of the cluster of `client`, and the objects called `named`; nothing is changed.

    Only nodes must be readable. What else this user may not read is named in `unread` of the result.

    Raises:
        httpx2.HTTPError: the API server refuses to list nodes (lightkube.ApiError), fails, or does not answer.
        NotKubernetesError: what answers is something else.
    """
    from lightkube.resources.core_v1 import LimitRange, Namespace, ResourceQuota  # noqa: PLC0415
    from lightkube.resources.scheduling_v1 import PriorityClass  # noqa: PLC0415

    unread: list[Readable] = []

    async def allowed(kind: Readable, reading: Awaitable[_T], otherwise: _T) -> _T:
        import httpx2  # noqa: PLC0415 - heavy, and only needed with a cluster

        try:
            return await reading
        except httpx2.HTTPStatusError as error:
            if error.response.status_code != HTTPStatus.FORBIDDEN:
                raise
            unread.append(kind)
            return otherwise

    nodes = await _nodes(client)
    version = await read_kubernetes_version(client)
    dynamic = await read_dynamic_resources(client, version, allowed, _listed, _PAGE)
    nodes = with_dra(nodes, dynamic.pools)
    claimed = claimed_units(dynamic.claims, dynamic.pools, dynamic.classes)
    pods, daemons = await allowed(Readable.PODS, _pods(client, claimed), ((), Counter[str]()))
    nodes = tuple(replace(node, daemons=daemons[node.name]) for node in nodes)
    bounds = await allowed(Readable.CONFIG_MAPS, _bounds(client), ())
    services = await allowed(Readable.SERVICES, _services(client), None)
    namespaces = await allowed(Readable.NAMESPACES, _listed(client.list(Namespace, chunk_size=_PAGE)), [])
    everywhere: dict[str, Any] = {"namespace": "*", "chunk_size": _PAGE}
    limits = await allowed(Readable.LIMIT_RANGES, _listed(client.list(LimitRange, **everywhere)), [])
    quotas = await allowed(Readable.RESOURCE_QUOTAS, _listed(client.list(ResourceQuota, **everywhere)), [])
    priorities = await allowed(Readable.PRIORITY_CLASSES, _listed(client.list(PriorityClass, chunk_size=_PAGE)), [])
    gateways = await _of_gateway_api(client, "Gateway", "gateways", live_gateway)
    routes = await _of_gateway_api(client, ROUTE_KIND, "httproutes", live_route)
    return LiveCluster(
        nodes,
        pods,
        bounds,
        services is not None,
        frozenset(text(mapping(each.get("metadata")).get("name")) for each in namespaces),
        tuple(unread),
        {each.key: each for each in services or ()},
        namespace_rules(namespaces, limits, quotas),
        tuple(sorted(map(priority, priorities), key=lambda each: each.name)),
        _identity(namespaces),
        unserved=await _unserved(client),
        gateways=None if gateways is None else {(each.namespace, each.name): each for each in gateways},
        routes=None if routes is None else {each.service: each for each in routes if each.service},
        named=await read_named_objects(client, named),
        version=version,
        published=dynamic.pools,
        device_classes=dynamic.classes,
    )


async def _unserved(client: AsyncClient) -> dict[ApiKind, tuple[str, ...]]:
    """Return the kinds that are not served, as far as that is known.

    Where there is no list of what is served, or it may not be asked for, nothing is missed: a gateway may pass on only
    what it knows.
    """
    import httpx2  # noqa: PLC0415

    try:
        return dict(await find_unserved(client, PLANS_NEED))
    except NotKubernetesError:
        return {}
    except httpx2.HTTPStatusError as error:
        if error.response.status_code not in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND):
            raise
        return {}


def _identity(namespaces: Iterable[Mapping[str, Any]]) -> str | None:
    described = [mapping(each.get("metadata")) for each in namespaces]
    return next((text(each.get("uid")) for each in described if each.get("name") == OLDEST_NAMESPACE), "") or None


async def _nodes(client: AsyncClient) -> tuple[LiveNode, ...]:
    from lightkube.resources.core_v1 import Node  # noqa: PLC0415

    nodes = [live_node(node) async for node in _plain(client.list(Node, chunk_size=_PAGE))]
    return tuple(sorted(nodes, key=lambda node: node.name))


async def _pods(client: AsyncClient, claimed: ClaimedUnits) -> tuple[tuple[GpuPod, ...], Counter[str]]:
    """Return the pods that hold or wait for GPUs, and how many pods of daemons each node has."""
    from lightkube.operators import not_in  # noqa: PLC0415
    from lightkube.resources.core_v1 import Pod  # noqa: PLC0415

    # Pods that have ended are left out: in clusters with many jobs they are most of the list.
    running = client.list(Pod, namespace="*", chunk_size=_PAGE, fields={"status.phase": not_in(ENDED)})
    found: list[GpuPod] = []
    daemons = Counter[str]()
    async for pod in _plain(running):
        found += gpu_pods([pod], claimed)
        if node := daemon_node(pod):
            daemons[node] += 1
    return tuple(sorted(found, key=lambda pod: (pod.namespace, pod.name))), daemons


async def _bounds(client: AsyncClient) -> tuple[NodeGroupBounds, ...]:
    import httpx2  # noqa: PLC0415
    from lightkube.resources.core_v1 import ConfigMap  # noqa: PLC0415

    try:
        status = await client.get(ConfigMap, "cluster-autoscaler-status", namespace="kube-system")
    except httpx2.HTTPStatusError as error:
        if error.response.status_code != HTTPStatus.NOT_FOUND:
            raise
        return ()
    return parse_status((status.data or {}).get("status", ""))


async def _services(client: AsyncClient) -> tuple[LiveService, ...] | None:
    """Return the services by namespace and name; None where the API server does not know their kind."""
    import httpx2  # noqa: PLC0415
    from lightkube.generic_resource import create_namespaced_resource  # noqa: PLC0415

    group, version = KSERVE_API_VERSION.split("/")
    kind = create_namespaced_resource(group, version, SERVICE_KIND, Readable.SERVICES.value)
    try:
        found = [live_service(each) async for each in _plain(client.list(kind, namespace="*", chunk_size=_PAGE))]
    except httpx2.HTTPStatusError as error:
        if error.response.status_code != HTTPStatus.NOT_FOUND:
            raise
        return None
    return tuple(sorted(found, key=lambda each: each.key))


async def _of_gateway_api(
    client: AsyncClient, kind: str, plural: str, reading: Callable[[Mapping[str, Any]], _T]
) -> list[_T] | None:
    """Return the objects of a kind of Gateway API: none where it is not served, None where it may not be read."""
    import httpx2  # noqa: PLC0415
    from lightkube.generic_resource import create_namespaced_resource  # noqa: PLC0415

    group, version = ROUTE_API_VERSION.split("/")
    resource = create_namespaced_resource(group, version, kind, plural)
    try:
        return [reading(each) for each in await _listed(client.list(resource, namespace="*", chunk_size=_PAGE))]
    except httpx2.HTTPStatusError as error:
        if error.response.status_code != HTTPStatus.FORBIDDEN:
            raise
        return None


async def _listed(objects: AsyncIterable[Any]) -> list[dict[str, Any]]:
    """Return all objects of a kind as the API server writes them; none where it does not know the kind."""
    import httpx2  # noqa: PLC0415

    try:
        return [each async for each in _plain(objects)]
    except httpx2.HTTPStatusError as error:
        if error.response.status_code != HTTPStatus.NOT_FOUND:
            raise
        return []


async def _plain(objects: AsyncIterable[Any]) -> AsyncIterator[dict[str, Any]]:
    async for each in objects:
        yield each.to_dict()
