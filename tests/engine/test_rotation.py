"""A credential that was renewed, for what leaves: Pulumi deletes with the one that the last `pulumi up` stored."""

from __future__ import annotations

import pytest
from lightkube import Client
from lightkube.resources.rbac_authorization_v1 import ClusterRoleBinding

from embedded.control_plane import ControlPlane
from embedded.kserve_kinds import LLMInferenceService
from tests.documents import deployment, environment, model, profile, slices
from tests.engine.credentials import account_token, kubeconfig_of
from tests.engine.workspace import Workspace, services

TINY = model("tiny", profile("any", memoryPerGpu="30Gi", mig="only"))
POOLS = environment("mig-a", slices("slices", "3g.40gb"))
RENAMED = {**POOLS, "metadata": {"name": "mig-b"}}


def service(client: Client) -> str:
    found = client.get(LLMInferenceService, "chat", namespace="team").metadata
    assert found
    return str(found.uid)


@pytest.fixture
def rotated(stack: Workspace, cluster: Client, plane: ControlPlane) -> Workspace:
    """A stack that was applied with a credential that does not work any more; its configuration has one that does.

    Its environment was renamed, too: what the provider knows the cluster by is not its name.
    """
    token = account_token(cluster, "before-the-rotation", admin=True)
    stack.set_config('kubeconfigs["mig-a"]', kubeconfig_of(plane, token=token), secret=True)
    for pools in (POOLS, RENAMED):
        stack.write(pools, TINY, deployment("chat", "tiny"))
        stack.up()
    # At once: of a token that is deleted, the API server forgets only after seconds that it was one.
    cluster.delete(ClusterRoleBinding, "before-the-rotation")
    stack.set_config('kubeconfigs["mig-a"]', plane.kubeconfig, secret=True)
    return stack


UP = ("up", "--yes", "--skip-preview", "--stack", "test")


@pytest.mark.long
def test_an_environment_that_leaves_after_a_rotation(rotated: Workspace, cluster: Client) -> None:
    rotated.write(TINY)
    run = rotated.pulumi(*UP, fails=True)
    assert (
        "environment mig-b is no longer declared, and it cannot be asked who owns its services"
        in run.stdout + run.stderr
    )
    assert "put the environment back with the new one, `pulumi up`, and take it away again" in run.stdout + run.stderr
    assert "[SW425]" in run.stdout + run.stderr
    assert services(cluster) == ["chat"]

    # As the message says. What runs is the same all the time.
    before = service(cluster)
    rotated.write(RENAMED, TINY, deployment("chat", "tiny"))
    rotated.pulumi(*UP)
    assert service(cluster) == before
    rotated.write(TINY)
    rotated.pulumi(*UP)

    assert services(cluster) == []


@pytest.mark.long
def test_destroy_after_a_rotation(rotated: Workspace, cluster: Client) -> None:
    rotated.pulumi("destroy", "--yes", "--skip-preview", "--stack", "test", fails=True)
    assert services(cluster) == ["chat"]

    rotated.pulumi("destroy", "--yes", "--skip-preview", "--run-program", "--stack", "test")

    assert services(cluster) == []
