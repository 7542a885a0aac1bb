"""Declared against real, on a real API server: what runs as declared is clean, and lies are found and named."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from lightkube.resources.core_v1 import Node, NodeStatus
from lightkube.types import PatchType

from embedded.api_client import connect
from embedded.cluster import EmbeddedCluster
from embedded.deadlines import wait_until
from embedded.fake_nodes import add_nodes
from embedded.kserve_kinds import LLMInferenceService
from embedded.labelled_nodes import (
    bare_metal,
    eks_cluster,
    gfd,
    gke,
    gke_cluster,
    mig_manager,
    single_strategy,
)
from tests.cluster.lies import ERROR, LIES, POOL, mig_of, pool_of, restored
from tests.cluster.workloads import Workloads, more_nodes
from tests.documents import Document, deployment, environment, model, pool, profile
from tests.engine.workspace import Workspace
from tests.unit.cli.running import slicewise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lightkube import Client

    from embedded.control_plane import ControlPlane
    from embedded.fake_nodes import FakePool


pytestmark = pytest.mark.xdist_group("cluster-nodes")

ENVIRONMENT = "verified"
NAMESPACE = "verified"


def labelled(name: str) -> dict[str, str]:
    """Return the label that tells a pool's nodes apart."""
    return {POOL: name}


NODES = (
    gfd("cut", 2, "h100-80gb/all-3g.40gb/mixed", labels=labelled("cut") | mig_manager("all-3g.40gb")),
    gfd("whole", 2, "h100-80gb/whole/mixed", labels=labelled("whole") | mig_manager("all-disabled")),
    gke("ours", 1, "nvidia-h100-80gb", "a3-highgpu-8g", 16, "3g.40gb", labelled("ours")),
)


def discovered(plane: ControlPlane) -> Document:
    """Return what `slicewise discover` writes of the cluster."""
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
def real(without_nodes: EmbeddedCluster) -> Iterator[EmbeddedCluster]:
    """A cluster with this module's nodes alone: others would be GPU nodes that are not declared."""
    with more_nodes(without_nodes, NODES):
        yield without_nodes


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
    """Run `slicewise verify` on the documents and the cluster."""
    file = directory / "documents.yaml"
    file.write_text(yaml.safe_dump_all(documents))
    run = slicewise("verify", str(file), "--kubeconfig", str(plane.kubeconfig_path), "--output", "json", *options)
    assert run.stderr == ""
    return Seen(run.returncode, json.loads(run.stdout))


@pytest.fixture(scope="module")
def applied(
    real: EmbeddedCluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[EmbeddedCluster, list[Document], Workspace]]:
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
def running(applied: tuple[EmbeddedCluster, list[Document], Workspace]) -> tuple[EmbeddedCluster, list[Document]]:
    """The cluster and the documents of what runs."""
    cluster, documents, _ = applied
    return cluster, documents


def test_what_runs_as_declared_is_clean(running: tuple[EmbeddedCluster, list[Document]], tmp_path: Path) -> None:
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


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_named_by_code_and_pool_and_nothing_else_is_said(
    running: tuple[EmbeddedCluster, list[Document]], lie: str, tmp_path: Path
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


def test_every_lie_is_taken_back(running: tuple[EmbeddedCluster, list[Document]], tmp_path: Path) -> None:
    cluster, documents = running
    with restored(cluster) as client:
        for tell, _ in LIES.values():
            tell(client, copy.deepcopy(documents))
    assert verify(cluster.plane, documents, tmp_path).findings == []


def test_what_somebody_deleted_or_changed_is_told_and_the_remedy_works(
    applied: tuple[EmbeddedCluster, list[Document], Workspace], tmp_path: Path
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
        wait_until("chat-whole is gone", lambda: "chat-whole" not in service_names(cluster), 300)
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


def service_names(cluster: EmbeddedCluster) -> list[str]:
    """Return the names of the services that are there."""
    with connect(cluster.plane) as client:
        found = client.list(LLMInferenceService, namespace=NAMESPACE)
        return [str(each.metadata.name) for each in found if each.metadata]


def test_an_update_is_stopped_before_anything_is_declared(
    running: tuple[EmbeddedCluster, list[Document]], tmp_path: Path
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
