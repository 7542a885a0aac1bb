"""Objects that a plan's pods name, read one by one: whether each is there, and which keys it has."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from slicewise.clusters.access import get_metadata, get_object
from slicewise.clusters.live.existing_objects import ObjectName
from slicewise.clusters.live.image_settings import KSERVE_SETTINGS, ImageSettings, image_settings
from slicewise.kubernetes import items, mapping, text
from slicewise.manifests import CONFIG_KIND, KSERVE_API_VERSION

if TYPE_CHECKING:
    from lightkube import AsyncClient

# Kind -> where it is; {} is the namespace of those that have one.
_PATHS: Final = {
    "ServiceAccount": "/api/v1/namespaces/{}/serviceaccounts",
    "Secret": "/api/v1/namespaces/{}/secrets",
    "ConfigMap": "/api/v1/namespaces/{}/configmaps",
    "PersistentVolumeClaim": "/api/v1/namespaces/{}/persistentvolumeclaims",
    "PriorityClass": "/apis/scheduling.k8s.io/v1/priorityclasses",
    "RuntimeClass": "/apis/node.k8s.io/v1/runtimeclasses",
}
_CONFIGS: Final = f"/apis/{KSERVE_API_VERSION}/llminferenceserviceconfigs"
# KServe looks in the namespace of its controller, too, where its own configs are (v0.20, config/llmisvcconfig).
_PRESET: Final = "kserve-config-llm-template"
_DATA: Final = ("f:data", "f:stringData")
_WITH_CONTENT: Final = ("ConfigMap", "PersistentVolumeClaim")
_AT_ONCE: Final = 4


@dataclass(frozen=True, slots=True)
class LiveClaim:
    """A PersistentVolumeClaim.

    Attributes:
        phase: Pending, Bound or Lost.
        modes: The access modes of its volume, or else those that it asks for.
    """

    phase: str
    modes: frozenset[str]


@dataclass(frozen=True, slots=True)
class LiveNamed:
    """What was found where an object is looked for by its name.

    Attributes:
        there: Whether it is there.
        keys: The names of the keys of a ConfigMap or Secret; None where they are not known. Those of a Secret are from
            the API server's record of who set which field: the values are not read.
        claim: What a PersistentVolumeClaim is; None for everything else.
        images: What KServe's settings say of weights in images; None where they are not there or are not JSON, and
            for everything else.
        config: The spec of an LLMInferenceServiceConfig; None where it is not there, and for everything else.
    """

    there: bool
    keys: frozenset[str] | None = None
    claim: LiveClaim | None = None
    images: ImageSettings | None = None
    config: Mapping[str, Any] | None = None


NamedObjects = Mapping[ObjectName, LiveNamed]
"""What was looked for by name; an object that this user may not read is left out."""


async def read_named_objects(client: AsyncClient, names: Collection[ObjectName]) -> NamedObjects:
    """Read the objects called `names`, without what Secrets hold.

    Raises:
        httpx2.HTTPError: the API server fails, or does not answer.
        NotKubernetesError: what answers is something else.
    """
    at_once = asyncio.Semaphore(_AT_ONCE)

    async def read(name: ObjectName) -> Mapping[str, Any] | None:
        async with at_once:
            getting = get_object if name.kind in _WITH_CONTENT else get_metadata
            return await _answer(getting(client, f"{_PATHS[name.kind].format(name.namespace)}/{name.name}"))

    alone = sorted(name for name in names if name.kind != CONFIG_KIND)
    answers = zip(alone, await asyncio.gather(*map(read, alone)), strict=True)
    found = {
        name: LiveNamed(
            bool(answer),
            _keys(name, answer),
            _claim(name, answer),
            image_settings(answer) if name == KSERVE_SETTINGS else None,
        )
        for name, answer in answers
        if answer is not None
    }
    configs = [name for name in names if name.kind == CONFIG_KIND]
    answer = await _answer(get_object(client, _CONFIGS)) if configs else None
    if answer is not None:
        found |= _configs(configs, items(answer.get("items")))
    return found


async def _answer(asking: Awaitable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return what is answered, empty where nothing is there; None where this user may not look."""
    import httpx2  # noqa: PLC0415 - heavy, and only needed with a cluster

    try:
        return await asking
    except httpx2.HTTPStatusError as error:
        if error.response.status_code == httpx2.codes.NOT_FOUND:
            return {}
        if error.response.status_code == httpx2.codes.FORBIDDEN:
            return None
        raise


def _claim(name: ObjectName, found: Mapping[str, Any]) -> LiveClaim | None:
    if name.kind != "PersistentVolumeClaim" or not found:
        return None
    status = mapping(found.get("status"))
    modes = status.get("accessModes") or mapping(found.get("spec")).get("accessModes") or []
    return LiveClaim(text(status.get("phase")), frozenset(map(str, modes)))


def _keys(name: ObjectName, found: Mapping[str, Any]) -> frozenset[str] | None:
    if name.kind == "ConfigMap":
        return frozenset({*mapping(found.get("data")), *mapping(found.get("binaryData"))})
    fields = [mapping(each.get("fieldsV1")) for each in items(mapping(found.get("metadata")).get("managedFields"))]
    written = {key for each in fields for part in _DATA for key in mapping(each.get(part))}
    # Without a record, which anybody may clear, nothing is known.
    return frozenset(key[2:] for key in written if key.startswith("f:")) or None


def _configs(names: Collection[ObjectName], listed: Collection[Mapping[str, Any]]) -> dict[ObjectName, LiveNamed]:
    """Return which configs KServe finds: in the service's namespace, or else in that of its controller."""
    there = {_place(each): mapping(each.get("spec")) for each in listed}
    common = {namespace for namespace, name in there if name.endswith(_PRESET)} or {namespace for namespace, _ in there}
    return {each: _config(each, sorted(common), there) for each in names}


def _place(config: Mapping[str, Any]) -> tuple[str, str]:
    metadata = mapping(config.get("metadata"))
    return text(metadata.get("namespace")), text(metadata.get("name"))


def _config(wanted: ObjectName, common: Iterable[str], there: Mapping[tuple[str, str], Mapping[str, Any]]) -> LiveNamed:
    found = (there.get((namespace, wanted.name)) for namespace in (wanted.namespace, *common))
    config = next((each for each in found if each is not None), None)
    return LiveNamed(config is not None, config=config)
