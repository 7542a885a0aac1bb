"""Nodes without machines: Kubernetes objects that say what GPUs they have; kwok plays their kubelets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lightkube.models.core_v1 import NodeSpec, NodeStatus, Taint
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Node

from embedded.api_client import connect
from embedded.dra_objects import publish

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lightkube import Client

    from embedded.control_plane import ControlPlane
    from embedded.dra_devices import DraGpus

# kwok takes care of the nodes that have this annotation.
FAKE_ANNOTATION = {"kwok.x-k8s.io/node": "fake"}


@dataclass(frozen=True)
class FakePool:
    """Equal nodes, named `<name>-0`, `<name>-1`, and so on.

    Attributes:
        name: The pool's name.
        nodes: How many nodes it has.
        labels: Labels of each node; kubernetes.io/hostname comes with its name.
        taints: Taints of each node, as Kubernetes writes them: key, value, effect.
        resources: What a device plugin would advertise on each node, like {"nvidia.com/mig-3g.40gb": 16}.
        cpu: Processors of each node, a Kubernetes quantity.
        memory: Memory of each node, a Kubernetes quantity.
        pods: How many pods each node takes.
        devices: What NVIDIA's DRA driver publishes of each node; None where it does not run.
    """

    name: str
    nodes: int
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: tuple[Mapping[str, str], ...] = ()
    resources: Mapping[str, int] = field(default_factory=dict)
    cpu: str = "256"
    memory: str = "4Ti"
    pods: int = 250
    devices: DraGpus | None = None

    def node_names(self) -> list[str]:
        """Return the names of its nodes."""
        return [f"{self.name}-{number}" for number in range(self.nodes)]


def add_nodes(plane: ControlPlane, pools: Iterable[FakePool]) -> None:
    """Create the nodes of `pools`, and the ResourceSlices of those that have devices."""
    with connect(plane) as client:
        for pool in pools:
            for name in pool.node_names():
                client.create(_node(pool, name))
                if pool.devices:
                    publish(client, name, pool.devices)


def nodes_ready(client: Client) -> bool:
    """Return whether all nodes are Ready."""
    conditions = [node.status.conditions or [] for node in client.list(Node) if node.status]
    return all(any((each.type, each.status) == ("Ready", "True") for each in found) for found in conditions)


def _node(pool: FakePool, name: str) -> Node:
    gpus = {resource: str(count) for resource, count in pool.resources.items()}
    capacity = {"cpu": pool.cpu, "memory": pool.memory, "pods": str(pool.pods)} | gpus
    labels = dict(pool.labels) | {"kubernetes.io/hostname": name}
    return Node(
        metadata=ObjectMeta(name=name, labels=labels, annotations=FAKE_ANNOTATION),
        spec=NodeSpec(taints=[Taint(taint["effect"], taint["key"], value=taint.get("value")) for taint in pool.taints]),
        status=NodeStatus(capacity=capacity, allocatable=capacity),
    )
