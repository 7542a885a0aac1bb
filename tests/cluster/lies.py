"""Lies about a cluster: in documents, and in its nodes, which are restored afterwards."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from lightkube.models import core_v1 as models
from lightkube.models.core_v1 import Container, NodeCondition, PodSpec, ResourceRequirements
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Node, NodeStatus, Pod
from lightkube.types import PatchType

from embedded.api_client import connect
from embedded.labelled_nodes import gfd
from tests.documents import Document, deployment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lightkube import Client

    from embedded.cluster import EmbeddedCluster
    from embedded.fake_nodes import FakePool

    Lie = Callable[[Client, list[Document]], object]


POOL = "test.invalid/pool"
SLICE = "nvidia.com/mig-3g.40gb"
GPU = "nvidia.com/gpu"


def pool_of(documents: list[Document], name: str) -> Document:
    """Return a pool of the documents, to be changed."""
    return next(each for each in documents[0]["spec"]["nodePools"] if each["name"] == name)


def mig_of(documents: list[Document], name: str) -> Document:
    """Return the MIG configuration of a pool, to be changed."""
    configuration: Document = pool_of(documents, name)["capabilities"]["migConfiguration"]
    return configuration


def declaring(change: Callable[[list[Document]], object]) -> Lie:
    """Return a lie in the documents."""

    def lie(_: Client, documents: list[Document]) -> None:
        change(documents)

    return lie


def labelling(name: str, **labels: str | None) -> Lie:
    """Return a lie of a node's labels; None removes one."""

    def lie(client: Client, _: list[Document]) -> None:
        client.patch(Node, name, {"metadata": {"labels": labels}}, patch_type=PatchType.MERGE)

    return lie


def relabelled(name: str, fake: FakePool) -> Lie:
    """Return a lie of a node's GPUs: everything that labels and device plugin say is that of `fake`."""

    def lie(client: Client, _: list[Document]) -> None:
        has = client.get(Node, name)
        assert has.metadata
        assert has.status
        old = {key: None for key in has.metadata.labels or {} if key.startswith("nvidia.com/")}
        new = {key: value for key, value in fake.labels.items() if key.startswith("nvidia.com/")}
        client.patch(Node, name, {"metadata": {"labels": old | new}}, patch_type=PatchType.MERGE)
        offer(client, name, dict(fake.resources))

    return lie


def offer(client: Client, name: str, units: dict[str, int] | dict[str, str]) -> None:
    """Have a node offer these GPU resources and no others."""
    has = client.get(Node, name)
    assert has.status
    gone = {key: None for key in has.status.allocatable or {} if key.startswith("nvidia.com/")}
    resources = gone | {key: str(count) for key, count in units.items()}
    status = {"status": {"allocatable": resources, "capacity": resources}}
    client.patch(NodeStatus, name, status, patch_type=PatchType.MERGE)


def offers(name: str, resource: str, units: int) -> Lie:
    """Return a lie of how many units a node has."""
    return lambda client, _: offer(client, name, {resource: units})


def taint(name: str) -> Lie:
    """Return a taint that no pod tolerates."""

    def lie(client: Client, _: list[Document]) -> None:
        taints = [{"key": "team", "value": "research", "effect": "NoSchedule"}]
        client.patch(Node, name, {"spec": {"taints": taints}}, patch_type=PatchType.MERGE)

    return lie


def cordon(client: Client, _: list[Document]) -> None:
    """Take a node out of scheduling."""
    client.patch(Node, "cut-1", {"spec": {"unschedulable": True}}, patch_type=PatchType.MERGE)


def notebook(client: Client, _: list[Document]) -> None:
    """Put a pod of somebody else's on a node."""
    container = Container("main", image="notebook", resources=ResourceRequirements(limits={GPU: "3"}))
    spec = PodSpec(containers=[container], nodeName="whole-1")
    client.create(Pod(metadata=ObjectMeta(name="notebook"), spec=spec), namespace="default")


def spare() -> Node:
    """Return a GPU node that no pool means."""
    ready = NodeCondition(status="True", type="Ready")
    status = models.NodeStatus(allocatable={GPU: "8"}, conditions=[ready])
    return Node(metadata=ObjectMeta(name="spare"), status=status)


@contextmanager
def restored(cluster: EmbeddedCluster) -> Iterator[Client]:
    """Give a client to change nodes with; afterwards they are as before, and new nodes and foreign pods are gone."""
    with connect(cluster.plane) as client:
        before = {node.metadata.name: node.to_dict() for node in client.list(Node) if node.metadata}
        try:
            yield client
        finally:
            for pod in client.list(Pod, namespace="default"):
                assert pod.metadata
                client.delete(Pod, str(pod.metadata.name), namespace="default", grace_period=0)
            for node in client.list(Node):
                assert node.metadata
                name = str(node.metadata.name)
                if name in before:
                    restore(client, name, before[name])
                else:
                    client.delete(Node, name)


def restore(client: Client, name: str, before: dict[str, Any]) -> None:
    """Give a node its labels, taints and GPUs back."""
    now = client.get(Node, name).to_dict()
    labels = dict.fromkeys(now["metadata"]["labels"]) | before["metadata"]["labels"]
    spec = {"taints": before["spec"].get("taints"), "unschedulable": before["spec"].get("unschedulable")}
    client.patch(Node, name, {"metadata": {"labels": labels}, "spec": spec}, patch_type=PatchType.MERGE)
    offer(client, name, {key: n for key, n in before["status"]["allocatable"].items() if key.startswith("nvidia.com/")})


ERROR, WARNING = "error", "warning"
LIES: dict[str, tuple[Lie, tuple[str | None, str, str]]] = {
    "wrong profile": (
        declaring(lambda each: mig_of(each, "cut").update(profile="4g.40gb")),
        ("cut", "SW606", ERROR),
    ),
    "other slices on a node": (
        relabelled("cut-1", gfd("", 1, "h100-80gb/all-1g.10gb/mixed")),
        ("cut", "SW606", WARNING),
    ),
    "missing label": (labelling("whole-1", **{"test.invalid/pool": None}), ("whole", "SW602", WARNING)),
    "wrong selector": (
        declaring(lambda each: pool_of(each, "cut").update(nodeSelector={POOL: "cuts"})),
        ("cut", "SW601", ERROR),
    ),
    "taint": (taint("whole-0"), ("whole", "SW608", WARNING)),
    "wrong strategy on GKE": (
        declaring(lambda each: mig_of(each, "ours").update(strategy="mixed")),
        ("ours", "SW607", ERROR),
    ),
    "fewer slices": (offers("cut-0", SLICE, 14), ("cut", "SW605", WARNING)),
    "no device plugin": (offers("cut-0", SLICE, 0), ("cut", "SW604", WARNING)),
    "mixed models": (relabelled("whole-1", gfd("", 1, "a100-80gb/whole/mixed")), ("whole", "SW609", WARNING)),
    "another model": (
        declaring(lambda each: pool_of(each, "whole").update(acceleratorType="nvidia-a100-80gb")),
        ("whole", "SW610", WARNING),
    ),
    "failed layout": (labelling("cut-1", **{"nvidia.com/mig.config.state": "failed"}), ("cut", "SW611", WARNING)),
    "shared GPUs": (labelling("whole-0", **{"nvidia.com/gpu.replicas": "4"}), ("whole", "SW612", ERROR)),
    "foreign pods": (notebook, ("whole", "SW613", WARNING)),
    "less memory": (
        labelling("whole-0", **{"nvidia.com/gpu.memory": "61440"}),
        ("whole", "SW614", ERROR),
    ),
    "cordoned": (cordon, ("cut", "SW615", WARNING)),
    "more nodes than there are": (
        declaring(lambda each: pool_of(each, "whole").update(nodeCount=3)),
        ("whole", "SW602", WARNING),
    ),
    "fewer nodes than there are": (
        declaring(lambda each: pool_of(each, "whole").update(nodeCount=1)),
        ("whole", "SW603", WARNING),
    ),
    "more CPUs than there are": (
        declaring(lambda each: pool_of(each, "whole").update(allocatable={"cpu": "384"})),
        ("whole", "SW616", WARNING),
    ),
    "a pool that is not declared": (
        lambda client, _: client.create(spare()),
        (None, "SW617", WARNING),
    ),
    "no namespace": (
        declaring(lambda each: each.append(deployment("lost", "cut", namespace="nowhere"))),
        (None, "SW619", ERROR),
    ),
}
