"""What NVIDIA's DRA driver publishes, in a real API server."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from lightkube.generic_resource import create_global_resource, create_namespaced_resource
from lightkube.resources.core_v1 import Node

from embedded.dra_devices import Json, resource_slices

if TYPE_CHECKING:
    import httpx2
    from lightkube import Client
    from lightkube.generic_resource import GenericGlobalResource

    from embedded.dra_devices import DraGpus

GROUP: Final = "resource.k8s.io"
RESOURCE_SLICES: Final = create_global_resource(GROUP, "v1", "ResourceSlice", "resourceslices")
DEVICE_CLASSES: Final = create_global_resource(GROUP, "v1", "DeviceClass", "deviceclasses")
RESOURCE_CLAIMS: Final = create_namespaced_resource(GROUP, "v1", "ResourceClaim", "resourceclaims")
CLAIM_TEMPLATES: Final = create_namespaced_resource(GROUP, "v1", "ResourceClaimTemplate", "resourceclaimtemplates")


def server_version(client: Client) -> tuple[int, int]:
    """Return the API server's version: (1, 37)."""
    # lightkube has no call for this; the driver asks for it, too.
    asking: httpx2.Client = client._client._client  # noqa: SLF001
    answer = asking.get("/version").raise_for_status().json()
    return int(answer["major"]), int(answer["minor"])


def publish(client: Client, node: str, gpus: DraGpus) -> None:
    """Create the ResourceSlices of `node`, a node that is there: they go with it."""
    owner = client.get(Node, node).metadata
    if owner is None or owner.uid is None:
        raise ValueError(f"node {node} has no uid")
    reference = {"apiVersion": "v1", "kind": "Node", "name": node, "uid": owner.uid, "controller": True}
    create_slices(client, resource_slices(node, gpus, server_version(client)), (reference,))


def create_slices(client: Client, slices: Iterable[Json], owners: Sequence[Json] = ()) -> None:
    """Create ResourceSlices as they are, with their owners."""
    for each in slices:
        metadata = each["metadata"] | ({"ownerReferences": list(owners)} if owners else {})
        client.create(RESOURCE_SLICES.from_dict(each | {"metadata": metadata}))


def install_device_classes(client: Client, classes: Iterable[Json]) -> None:
    """Create DeviceClasses."""
    for each in classes:
        client.create(DEVICE_CLASSES.from_dict(each))


def stored_specs(client: Client, kind: type[GenericGlobalResource]) -> dict[str, Json]:
    """Return the spec of every object of a kind, by name."""
    objects: Iterable[Any] = client.list(kind)
    return {each.metadata.name: each["spec"] for each in objects}
