"""Declared against real, on a real API server: what runs as declared is clean, and lies are found and named."""

from __future__ import annotations

import copy
import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from lightkube.models import core_v1 as models
from lightkube.models.core_v1 import Container, NodeCondition, PodSpec, ResourceRequirements
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Node, NodeStatus, Pod
from lightkube.types import PatchType

from embedded.api import connect
from embedded.cluster import Cluster
from embedded.kserve import LLMInferenceService
from embedded.labelled_nodes import (
    A100_80,
    H100,
    H100_1G,
    H100_3G,
    bare_metal,
    eks_cluster,
    gfd_mixed,
    gfd_whole,
    gke,
    gke_cluster,
    mig_manager,
    single_strategy,
)
from embedded.nodes import add_nodes
from embedded.waiting import wait_until
from tests.cluster.workloads import Workloads
from tests.documents import Document, deployment, environment, model, pool, profile
from tests.engine.workspace import Workspace
from tests.unit.cli.running import slicewise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lightkube import Client

    from embedded.control_plane import ControlPlane
    from embedded.nodes import FakePool

    Lie = Callable[[Client, list[Document]], object]

pytestmark = pytest.mark.xdist_group("cluster")

ENVIRONMENT = "verified"
NAMESPACE = "verified"
POOL = "test.invalid/pool"
SLICE = "nvidia.com/mig-3g.40gb"
GPU = "nvidia.com/gpu"


def labelled(name: str) -> dict[str, str]:
    """Return the label that tells a pool's nodes apart."""
    return {POOL: name}


NODES = (
    gfd_mixed("cut", 2, H100, H100_3G, labels=labelled("cut") | mig_manager("all-3g.40gb")),
    gfd_whole("whole", 2, H100, labels=labelled("whole") | mig_manager("all-disabled")),
    gke("ours", 1, "nvidia-h100-80gb", "a3-highgpu-8g", 16, "3g.40gb", labelled("ours")),
)


def discovered(plane: ControlPlane) -> Document:
    """Return what `python -m slicewise discover` writes of the cluster."""
    run = slicewise("discover", "--kubeconfig", str(plane.kubeconfig_path), "--name", ENVIRONMENT)
    assert (run.returncode, run.stderr) == (0, "")
    document: Document = yaml.safe_load(run.stdout)
    return document


def declared(environment: Document) -> list[Document]:
    """Return the environment that was discovered, its pools called as its nodes are, and what is to run there."""
    for each in environment["spec"]["nodePools"]:
        each["name"] = each["nodeSelector"][POOL]
        each["labels"] = {"is": each["name"]}
    slice_, gpu = profile("any", memoryPerGpu="30Gi", mig="only"), profile("any", memoryPerGpu="70Gi", mig="never")
    documents = [environment]
    for where, serving in (("cut", slice_), ("whole", gpu), ("ours", slice_)):
        documents.append(model(where, serving, cpu="1", memory="1Gi"))
        documents.append(
            deployment(f"chat-{where}", where, replicas=2, namespace=NAMESPACE, nodePoolSelector={"is": where})
        )
    return documents


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster of this module's own: another one's nodes would be GPU nodes that are not declared."""
    with Cluster.start(tmp_path_factory.mktemp("verified"), NODES) as cluster:
        yield cluster


@dataclass
class Seen:
    """What the command said."""

    code: int
    data: dict[str, Any]

    @property
    def findings(self) -> list[tuple[str | None, str, str]]:
        """Pool, code and severity of every finding."""
        return [(each["nodePool"], each["code"], each["severity"]) for each in self.data["findings"]]


def verify(plane: ControlPlane, documents: list[Document], directory: Path, *options: str) -> Seen:
    """Run `python -m slicewise verify` on the documents and the cluster."""
    file = directory / "documents.yaml"
    file.write_text(yaml.safe_dump_all(documents))
    run = slicewise("verify", str(file), "--kubeconfig", str(plane.kubeconfig_path), "--output", "json", *options)
    assert run.stderr == ""
    return Seen(run.returncode, json.loads(run.stdout))


@pytest.fixture(scope="module")
def applied(
    real: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Cluster, list[Document], Workspace]]:
    """The documents, planned and applied through the real engine, which has verified them; all of it serves."""
    with Workloads.in_namespace(real.plane, NAMESPACE):
        stack = Workspace.create(tmp_path_factory.mktemp("stack"))
        stack.set_config(f'kubeconfigs["{ENVIRONMENT}-kubeconfig"]', real.plane.kubeconfig, secret=True)
        stack.set_config("verify", "true")
        stack.set_config("waitForReady", "true")
        documents = declared(discovered(real.plane))
        stack.write(*documents)
        try:
            stack.preview()
            stack.up()
            yield real, documents, stack
        finally:
            stack.pulumi("destroy", "--yes", "--skip-preview", "--stack", "test")


@pytest.fixture(scope="module")
def running(applied: tuple[Cluster, list[Document], Workspace]) -> tuple[Cluster, list[Document]]:
    """The cluster and the documents of what runs."""
    cluster, documents, _ = applied
    return cluster, documents


def test_what_runs_as_declared_is_clean(running: tuple[Cluster, list[Document]], tmp_path: Path) -> None:
    cluster, documents = running
    seen = verify(cluster.plane, documents, tmp_path)
    assert (seen.code, seen.findings) == (0, [])
    assert [
        (each["nodePool"], each["nodes"], each["units"], each["heldByPlan"], each["heldByOthers"], each["free"])
        for each in seen.data["nodePools"]
    ] == [("cut", 2, 32, 2, 0, 30), ("ours", 1, 16, 2, 0, 14), ("whole", 2, 16, 2, 0, 14)]


@pytest.mark.parametrize("labelled", [bare_metal, single_strategy, gke_cluster, eks_cluster])
def test_what_is_discovered_is_as_declared(
    kserve: Client, plane: ControlPlane, labelled: Callable[[], list[FakePool]], tmp_path: Path
) -> None:
    """As GPU feature discovery labels nodes, with both strategies, as GKE does, and as they are on EKS."""
    names = [name for fake in labelled() for name in fake.node_names()]
    ready = {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}
    try:
        add_nodes(plane, labelled())
        for name in names:
            kserve.patch(NodeStatus, name, ready, patch_type=PatchType.MERGE)
        seen = verify(plane, [discovered(plane)], tmp_path)
    finally:
        for name in names:
            kserve.delete(Node, name)
    assert (seen.code, seen.findings) == (0, [])
    offered = sum(count for fake in labelled() for count in fake.resources.values() for _ in range(fake.nodes))
    assert sum(each["units"] for each in seen.data["nodePools"]) == offered > 0


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
def restored(cluster: Cluster) -> Iterator[Client]:
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
    "other slices on a node": (relabelled("cut-1", gfd_mixed("", 1, H100, H100_1G)), ("cut", "SW606", WARNING)),
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
    "mixed models": (relabelled("whole-1", gfd_whole("", 1, A100_80)), ("whole", "SW609", WARNING)),
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


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_named_by_code_and_pool_and_nothing_else_is_said(
    running: tuple[Cluster, list[Document]], lie: str, tmp_path: Path
) -> None:
    cluster, documents = running
    tell, expected = LIES[lie]
    told = copy.deepcopy(documents)
    with restored(cluster) as client:
        tell(client, told)
        seen = verify(cluster.plane, told, tmp_path)
    assert seen.findings == [expected]
    assert seen.code == (4 if expected[2] == ERROR else 0)
    assert all(each["remedy"] for each in seen.data["findings"])


def test_every_lie_is_taken_back(running: tuple[Cluster, list[Document]], tmp_path: Path) -> None:
    cluster, documents = running
    with restored(cluster) as client:
        for tell, _ in LIES.values():
            tell(client, copy.deepcopy(documents))
    assert verify(cluster.plane, documents, tmp_path).findings == []


def test_what_somebody_deleted_or_changed_is_told_and_the_remedy_works(
    applied: tuple[Cluster, list[Document], Workspace], tmp_path: Path
) -> None:
    cluster, documents, stack = applied
    previous = tmp_path / "previous.json"
    previous.write_text(stack.pulumi("stack", "output", "--json", "--stack", "test").stdout)
    options = ("--previous", str(previous), "--stack", "organization/slicewise/test")
    assert verify(cluster.plane, documents, tmp_path, *options).findings == []
    with connect(cluster.plane) as client:
        client.patch(
            LLMInferenceService, "chat-cut", {"spec": {"replicas": 1}}, namespace=NAMESPACE, patch_type=PatchType.MERGE
        )
        client.delete(LLMInferenceService, "chat-whole", namespace=NAMESPACE)
        wait_until("chat-whole is gone", lambda: "chat-whole" not in service_names(cluster), 60)
    seen = verify(cluster.plane, documents, tmp_path, *options)
    assert (seen.code, [code for _, code, _ in seen.findings]) == (4, ["SW623", "SW624"])
    gone, changed = (each["message"] for each in seen.data["findings"])
    assert gone.endswith(f"{NAMESPACE}/chat-whole (2 replicas)")
    assert f"{NAMESPACE}/chat-cut is not what was applied: spec.replicas is 1, 2 applied (by embedded)" in changed
    assert all(each["remedy"].startswith("pulumi up") for each in seen.data["findings"])
    # The program verifies, too, and is not kept from it.
    for run in (stack.preview, stack.up):
        update = run()
        assert set(update.changes()) == {f"{ENVIRONMENT}/{NAMESPACE}/chat-{name}-service" for name in ("cut", "whole")}
        said = "\n".join(update.messages)
        assert [code for code in ("SW351", "SW352", "SW623", "SW624") if code in said] == ["SW351", "SW352"]
    assert verify(cluster.plane, documents, tmp_path, *options).findings == []
    assert "chat-whole" in service_names(cluster)


def service_names(cluster: Cluster) -> list[str]:
    """Return the names of the services that are there."""
    with connect(cluster.plane) as client:
        found = client.list(LLMInferenceService, namespace=NAMESPACE)
        return [str(each.metadata.name) for each in found if each.metadata]


def test_an_update_is_stopped_before_anything_is_declared(
    running: tuple[Cluster, list[Document]], tmp_path: Path
) -> None:
    """A stack of its own, which would take over what runs: nothing of it is in the state, nor in the cluster."""
    cluster, documents = running
    told = copy.deepcopy(documents)
    mig_of(told, "ours")["strategy"] = "mixed"
    pool_of(told, "whole")["nodeCount"] = 1
    told.append(model("more", profile("any", memoryPerGpu="30Gi", mig="only")))
    told.append(deployment("more", "more", namespace=NAMESPACE, nodePoolSelector={"is": "cut"}))
    stack = Workspace.create(tmp_path)
    stack.set_config(f'kubeconfigs["{ENVIRONMENT}-kubeconfig"]', cluster.plane.kubeconfig, secret=True)
    stack.set_config("verify", "true")
    stack.write(*told)
    for command in (("preview",), ("up", "--yes", "--skip-preview")):
        run = stack.pulumi(*command, "--stack", "test", fails=True)
        said = run.stdout + run.stderr
        assert "what is declared and what the clusters have differ, so nothing is changed" in said
        assert f"{ENVIRONMENT}/ours: " in said
        assert "[SW607]" in said
        assert "remedy: write strategy: single" in said
        assert "warning: verified/whole: 2 nodes of 1 declared one" in said
        assert "Traceback" not in said
        token = cluster.plane.kubeconfig.partition("token: ")[2].split()[0]
        assert token not in said
    resources = json.loads(stack.export())["deployment"].get("resources") or []
    # The stack itself, and the reading of its own earlier outputs: nothing else.
    assert [each["type"] for each in resources if not each["type"].startswith("pulumi:")] == []
    assert "more" not in service_names(cluster)


def test_without_a_cluster_nothing_is_verified_and_that_is_said(tmp_path: Path) -> None:
    stack = Workspace.create(tmp_path)
    stack.set_config("verify", "true")
    stack.set_config("kubeconfigSource", "none")
    stack.write(environment("any", pool("whole")))
    messages = [message for message in stack.preview().messages if "SW620" in message]
    assert len(messages) == 1
