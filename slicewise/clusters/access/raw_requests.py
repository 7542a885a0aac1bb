"""Requests of paths that are not objects, such as discovery, with a client's own connection and credential."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from slicewise.clusters.access.refusals import NotKubernetesError

if TYPE_CHECKING:
    from lightkube import AsyncClient


# https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches
_METADATA_ALONE: Final = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"


async def get_object(client: AsyncClient, path: str) -> Mapping[str, Any]:
    """Return the JSON object at `path` of the API server of `client`.

    Raises:
        httpx2.HTTPError: the server refuses (lightkube.ApiError where it says why), fails, or does not answer.
        NotKubernetesError: it answers with something else.
    """
    return await _send(client, "GET", path)


async def get_metadata(client: AsyncClient, path: str) -> Mapping[str, Any]:
    """Return the object at `path` with its metadata alone: the API server leaves out what a Secret holds.

    Raises:
        httpx2.HTTPError: as `get_object`.
        NotKubernetesError: the same.
    """
    return await _send(client, "GET", path, headers={"Accept": _METADATA_ALONE})


async def post_object(client: AsyncClient, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Post the JSON object `body` to `path`, and return the JSON object that is answered.

    Raises:
        httpx2.HTTPError: as `get_object`.
        NotKubernetesError: the same.
    """
    return await _send(client, "POST", path, json=body)


async def dry_apply(client: AsyncClient, path: str, item: Mapping[str, Any], *, manager: str) -> Mapping[str, Any]:
    """Return what the object at `path` would be if `item` were applied to it, over whoever owns its fields: a dry run.

    Raises:
        httpx2.HTTPError: as `get_object`.
        NotKubernetesError: the same.
    """
    query = urlencode({"fieldManager": manager, "force": "true", "dryRun": "All"})
    # JSON is YAML, too.
    content = {"content": json.dumps(item), "headers": {"Content-Type": "application/apply-patch+yaml"}}
    return await _send(client, "PATCH", f"{path}?{query}", **content)


async def _send(client: AsyncClient, method: str, path: str, **content: Any) -> Mapping[str, Any]:  # noqa: ANN401 - JSON
    generic: Any = client._client  # noqa: SLF001 - lightkube has no such request
    response = await generic.send(generic._client.build_request(method, path, **content))  # noqa: SLF001 - the same
    generic.raise_for_status(response)
    try:
        found = response.json()
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise NotKubernetesError
    return found
