"""Requests of paths that are no objects, such as discovery, with a client's own connection and credential."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from slicewise.access.refusing import NotKubernetesError

if TYPE_CHECKING:
    from lightkube import AsyncClient


async def get_object(client: AsyncClient, path: str) -> Mapping[str, Any]:
    """Return the JSON object at `path` of the API server of `client`.

    Raises:
        httpx2.HTTPError: the server refuses (lightkube.ApiError where it says why), fails, or does not answer.
        NotKubernetesError: it answers with something else.
    """
    generic: Any = client._client  # noqa: SLF001 - lightkube has no such request
    response = await generic.send(generic._client.build_request("GET", path))  # noqa: SLF001 - the same
    generic.raise_for_status(response)
    try:
        found = response.json()
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise NotKubernetesError
    return found
