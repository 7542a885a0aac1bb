"""Pods that get devices of a DRA driver, on the fake nodes of a cluster, in a namespace of their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Namespace, Node, Pod
from lightkube.types import PatchType

from embedded.api_client import connect
from embedded.deadlines import wait_until
from embedded.dra_devices import API_VERSION
from embedded.dra_objects import CLAIM_TEMPLATES, DEVICE_CLASSES, RESOURCE_SLICES, install_device_classes
from embedded.fake_nodes import FakePool, add_nodes, nodes_ready

if TYPE_CHECKING:
    from lightkube import Client

    from embedded.control_plane import ControlPlane
    from embedded.dra_devices import Json

SECONDS = 300
POOL = "test.invalid/dra"


@dataclass(frozen=True)
class DraPods:
    """A namespace, and nodes that a test has for itself."""

    plane: ControlPlane
    client: Client
    namespace: str

    def claim(self, name: str, *, device_class: str = "mig.nvidia.com", selector: str | None = None) -> None:
        """Make a ResourceClaimTemplate of one device."""
        exactly: dict[str, Any] = {"deviceClassName": device_class}
        if selector:
            exactly["selectors"] = [{"cel": {"expression": selector}}]
        spec = {"spec": {"devices": {"requests": [{"name": "gpu", "exactly": exactly}]}}}
        document = {
            "apiVersion": API_VERSION,
            "kind": "ResourceClaimTemplate",
            "metadata": {"name": name},
            "spec": spec,
        }
        self.client.patch(CLAIM_TEMPLATES, name, document, namespace=self.namespace, patch_type=PatchType.APPLY)

    def with_claim(self, name: str, template: str, **spec: object) -> None:
        """Make a pod with a claim from a template."""
        claims = [{"name": "gpu", "resourceClaimTemplateName": template}]
        self._pod(name, {"resourceClaims": claims, **spec}, {"claims": [{"name": "gpu"}]})

    def with_resource(self, name: str, resource: str, **spec: object) -> None:
        """Make a pod that asks for one unit of a resource."""
        self._pod(name, spec, {"requests": {resource: "1"}, "limits": {resource: "1"}})

    def _pod(self, name: str, spec: Mapping[str, object], resources: Json) -> None:
        container = {"name": "main", "image": "image.invalid/none", "resources": resources}
        tolerations = [{"operator": "Exists"}]
        fixed = {"nodeSelector": {POOL: self.namespace}, "containers": [container], "tolerations": tolerations}
        document = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {**fixed, **spec}}
        self.client.patch(Pod, name, document, namespace=self.namespace, patch_type=PatchType.APPLY)

    def on_nodes(self) -> list[str]:
        """Return the names of the pods that have a node."""
        return sorted(name for name, pod in self._pods().items() if pod.spec and pod.spec.nodeName)

    def waiting(self, name: str, why: str) -> str:
        """Wait until the scheduler has refused a pod for this reason, and return its words.

        What it says first may be another one: that the pod waits for a claim, or that it knows no such node yet.
        """
        said = ""

        def refused() -> bool:
            nonlocal said
            said = self._refused(name)
            return why in said

        self.wait(f"{name} refused: {why}", refused)
        return said

    def wait_placed(self, *names: str) -> None:
        """Wait until these pods, and no others, have nodes."""
        self.wait(f"{names} on nodes", lambda: self.on_nodes() == sorted(names))

    def wait(self, what: str, reached: Any) -> None:  # noqa: ANN401 - a function without arguments
        """Wait for a condition."""
        wait_until(what, reached, SECONDS)

    def read(self, name: str) -> Json:
        """Return a pod as the API server has it."""
        found: Json = self.client.get(Pod, name, namespace=self.namespace).to_dict()
        return found

    def delete(self, name: str) -> None:
        """Delete a pod, and wait until it is gone."""
        self.client.delete(Pod, name, namespace=self.namespace, grace_period=0)
        self.wait(f"{name} gone", lambda: name not in self._pods())

    def _pods(self) -> dict[str, Pod]:
        found = self.client.list(Pod, namespace=self.namespace)
        return {pod.metadata.name: pod for pod in found if pod.metadata and pod.metadata.name}

    def _refused(self, name: str) -> str:
        status = self._pods()[name].status
        conditions = (status and status.conditions) or []
        words = (each.message for each in conditions if each.type == "PodScheduled" and each.status == "False")
        return next(filter(None, words), "")


@contextmanager
def dra_pods(
    plane: ControlPlane, namespace: str, pools: list[FakePool], classes: list[Json], slices: list[Json] | None = None
) -> Iterator[DraPods]:
    """Make nodes, classes and a namespace, and take them away again.

    Args:
        plane: The control plane.
        namespace: The namespace; its pods go only to these nodes.
        pools: The nodes.
        classes: DeviceClasses.
        slices: ResourceSlices beside those of `pools`.
    """
    with connect(plane) as client:
        add_nodes(plane, [_labelled(pool, namespace) for pool in pools])
        wait_until("nodes ready", lambda: nodes_ready(client), SECONDS)
        install_device_classes(client, classes)
        for each in slices or ():
            client.create(RESOURCE_SLICES.from_dict(each))
        client.create(Namespace(metadata=ObjectMeta(name=namespace)))
        found = DraPods(plane, client, namespace)
        try:
            yield found
        finally:
            client.deletecollection(Pod, namespace=namespace)
            wait_until("no pods", lambda: not found._pods(), SECONDS)  # noqa: SLF001 - of this module
            client.delete(Namespace, namespace)
            for each in classes:
                client.delete(DEVICE_CLASSES, each["metadata"]["name"])
            for each in slices or ():
                client.delete(RESOURCE_SLICES, each["metadata"]["name"])
            for pool in pools:
                for name in pool.node_names():
                    client.delete(Node, name)
            wait_until("no slices", lambda: not list(client.list(RESOURCE_SLICES)), SECONDS)


def wait_unpublished(client: Client, nodes: Iterable[str]) -> None:
    """Wait until the ResourceSlices of nodes that were deleted are collected: others of their names may come."""
    names = set(nodes)

    def gone() -> bool:
        return not any(each["spec"].get("nodeName") in names for each in client.list(RESOURCE_SLICES))

    wait_until("the slices of deleted nodes are gone", gone, SECONDS)


def _labelled(pool: FakePool, namespace: str) -> FakePool:
    return FakePool(
        pool.name,
        pool.nodes,
        dict(pool.labels) | {POOL: namespace},
        pool.taints,
        pool.resources,
        devices=pool.devices,
    )
