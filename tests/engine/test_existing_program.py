"""The program of examples/existing-program, as it is, on the real engine and API server."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from lightkube import Client
from lightkube.resources.core_v1 import ConfigMap, ResourceQuota

from embedded.control_plane import ControlPlane
from embedded.kserve_kinds import LLMInferenceService
from embedded.program import CHECKOUT
from tests.engine.user_program import UserProgram
from tests.engine.workspace import STACK, services

pytestmark = pytest.mark.long
EXAMPLE = CHECKOUT / "examples/existing-program"


@pytest.fixture
def example(tmp_path: Path, plane: ControlPlane, cluster: Client) -> Iterator[UserProgram]:
    """The example; the components have the name there that they have in the wheel."""
    program = UserProgram.of(tmp_path, (EXAMPLE / "__main__.py").read_text())
    shutil.copytree(EXAMPLE / "fleet", tmp_path / "fleet")
    (tmp_path / "slicewise_pulumi").symlink_to(CHECKOUT / "components")
    program.pulumi("config", "set", "--secret", "kubeconfig", "--stack", STACK, stdin=plane.kubeconfig)
    yield program
    cluster.delete(ResourceQuota, "gpus", namespace="team")


def test_a_fleet_beside_what_a_platform_has(example: UserProgram, cluster: Client) -> None:
    preview = example.preview()
    # The namespace that the fleet depends on is not there yet, so its cluster is not asked.
    assert [message for message in preview.messages if "SW359" in message]

    example.pulumi("config", "set", "protect", "true", "--stack", STACK)
    example.up()

    service = cluster.get(LLMInferenceService, "chat", namespace="team")
    assert service["spec"]["replicas"] == 2
    # The platform's own transform reaches what the fleet declares.
    assert service.metadata
    assert (service.metadata.labels or {})["acme.example/owner"] == "platform"
    said = (cluster.get(ConfigMap, "endpoints", namespace="team").data or {})["endpoints.json"]
    assert [each["service"] for each in json.loads(said).values()] == ["chat"]
    example.pulumi("preview", "--expect-no-changes", "--stack", STACK)

    # It is protected until somebody takes that away; what is not, goes.
    refused = example.pulumi("destroy", "--yes", "--skip-preview", "--stack", STACK, fails=True)
    assert "platform/team/chat-service" in refused.stdout + refused.stderr
    assert "protected" in refused.stdout + refused.stderr
    assert services(cluster) == ["chat"]
