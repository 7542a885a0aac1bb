"""Objects that services name, on a real API server: which are there, and the keys of Secrets without their values."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

import pytest
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import ConfigMap, Namespace, PersistentVolumeClaim, Secret
from lightkube.types import PatchType

from slicewise.clusters.access.client import close_client, open_client
from slicewise.clusters.access.raw_requests import get_metadata
from slicewise.clusters.live import LiveClaim, LiveNamed, ObjectName
from slicewise.clusters.live.named_objects import NamedObjects, read_named_objects

if TYPE_CHECKING:
    from collections.abc import Collection

    from lightkube import Client

    from embedded.control_plane import ControlPlane

pytestmark = pytest.mark.xdist_group("plane")

NAMESPACE = "named"
VALUE = "c3F1ZWFtaXNo"


def read(plane: ControlPlane, names: Collection[ObjectName]) -> tuple[NamedObjects, str]:
    """Return what is found of `names`, and all that the API server sends of the Secrets among them."""

    async def reading() -> tuple[NamedObjects, str]:
        client = open_client(plane.kubeconfig)
        try:
            found = await read_named_objects(client, names)
            secrets = [name for name, each in found.items() if name.kind == "Secret" and each.there]
            paths = [f"/api/v1/namespaces/{each.namespace}/secrets/{each.name}" for each in secrets]
            return found, str([await get_metadata(client, path) for path in paths])
        finally:
            await close_client(client)

    return asyncio.run(reading())


def test_keys_are_known_and_values_are_not_sent(plane: ControlPlane, client: Client) -> None:
    client.create(Namespace(metadata=ObjectMeta(name=NAMESPACE)))
    meta: dict[str, Any] = {"namespace": NAMESPACE}
    client.create(Secret(metadata=ObjectMeta(name="created", **meta), data={"token": VALUE}))
    client.create(Secret(metadata=ObjectMeta(name="written", **meta), stringData={"token": "squeamish"}))
    applied = Secret(metadata=ObjectMeta(name="applied", **meta), data={"token": VALUE})
    client.apply(applied, field_manager="somebody")
    # A key that another one adds, and one that goes.
    client.patch(Secret, "applied", {"data": {"more": VALUE}}, namespace=NAMESPACE, patch_type=PatchType.MERGE)
    client.patch(Secret, "created", {"data": {"token": None, "other": VALUE}}, namespace=NAMESPACE)
    client.create(Secret(metadata=ObjectMeta(name="cleared", **meta), data={"token": VALUE}))
    client.patch(Secret, "cleared", {"metadata": {"managedFields": [{}]}}, namespace=NAMESPACE)
    client.create(ConfigMap(metadata=ObjectMeta(name="proxy", **meta), data={"a": "b"}, binaryData={"c": VALUE}))
    wanted = {
        "created": LiveNamed(there=True, keys=frozenset({"other"})),
        "written": LiveNamed(there=True, keys=frozenset({"token"})),
        "applied": LiveNamed(there=True, keys=frozenset({"token", "more"})),
        "cleared": LiveNamed(there=True),
        "gone": LiveNamed(there=False),
    }
    names = {ObjectName("Secret", NAMESPACE, name): each for name, each in wanted.items()}
    proxy = ObjectName("ConfigMap", NAMESPACE, "proxy")
    critical = ObjectName("PriorityClass", "", "system-node-critical")
    absent = [ObjectName("RuntimeClass", "", "gone"), ObjectName("ServiceAccount", NAMESPACE, "gone")]
    found, sent = read(plane, [*names, proxy, critical, *absent])
    assert dict(found) == {
        **names,
        proxy: LiveNamed(there=True, keys=frozenset({"a", "c"})),
        critical: LiveNamed(there=True),
        **{each: LiveNamed(there=False) for each in absent},
    }
    assert "managedFields" in sent
    assert VALUE not in sent


def test_claims_are_read_with_their_modes(plane: ControlPlane, client: Client) -> None:
    namespace = "claims"
    client.create(Namespace(metadata=ObjectMeta(name=namespace)))
    names = {}
    for name, mode, phase in (("shared", "ReadOnlyMany", "Bound"), ("fresh", "ReadWriteOnce", "Pending")):
        spec = {"accessModes": [mode], "resources": {"requests": {"storage": "1Gi"}}, "storageClassName": "none"}
        meta = {"name": name, "namespace": namespace}
        client.create(cast("PersistentVolumeClaim", PersistentVolumeClaim.from_dict({"metadata": meta, "spec": spec})))
        if phase == "Bound":
            status = {"status": {"phase": phase, "accessModes": [mode], "capacity": {"storage": "1Gi"}}}
            client.patch(PersistentVolumeClaim.Status, name, status, namespace=namespace, patch_type=PatchType.MERGE)
        found = LiveNamed(there=True, claim=LiveClaim(phase, frozenset({mode})))
        names[ObjectName("PersistentVolumeClaim", namespace, name)] = found
    names[ObjectName("PersistentVolumeClaim", namespace, "none")] = LiveNamed(there=False)
    assert read(plane, names)[0] == names
