"""Which kinds an API server serves: discovery, which every user whose credential is accepted may ask.

Source: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#discovery-roles (system:discovery)
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from slicewise.clusters.access import NotKubernetesError, get_object
from slicewise.kubernetes import items, text
from slicewise.manifests import (
    INFERENCE_POOL_API_VERSION,
    INFERENCE_POOL_KIND,
    KEDA_API_VERSION,
    KSERVE_API_VERSION,
    LEADER_WORKER_SET_API_VERSION,
    LEADER_WORKER_SET_KIND,
    ROUTE_API_VERSION,
    ROUTE_KIND,
    SCALED_OBJECT_KIND,
    SERVICE_KIND,
)

if TYPE_CHECKING:
    from lightkube import AsyncClient


class ApiKind(NamedTuple):
    """A kind of object, as `apiVersion` and `kind` name it."""

    api_version: str
    kind: str


SERVICES: Final = ApiKind(KSERVE_API_VERSION, SERVICE_KIND)
NODE_GROUPS: Final = ApiKind(LEADER_WORKER_SET_API_VERSION, LEADER_WORKER_SET_KIND)
SCALED_OBJECTS: Final = ApiKind(KEDA_API_VERSION, SCALED_OBJECT_KIND)
ROUTES: Final = ApiKind(ROUTE_API_VERSION, ROUTE_KIND)
INFERENCE_POOLS: Final = ApiKind(INFERENCE_POOL_API_VERSION, INFERENCE_POOL_KIND)
PLANS_NEED: Final = (SERVICES, NODE_GROUPS, SCALED_OBJECTS, ROUTES, INFERENCE_POOLS)
"""What a plan may need beside the kinds that every cluster serves."""


async def find_unserved(client: AsyncClient, kinds: Iterable[ApiKind]) -> tuple[tuple[ApiKind, tuple[str, ...]], ...]:
    """Return those of `kinds` that are not served, each with the versions of its group that are, sorted.

    Raises:
        httpx2.HTTPError: the API server refuses, fails, or does not answer.
        NotKubernetesError: what answers is something else.
    """
    versions = await api_versions(client)
    wanted = sorted(kind for kind in kinds if group_of(kind.api_version))
    served = sorted({kind.api_version for kind in wanted} & {each for group in versions.values() for each in group})
    found = dict(zip(served, await asyncio.gather(*(_kinds(client, each) for each in served)), strict=True))
    return tuple(
        (kind, versions.get(group_of(kind.api_version), ()))
        for kind in wanted
        if kind.kind not in found.get(kind.api_version, frozenset())
    )


async def api_versions(client: AsyncClient) -> dict[str, tuple[str, ...]]:
    """Return the `apiVersion`s of every group; this is what only a Kubernetes API server answers.

    Raises:
        httpx2.HTTPError: the API server refuses, fails, or does not answer.
        NotKubernetesError: what answers is something else.
    """
    import httpx2  # noqa: PLC0415 - heavy, and only needed with a cluster

    try:
        groups = await get_object(client, "/apis")
    except httpx2.HTTPStatusError as error:
        if error.response.status_code == httpx2.codes.NOT_FOUND:
            raise NotKubernetesError from error
        raise
    if groups.get("kind") != "APIGroupList":
        raise NotKubernetesError
    return {
        text(group.get("name")): tuple(text(each.get("groupVersion")) for each in items(group.get("versions")))
        for group in items(groups.get("groups"))
    }


async def _kinds(client: AsyncClient, api_version: str) -> frozenset[str]:
    found: Any = await get_object(client, f"/apis/{api_version}")
    return frozenset(text(each.get("kind")) for each in items(found.get("resources")))


def group_of(api_version: str) -> str:
    """Return the API group of an `apiVersion`; empty for the core's."""
    return api_version.rpartition("/")[0]
