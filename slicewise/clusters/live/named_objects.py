"""Objects that a plan's pods name, read one by one: whether each is there, and which keys it has."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Final

from slicewise.clusters.access import get_object
from slicewise.clusters.live.existing_objects import ObjectName
from slicewise.kubernetes import items, mapping, text
from slicewise.manifests import CONFIG_KIND, KSERVE_API_VERSION

if TYPE_CHECKING:
    from lightkube import AsyncClient

# Kind -> where it is; {} is the namespace of those that have one.
_PATHS: Final = {
    "ServiceAccount": "/api/v1/namespaces/{}/serviceaccounts",
    "Secret": "/api/v1/namespaces/{}/secrets",
    "ConfigMap": "/api/v1/namespaces/{}/configmaps",
    "PriorityClass": "/apis/scheduling.k8s.io/v1/priorityclasses",
    "RuntimeClass": "/apis/node.k8s.io/v1/runtimeclasses",
}
_CONFIGS: Final = f"/apis/{KSERVE_API_VERSION}/llminferenceserviceconfigs"
# KServe looks in the namespace of its controller, too, where its own configs are (v0.20, config/llmisvcconfig).
_PRESET: Final = "kserve-config-llm-template"
_AT_ONCE: Final = 4

NamedObjects = Mapping[ObjectName, frozenset[str] | None]
"""The names of the keys of each object (of Secrets and ConfigMaps; others have none), None where it is not there; an
object that this user may not read is left out."""


async def read_named_objects(client: AsyncClient, names: Collection[ObjectName]) -> NamedObjects:
    """Read the objects called `names`; of a Secret or ConfigMap nothing but the names of its keys is kept.

    Raises:
        httpx2.HTTPError: the API server fails, or does not answer.
        NotKubernetesError: what answers is something else.
    """
    at_once = asyncio.Semaphore(_AT_ONCE)

    async def read(name: ObjectName) -> Mapping[str, Any] | None:
        async with at_once:
            return await _answer(client, f"{_PATHS[name.kind].format(name.namespace)}/{name.name}")

    alone = sorted(name for name in names if name.kind != CONFIG_KIND)
    answers = zip(alone, await asyncio.gather(*map(read, alone)), strict=True)
    found: dict[ObjectName, frozenset[str] | None] = {
        name: _keys(answer) for name, answer in answers if answer is not None
    }
    configs = [name for name in names if name.kind == CONFIG_KIND]
    answer = await _answer(client, _CONFIGS) if configs else None
    if answer is not None:
        found |= _configs(configs, items(answer.get("items")))
    return found


async def _answer(client: AsyncClient, path: str) -> Mapping[str, Any] | None:
    """Return what is at `path`, empty where nothing is; None where this user may not look."""
    import httpx2  # noqa: PLC0415 - heavy, and only needed with a cluster

    try:
        return await get_object(client, path)
    except httpx2.HTTPStatusError as error:
        if error.response.status_code == httpx2.codes.NOT_FOUND:
            return {}
        if error.response.status_code == httpx2.codes.FORBIDDEN:
            return None
        raise


def _keys(found: Mapping[str, Any]) -> frozenset[str] | None:
    return frozenset({*mapping(found.get("data")), *mapping(found.get("binaryData"))}) if found else None


def _configs(names: Collection[ObjectName], listed: Collection[Mapping[str, Any]]) -> NamedObjects:
    """Return which configs KServe finds: in the service's namespace, or else in that of its controller."""
    described = [mapping(each.get("metadata")) for each in listed]
    there = {(text(each.get("namespace")), text(each.get("name"))) for each in described}
    common = {namespace for namespace, name in there if name.endswith(_PRESET)} or {namespace for namespace, _ in there}
    return {
        each: frozenset() if any((namespace, each.name) in there for namespace in {each.namespace, *common}) else None
        for each in names
    }
