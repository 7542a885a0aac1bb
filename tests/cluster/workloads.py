"""Services on the fake nodes of a cluster, in a namespace that is emptied afterwards."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lightkube import Client
from lightkube.resources.core_v1 import Namespace, Node
from lightkube.types import CascadeType, PatchType

from embedded.api_client import connect
from embedded.control_plane import ControlPlane
from embedded.deadlines import wait_until
from embedded.dra_objects import CLAIM_TEMPLATES
from embedded.errors import ControlPlaneError
from embedded.fake_nodes import FakePool, add_nodes, nodes_ready
from embedded.kserve_kinds import LLMInferenceService, LLMInferenceServiceConfig
from embedded.pod_states import PodState, pods_of
from slicewise.documents import Fleet
from slicewise.manifests import CLAIM_TEMPLATE_KIND, CONFIG_KIND, SERVICE_KIND, environment_objects
from slicewise.planning import make_plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from embedded.cluster import EmbeddedCluster

SLICE = "nvidia.com/mig-3g.40gb"
GPU = "nvidia.com/gpu"
POOL_LABEL = "test.invalid/pool"
TAINT = {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}
TOLERATION = {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}
POOLS = (
    FakePool("slices", nodes=1, labels={POOL_LABEL: "slices"}, resources={SLICE: 16}),
    FakePool("tainted", nodes=1, labels={POOL_LABEL: "tainted"}, taints=(TAINT,), resources={SLICE: 16}),
    FakePool("whole", nodes=2, labels={POOL_LABEL: "whole"}, resources={GPU: 8}),
)
_SECONDS = 300
_KINDS: dict[str, Any] = {
    SERVICE_KIND: LLMInferenceService,
    CONFIG_KIND: LLMInferenceServiceConfig,
    CLAIM_TEMPLATE_KIND: CLAIM_TEMPLATES,
}


def pod_spec(pool: str | None, resource: str, count: int = 1, **more: object) -> dict[str, Any]:
    """Return a pod that asks for GPUs, on the nodes of `pool` if one is given."""
    container = {"name": "main", "resources": {"limits": {resource: str(count)}}}
    selector = {"nodeSelector": {POOL_LABEL: pool}} if pool else {}
    return {"containers": [container]} | selector | more


def service(name: str, template: dict[str, Any], **more: object) -> dict[str, Any]:
    """Return a service with `more` in its spec."""
    spec = {"model": {"uri": "hf://Qwen/Qwen2.5-7B-Instruct"}, "template": template}
    return {
        "apiVersion": "serving.kserve.io/v1alpha2",
        "kind": "LLMInferenceService",
        "metadata": {"name": name},
        "spec": spec | more,
    }


@contextmanager
def more_nodes(cluster: EmbeddedCluster, pools: Sequence[FakePool]) -> Iterator[None]:
    """Add nodes to a cluster for a while."""
    add_nodes(cluster.plane, pools)
    with connect(cluster.plane) as client:
        wait_until("nodes ready", lambda: nodes_ready(client), _SECONDS)
        try:
            yield
        finally:
            for fake in pools:
                for name in fake.node_names():
                    client.delete(Node, name)


@dataclass(frozen=True)
class Workloads:
    """A namespace of a cluster."""

    plane: ControlPlane
    client: Client
    namespace: str

    @classmethod
    @contextmanager
    def in_namespace(cls, plane: ControlPlane, namespace: str) -> Iterator[Workloads]:
        """Make the namespace, and at the end remove it with its services and pods."""
        with connect(plane) as client:
            document = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
            client.patch(Namespace, namespace, document, patch_type=PatchType.APPLY)
            workloads = cls(plane, client, namespace)
            try:
                yield workloads
            finally:
                # First the services: KServe holds on to configs that they use.
                workloads.delete(*workloads.services())
                client.delete(Namespace, namespace)  # it goes some seconds later

    def apply(self, document: dict[str, Any]) -> None:
        """Apply a service."""
        name = document["metadata"]["name"]
        self.client.patch(LLMInferenceService, name, document, namespace=self.namespace, patch_type=PatchType.APPLY)

    def apply_planned(self, fleet: Fleet) -> None:
        """Apply what Slicewise makes of a fleet of one deployment, in one environment."""
        (objects,) = environment_objects(fleet, make_plan(fleet)).values()
        for each in sorted(objects, key=lambda item: item["kind"] == SERVICE_KIND):
            self.client.patch(
                _KINDS[each["kind"]],
                each["metadata"]["name"],
                each,
                namespace=self.namespace,
                patch_type=PatchType.APPLY,
            )

    def scale(self, name: str, replicas: int) -> None:
        """Give a service another number of replicas."""
        patch = {"spec": {"replicas": replicas}}
        self.client.patch(LLMInferenceService, name, patch, namespace=self.namespace, patch_type=PatchType.MERGE)

    def delete(self, *names: str) -> None:
        """Delete services as Pulumi does, and wait until they are gone with their pods."""
        for name in names:
            self.client.delete(LLMInferenceService, name, namespace=self.namespace, cascade=CascadeType.FOREGROUND)
        self.wait("no services", lambda: not set(names) & set(self.services()))
        self.wait("no pods of theirs", lambda: not [pod for pod in self.pods() if pod.name.startswith(names)])

    def services(self) -> list[str]:
        """Return the names of the namespace's services."""
        found = self.client.list(LLMInferenceService, namespace=self.namespace)
        return [each.metadata.name for each in found if each.metadata and each.metadata.name]

    def pods(self) -> list[PodState]:
        """Return the namespace's pods."""
        return pods_of(self.plane, self.namespace)

    def is_ready(self, name: str) -> bool:
        """Return whether KServe calls the service Ready, in its current generation."""
        found = self.client.get(LLMInferenceService, name, namespace=self.namespace)
        status = found.get("status") or {}
        conditions = {each["type"]: each["status"] for each in status.get("conditions", [])}
        generation = found.metadata and found.metadata.generation
        return status.get("observedGeneration") == generation and conditions.get("Ready") == "True"

    def wait_ready(self, name: str) -> None:
        """Wait until KServe calls the service Ready."""
        self.wait(f"{name} ready", lambda: self.is_ready(name))

    def wait(self, what: str, reached: Callable[[], bool]) -> None:
        """Wait for a condition; an error says where the pods are."""
        try:
            wait_until(f"{what} in {self.namespace}", reached, _SECONDS)
        except ControlPlaneError as error:
            error.add_note("\n".join(map(str, self.pods())))
            raise

    def wait_running(self, count: int) -> list[PodState]:
        """Wait until there are exactly `count` pods, all Running and Ready, and return them."""
        pods: list[PodState] = []

        def reached() -> bool:
            pods[:] = self.pods()
            return len(pods) == count and all(pod.ready and pod.phase == "Running" for pod in pods)

        self.wait(f"{count} running pods", reached)
        return pods

    def wait_pending(self, why: str) -> PodState:
        """Wait until the scheduler has said so of one pod that is on no node, and return that pod.

        What it says first may be something else: that it waits for a claim, or that it knows no such node yet.
        """
        pods: list[PodState] = []

        def reached() -> bool:
            pods[:] = [pod for pod in self.pods() if why in pod.message]
            return bool(pods)

        self.wait(f"a pod that waits, for {why}", reached)
        return pods[0]
