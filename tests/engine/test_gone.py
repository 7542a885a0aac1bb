"""What somebody deleted or changed behind the stack's back is said, and put right."""

from __future__ import annotations

import pytest
from lightkube import Client
from lightkube.resources.core_v1 import Namespace
from lightkube.types import PatchType

from embedded.deadlines import wait_until
from embedded.kserve_kinds import LLMInferenceService
from tests.documents import deployment, environment, model, profile, slices
from tests.engine.workspace import Workspace, services

TINY = model("tiny", profile("any", memoryPerGpu="30Gi", mig="only"))
POOLS = environment("mig-a", slices("slices", "3g.40gb"))
CHAT = deployment("chat", "tiny", replicas=3)
AGENT = deployment("agent", "tiny")


def uid(client: Client, name: str = "chat") -> str:
    found = client.get(LLMInferenceService, name, namespace="team")
    assert found.metadata
    return str(found.metadata.uid)


def test_a_service_that_is_gone_is_made_again(stack: Workspace, cluster: Client) -> None:
    stack.write(POOLS, TINY, CHAT, AGENT)
    stack.up()
    before = uid(cluster, "agent")
    cluster.delete(LLMInferenceService, "chat", namespace="team")

    preview = stack.preview()
    assert set(preview.changes()) == {"mig-a/team/chat-service"}
    said = "the plan of the last `pulumi up` had LLMInferenceService team/chat, and the cluster does not: that update"
    assert any(said in message and "[SW351]" in message for message in preview.messages)
    stack.up()

    assert services(cluster) == ["agent", "chat"]
    assert cluster.get(LLMInferenceService, "chat", namespace="team")["spec"]["replicas"] == 3
    # Its neighbour was not touched, and nothing is left to do.
    assert uid(cluster, "agent") == before
    again = stack.up()
    assert again.changes() == {}
    assert not any("SW351" in message for message in again.messages)


@pytest.mark.long
def test_a_service_that_was_made_again_is_changed_in_place_and_can_be_made_again(
    stack: Workspace, cluster: Client
) -> None:
    stack.write(POOLS, TINY, CHAT)
    stack.up()
    cluster.delete(LLMInferenceService, "chat", namespace="team")
    stack.up()
    before = uid(cluster)

    stack.write(POOLS, TINY, deployment("chat", "tiny", replicas=2))
    assert stack.up().changes() == {"mig-a/team/chat-service": "update"}
    assert uid(cluster) == before
    cluster.delete(LLMInferenceService, "chat", namespace="team")
    stack.up()

    assert cluster.get(LLMInferenceService, "chat", namespace="team")["spec"]["replicas"] == 2


def test_replicas_changed_by_hand_are_said_and_put_back(stack: Workspace, cluster: Client) -> None:
    stack.write(POOLS, TINY, CHAT)
    stack.up()
    patch = {"spec": {"replicas": 9}}
    cluster.patch(LLMInferenceService, "chat", patch, namespace="team", patch_type=PatchType.MERGE)

    for run in (stack.preview, stack.up):
        operation = run()
        assert operation.changes() == {"mig-a/team/chat-service": "update"}
        (said,) = (message for message in operation.messages if "SW352" in message)
        assert "team/chat is not as it was applied: spec.replicas is 9, 3 applied (by embedded)" in said

    assert cluster.get(LLMInferenceService, "chat", namespace="team")["spec"]["replicas"] == 3
    again = stack.up()
    assert again.changes() == {}
    assert not any("SW352" in message for message in again.messages)


@pytest.mark.long
def test_what_is_removed_by_hand_is_put_back_each_time(stack: Workspace, cluster: Client) -> None:
    """A removed field has no owner, nor has one that a webhook changes; but the service has another generation."""
    stack.write(POOLS, TINY, CHAT)
    stack.up()
    template = cluster.get(LLMInferenceService, "chat", namespace="team")["spec"]["template"]
    for _ in range(2):
        patch = {"spec": {"template": {"nodeSelector": None}}}
        cluster.patch(LLMInferenceService, "chat", patch, namespace="team", patch_type=PatchType.MERGE)

        assert stack.up().changes() == {"mig-a/team/chat-service": "update"}

        assert cluster.get(LLMInferenceService, "chat", namespace="team")["spec"]["template"] == template
        assert stack.up().changes() == {}


@pytest.mark.long
def test_a_namespace_that_is_gone_is_made_again_with_all_that_was_in_it(stack: Workspace, cluster: Client) -> None:
    stack.set_config("createNamespaces", "true")
    stack.write(POOLS, TINY, deployment("chat", "tiny", namespace="short-lived"))
    stack.up()
    cluster.delete(Namespace, "short-lived")

    def names() -> set[str | None]:
        return {each.metadata.name for each in cluster.list(Namespace) if each.metadata}

    wait_until("the namespace is gone", lambda: "short-lived" not in names(), seconds=300)

    stack.up()

    assert services(cluster, "short-lived") == ["chat"]
    assert stack.up().changes() == {}
    cluster.delete(Namespace, "short-lived")
