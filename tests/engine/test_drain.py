"""A cluster that is drained serves until another one does; nothing looks at services here but the test itself."""

from __future__ import annotations

from copy import deepcopy

import pytest
from lightkube import Client
from lightkube.models.apps_v1 import DeploymentSpec
from lightkube.models.core_v1 import Container, PodSpec, PodTemplateSpec
from lightkube.models.meta_v1 import LabelSelector, ObjectMeta, OwnerReference
from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.core_v1 import Pod
from lightkube.types import PatchType

from embedded.control_plane import ControlPlane
from embedded.deadlines import wait_until
from embedded.kserve_kinds import LLMInferenceService
from slicewise.manifests import DEPLOYMENT_SUFFIX, KSERVE_API_VERSION, REVISION_ANNOTATION, SERVICE_KIND
from tests.documents import deployment
from tests.engine.several_clusters import BOTH, TINY, at, come_back, services
from tests.engine.workspace import Workspace

READY = {"status": {"conditions": [{"type": "Ready", "status": "True", "reason": "Test", "message": "Test"}]}}


@pytest.fixture
def stack(workspace: Workspace, clusters: dict[str, Client], plane: ControlPlane, west: ControlPlane) -> Workspace:
    """A stack with two services in east, one of which may be elsewhere, too."""
    workspace.set_config('kubeconfigs["east"]', plane.kubeconfig, secret=True)
    workspace.set_config('kubeconfigs["west"]', west.kubeconfig, secret=True)
    workspace.write(*BOTH, TINY, at("east", "chat"), at("east", "home"))
    workspace.up()
    assert services(clusters["east"]) == {"chat": 1, "home": 1}
    return workspace


def serve(client: Client, name: str) -> None:
    """Do what KServe, a node and an engine would do for a service of one replica."""
    service = client.get(LLMInferenceService, name, namespace="team")
    assert service.metadata
    assert service.metadata.uid
    revision = service["spec"]["annotations"][REVISION_ANNOTATION]
    labels = {
        "app.kubernetes.io/part-of": "llminferenceservice",
        "app.kubernetes.io/name": name,
        "app.kubernetes.io/component": "llminferenceservice-workload",
    }
    owner = OwnerReference(KSERVE_API_VERSION, SERVICE_KIND, name, service.metadata.uid)
    template = PodTemplateSpec(
        metadata=ObjectMeta(labels=labels, annotations={REVISION_ANNOTATION: revision}),
        spec=PodSpec(containers=[Container(name="main", image="engine:1")]),
    )
    made = ObjectMeta(name=f"{name}{DEPLOYMENT_SUFFIX}", namespace="team", labels=dict(labels), ownerReferences=[owner])
    client.create(
        Deployment(metadata=made, spec=DeploymentSpec(LabelSelector(matchLabels=labels), template, replicas=1))
    )

    def pods() -> list[Pod]:
        return list(client.list(Pod, namespace="team", labels={**labels}))

    wait_until("its pod is there", lambda: bool(pods()), 120)
    for pod in pods():
        assert pod.metadata
        client.patch(Pod.Status, str(pod.metadata.name), READY, namespace="team", patch_type=PatchType.STRATEGIC)

    def available() -> bool:
        status = client.get(Deployment, str(made.name), namespace="team").status
        return bool(status and status.availableReplicas == 1)

    wait_until("its replica is available", available, 120)


@pytest.mark.long
def test_the_old_goes_when_the_new_serves(stack: Workspace, clusters: dict[str, Client], west: ControlPlane) -> None:
    drained = deepcopy(BOTH[0])
    drained["spec"]["scheduling"] = "Drain"
    stack.write(drained, BOTH[1], TINY, deployment("chat", "tiny"), at("east", "home"))
    stack.set_config("readyTimeout", "5")

    # What nothing else may take stays.
    assert stack.preview().changes().keys() == {
        "east/team/chat",
        "east/team/chat-service",
        "west/team/chat",
        "west/team/chat-service",
    }

    stopped = stack.pulumi("up", "--yes", "--skip-preview", "--stack", "test", fails=True)
    assert "west/team/chat" in stopped.stdout + stopped.stderr
    assert [services(client) for client in clusters.values()] == [{"chat": 1, "home": 1}, {"chat": 1}]

    # It is waited for again, and the old stays for as long.
    stack.pulumi("up", "--yes", "--skip-preview", "--stack", "test", fails=True)
    assert [services(client) for client in clusters.values()] == [{"chat": 1, "home": 1}, {"chat": 1}]

    # Nor does it go while the other cluster is away and skipped, nor is it forgotten then that it waits.
    server = west.processes[1]
    server.kill()
    try:
        stack.configure(onUnreachable="skip")
        for _ in range(2):
            update = stack.up()
            (told,) = [each for each in update.messages if "SW449" in each]
            assert "it moves from east to west, and stays in east until it is there: west is skipped" in told
            assert update.changes() == {}
            assert services(clusters["east"]) == {"chat": 1, "home": 1}
    finally:
        come_back(server, clusters["west"])
    stack.pulumi("up", "--yes", "--skip-preview", "--stack", "test", fails=True)
    assert [services(client) for client in clusters.values()] == [{"chat": 1, "home": 1}, {"chat": 1}]

    serve(clusters["west"], "chat")
    assert stack.up().changes() == {"east/team/chat": "delete", "east/team/chat-service": "delete"}
    assert [services(client) for client in clusters.values()] == [{"home": 1}, {"chat": 1}]
    stack.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes", "--stack", "test")
    clusters["west"].delete(Deployment, f"chat{DEPLOYMENT_SUFFIX}", namespace="team")
