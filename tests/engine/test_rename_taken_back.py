"""A rename that was killed halfway, and is taken back in the documents: Pulumi would replace what runs."""

from __future__ import annotations

from lightkube import Client

from embedded.control_plane import ControlPlane
from embedded.kserve_kinds import LLMInferenceService
from tests.documents import deployment, environment, model, profile, slices
from tests.engine.workspace import Workspace

TINY = model("tiny", profile("any", memoryPerGpu="30Gi", mig="only"))
POOL = slices("slices", "3g.40gb")
CHAT = deployment("chat", "tiny")


def renamed_halfway(state: str) -> str:
    """Return the state of an update that was killed when the component and its provider were called mig-b."""
    return state.replace("InferenceEnvironment::mig-a", "InferenceEnvironment::mig-b").replace(
        "::mig-a-provider", "::mig-b-provider"
    )


def test_it_is_refused_before_anything_is_replaced(stack: Workspace, cluster: Client, plane: ControlPlane) -> None:
    stack.set_config('kubeconfigs["mig-b"]', plane.kubeconfig, secret=True)
    stack.write(environment("mig-a", POOL), TINY, CHAT)
    stack.up()
    before = cluster.get(LLMInferenceService, "chat", namespace="team").metadata
    stack.pulumi("stack", "import", "--force", "--stack", "test", stdin=renamed_halfway(stack.export()))

    # The outputs are those from before, and no service says mig-b: only the state tells.
    for arguments in (("preview",), ("up", "--yes", "--skip-preview")):
        refused = stack.pulumi(*arguments, "--stack", "test", fails=True)
        assert (
            "InferenceEnvironment mig-a: metadata.name: an update that was killed had begun to rename it to mig-b"
            in (refused.stdout)
        )
        assert "SW426" in refused.stdout
    assert cluster.get(LLMInferenceService, "chat", namespace="team").metadata == before

    # The remedy: by the new name again, and then back.
    stack.write(environment("mig-b", POOL), TINY, CHAT)
    stack.up()
    stack.write(environment("mig-a", POOL), TINY, CHAT)
    stack.up()
    after = cluster.get(LLMInferenceService, "chat", namespace="team").metadata
    assert after is not None
    assert before is not None
    assert after.uid == before.uid
    assert stack.up().changes() == {}
