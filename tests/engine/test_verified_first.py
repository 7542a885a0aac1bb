"""Clusters are compared with what is declared before anything is applied, where a stack says nothing of `verify`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

import pytest
from lightkube import Client
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.models.rbac_v1 import PolicyRule, RoleRef, Subject
from lightkube.resources.core_v1 import LimitRange, Node, ResourceQuota, ResourceQuotaStatus
from lightkube.resources.rbac_authorization_v1 import ClusterRole, ClusterRoleBinding
from lightkube.types import PatchType

from embedded.control_plane import ControlPlane
from embedded.fake_nodes import FakePool, add_nodes
from tests.documents import Document, deployment, environment, model, profile, slices
from tests.engine.credentials import account_token, kubeconfig_of
from tests.engine.workspace import STACK, Workspace, services

SLICE: Final = "nvidia.com/mig-3g.40gb"
NODES: Final = FakePool("verified", 1, {"pool": "verified"}, resources={SLICE: 16})
READY: Final = {"type": "Ready", "status": "True", "reason": "Test", "message": "Test"}
PREVIEW: Final = ("preview", "--stack", STACK)


def documents(nodes: int = 1, replicas: int = 2) -> list[Document]:
    """Return a pool of 16 slices a node, and a deployment in namespace `team`."""
    return [
        environment("mig-a", slices("slices", "3g.40gb", nodeSelector={"pool": "verified"}, nodeCount=nodes)),
        model("small", profile("slice", memoryPerGpu="30Gi", mig="only")),
        deployment("chat", "small", namespace="team", replicas=replicas),
    ]


@pytest.fixture
def node(cluster: Client, plane: ControlPlane) -> Iterator[Client]:
    """A client of the API server, which has a node with the slices."""
    add_nodes(plane, [NODES])
    (name,) = NODES.node_names()
    status = {"status": {"conditions": [READY]}}
    cluster.patch(Node.Status, name, status, patch_type=PatchType.STRATEGIC)
    yield cluster
    cluster.delete(Node, name)


@pytest.fixture
def verified(stack: Workspace) -> Workspace:
    """A stack whose configuration says nothing of `verify`."""
    stack.pulumi("config", "rm", "slicewise:verify", "--stack", STACK)
    return stack


def quota(client: Client, units: str) -> None:
    """Limit the namespace's slices; the quota's controller does not run here, so its count is written by hand."""
    hard = {f"requests.{SLICE}": units}
    document = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "gpus"}, "spec": {"hard": hard}}
    client.patch(ResourceQuota, "gpus", document, namespace="team", patch_type=PatchType.APPLY)
    counted = {"status": {"hard": hard, "used": {f"requests.{SLICE}": "0"}}}
    client.patch(ResourceQuotaStatus, "gpus", counted, namespace="team", patch_type=PatchType.MERGE)


def limit(client: Client, memory: str) -> None:
    """Limit the memory of the namespace's containers."""
    spec = {"limits": [{"type": "Container", "max": {"memory": memory}}]}
    document = {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "sizes"}, "spec": spec}
    client.patch(LimitRange, "sizes", document, namespace="team", patch_type=PatchType.APPLY)


def too_few_units(client: Client) -> Callable[[str], None]:
    """Allow one unit for two replicas; the remedy names how many are needed."""
    quota(client, "1")

    def raised(told: str) -> None:
        remedy = told.partition("[SW628]")[2].partition("remedy: ")[2]
        quota(client, re.findall(r"\b(\d+)\b", remedy)[0])

    return raised


def too_little_memory(client: Client) -> Callable[[str], None]:
    """Allow containers less memory than the engine asks for; the message names that."""
    limit(client, "1Gi")
    return lambda told: limit(client, re.findall(r"usage per Container is 1Gi, but limit is (\w+)", told)[0])


@pytest.fixture
def rules(node: Client) -> Iterator[Client]:
    """The client, whose namespace has no rules before and after."""
    yield node
    for kind in (ResourceQuota, LimitRange):
        node.deletecollection(kind, namespace="team")


def test_a_cluster_without_the_nodes_changes_nothing(verified: Workspace, cluster: Client) -> None:
    verified.write(*documents())
    for command in (PREVIEW, ("up", "--yes", "--skip-preview", "--stack", STACK)):
        run = verified.pulumi(*command, fails=True)
        told = run.stdout + run.stderr
        assert "what is declared and what the clusters have differ, so nothing is changed" in told
        assert "[SW601]" in told
    assert services(cluster) == []
    verified.configure(verify="false")
    verified.preview()


@pytest.mark.usefixtures("node")
def test_a_cluster_as_declared_is_applied_to(verified: Workspace, cluster: Client) -> None:
    verified.write(*documents())
    assert not [message for message in verified.preview().messages if "[SW6" in message]
    verified.up()
    assert services(cluster) == ["chat"]
    assert verified.preview().changes() == {}


@pytest.mark.usefixtures("node")
def test_fewer_nodes_than_the_plan_needs_and_what_helps(verified: Workspace) -> None:
    verified.write(*documents(nodes=2, replicas=17))
    run = verified.pulumi(*PREVIEW, fails=True)
    assert "team/chat lacks room for 1 of 17 replicas [SW602]" in run.stdout + run.stderr
    assert "write nodeCount: 1" in run.stdout + run.stderr
    verified.write(*documents(nodes=1, replicas=16))
    verified.preview()


@pytest.mark.parametrize(("lie", "code"), [(too_few_units, "SW628"), (too_little_memory, "SW627")])
def test_what_a_namespace_refuses_and_what_helps(
    verified: Workspace, rules: Client, lie: Callable[[Client], Callable[[str], None]], code: str
) -> None:
    mend = lie(rules)
    verified.write(*documents())
    run = verified.pulumi(*PREVIEW, fails=True)
    told = run.stdout + run.stderr
    assert f"[{code}]" in told
    mend(told)
    verified.preview()


@pytest.mark.usefixtures("node")
def test_a_credential_that_may_not_look_at_nodes_is_told_of_it_and_goes_on(
    verified: Workspace, plane: ControlPlane, cluster: Client
) -> None:
    """It may apply services: those of `docs/kubeconfigs.md` without verify's."""
    token = account_token(cluster, "blind", admin=False)
    may = [
        PolicyRule(apiGroups=["serving.kserve.io"], resources=["llminferenceservices"], verbs=["*"]),
        PolicyRule(apiGroups=[""], resources=["namespaces"], verbs=["get"]),
    ]
    subject = Subject(kind="ServiceAccount", name="blind", namespace="default")
    role = RoleRef(apiGroup="rbac.authorization.k8s.io", kind="ClusterRole", name="blind")
    cluster.apply(ClusterRole(metadata=ObjectMeta(name="blind"), rules=may))
    cluster.apply(ClusterRoleBinding(metadata=ObjectMeta(name="blind"), roleRef=role, subjects=[subject]))
    try:
        verified.set_config('kubeconfigs["mig-a"]', kubeconfig_of(plane, token=token), secret=True)
        verified.write(*documents())
        (note,) = [message for message in verified.preview().messages if "[SW621]" in message]
        assert "mig-a: not verified: " in note
        assert "let its user list nodes" in note
        # Asked for, it is a right that is missing.
        verified.configure(verify="true")
        run = verified.pulumi(*PREVIEW, fails=True)
        assert "list nodes" in run.stdout + run.stderr
        assert "[SW413]" in run.stdout + run.stderr
    finally:
        cluster.delete(ClusterRoleBinding, "blind")
        cluster.delete(ClusterRole, "blind")
