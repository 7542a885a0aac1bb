"""Custom resource definitions, applied so that objects can be created right afterwards."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import httpx2
from lightkube.generic_resource import create_global_resource, create_namespaced_resource
from lightkube.resources.apiextensions_v1 import CustomResourceDefinition
from lightkube.types import PatchType

from embedded.deadlines import wait_until
from embedded.manifest_files import read_documents

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

    from lightkube import Client
    from lightkube.generic_resource import GenericGlobalResource, GenericNamespacedResource

    Kind = type[GenericGlobalResource | GenericNamespacedResource]

_SERVED_SECONDS = 300


def install_definitions(
    client: Client, files: Iterable[Path], kinds: Iterable[Kind], *, only: Collection[str] | None = None
) -> None:
    """Apply the definitions in `files`, or those with a name in `only`, and wait until `kinds` can be created.

    Raises:
        ControlPlaneError: The kinds were not served in time.
    """
    published = {each["metadata"]["name"]: each for path in files for each in read_documents(path)}
    names = published if only is None else only
    for name in names:
        wait_until(f"{name} applied", partial(_is_applied, client, published[name]), _SERVED_SECONDS)
    for name in names:
        wait_until(f"{name} established", partial(_is_established, client, name), _SERVED_SECONDS)
    for kind in kinds:
        wait_until(f"{kind.__name__} served", partial(_is_served, client, kind), _SERVED_SECONDS)


def wait_for_definitions(client: Client) -> None:
    """Wait until the kinds of all definitions that are there can be used: a server that starts prepares their storage.

    Raises:
        ControlPlaneError: They were not served in time.
    """
    for definition in client.list(CustomResourceDefinition):
        spec = definition.spec
        create = create_namespaced_resource if spec.scope == "Namespaced" else create_global_resource
        for version in spec.versions:
            if version.served:
                kind = create(spec.group, version.name, spec.names.kind, spec.names.plural)
                wait_until(f"{spec.names.kind} served", partial(_is_served, client, kind), _SERVED_SECONDS)


def _is_applied(client: Client, definition: dict[str, Any]) -> bool:
    name = definition["metadata"]["name"]
    try:
        client.patch(CustomResourceDefinition, name, definition, patch_type=PatchType.APPLY)
    except httpx2.HTTPStatusError as error:
        if error.response.status_code != HTTPStatus.GATEWAY_TIMEOUT:
            raise
        return False  # the server gives a write 34 s, and a large definition takes longer where all cores are busy
    return True


def _is_established(client: Client, name: str) -> bool:
    status = client.get(CustomResourceDefinition, name).status
    conditions = (status and status.conditions) or []
    return any(condition.type == "Established" and condition.status == "True" for condition in conditions)


def _is_served(client: Client, kind: Kind) -> bool:
    try:
        list(client.list(kind))
    except httpx2.HTTPStatusError:
        return False  # the kind is unknown still, or its storage is being prepared
    return True
