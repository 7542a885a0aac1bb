"""An environment that leaves the documents: who owns its services is asked before anything of it is deleted."""

from __future__ import annotations

import re
from copy import deepcopy

import pytest
from lightkube import Client
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.types import PatchType

from embedded.control_plane import ControlPlane
from embedded.kserve_kinds import LLMInferenceService
from tests.documents import Document
from tests.engine.several_clusters import BOTH, TINY, at, come_back, services
from tests.engine.test_one_cluster_down import in_state, stack
from tests.engine.workspace import Workspace

__all__ = ["stack"]

EAST, WEST = BOTH
# Neither west nor what was in it.
WITHOUT_WEST = (EAST, TINY, at("east", "a"))
COMMANDS = (("preview", "--stack", "test"), ("up", "--yes", "--skip-preview", "--stack", "test"))


def uid(client: Client, name: str = "b") -> str:
    found = client.get(LLMInferenceService, name, namespace="team").metadata
    assert found
    return str(found.uid)


def refused(stack: Workspace) -> str:
    """Preview and update, which both must fail; return what the update said."""
    said = [stack.pulumi(*command, fails=True) for command in COMMANDS]
    return said[-1].stdout + said[-1].stderr


def as_the_message_says(stack: Workspace, said: str) -> None:
    """Have the stack forget what the message names."""
    urns = dict.fromkeys(re.findall("pulumi state delete --target-dependents '([^']+)'", said))
    assert urns
    for urn in urns:
        stack.pulumi("state", "delete", "--yes", "--target-dependents", urn, "--stack", "test")


def called(name: str, environment: Document, secret: str) -> Document:
    renamed = deepcopy(environment)
    renamed["metadata"]["name"] = name
    renamed["spec"]["cluster"]["existing"]["secretRef"]["name"] = secret
    return renamed


@pytest.mark.long
@pytest.mark.parametrize(
    ("becomes", "says"),
    [
        ("organization/slicewise/other", "belongs to stack organization/slicewise/other now"),
        (None, "is not the one that this stack made"),
    ],
    ids=["another stack's", "made by hand"],
)
def test_what_is_anothers_by_now_is_not_deleted(
    stack: Workspace, clusters: dict[str, Client], becomes: str | None, says: str
) -> None:
    client = clusters["west"]
    if becomes:
        marked = {"metadata": {"annotations": {"slicewise.dev/stack": becomes}}}
        client.patch(LLMInferenceService, "b", marked, namespace="team", patch_type=PatchType.MERGE)
    else:
        spec = client.get(LLMInferenceService, "b", namespace="team")["spec"]
        client.delete(LLMInferenceService, "b", namespace="team")
        client.create(LLMInferenceService(metadata=ObjectMeta(name="b", namespace="team"), spec=spec))
    before = uid(client)
    stack.write(*WITHOUT_WEST)

    said = refused(stack)

    assert f"LLMInferenceService team/b in environment west, which is no longer declared, {says}" in said
    assert "[SW423]" in said
    as_the_message_says(stack, said)
    stack.up()
    assert uid(client) == before
    assert stack.up().changes() == {}
    assert in_state(stack, "west") == {}


@pytest.mark.long
def test_what_is_the_stacks_own_is_deleted(stack: Workspace, clusters: dict[str, Client]) -> None:
    # The annotation has been removed, which makes it no other stack's.
    unmarked = {"metadata": {"annotations": {"slicewise.dev/stack": None}}}
    clusters["west"].patch(LLMInferenceService, "b", unmarked, namespace="team", patch_type=PatchType.MERGE)
    stack.write(*WITHOUT_WEST)
    assert any(
        "west: it is no longer declared, so its services are deleted [SW354]" in each
        for each in stack.preview().messages
    )
    assert set(stack.up().changes().values()) == {"delete"}
    assert [services(client) for client in clusters.values()] == [{"a": 1}, {}]
    assert stack.up().changes() == {}


@pytest.mark.long
def test_what_cannot_be_asked_is_not_deleted(stack: Workspace, clusters: dict[str, Client], west: ControlPlane) -> None:
    before, state = uid(clusters["west"]), in_state(stack, "west")
    outputs = stack.outputs()
    server = west.processes[1]
    server.kill()
    try:
        stack.write(EAST, TINY, at("east", "a", 2))
        said = refused(stack)
        assert "environment west is no longer declared, and it cannot be asked who owns its services" in said
        assert f"{west.server} does not answer" in said
        assert "[SW425]" in said
        assert services(clusters["east"]) == {"a": 1}

        stack.set_config("onUnreachable", "skip")
        update = stack.up()
        assert update.changes() == {"east/team/a-service": "update"}
        assert any("environment west is no longer declared" in each and "[SW425]" in each for each in update.messages)
        assert stack.up().changes() == {}
        assert in_state(stack, "west") == state
        now = stack.outputs()
        assert now["skipped"] == ["west"]
        assert now["clusters"] == outputs["clusters"]
        assert now["placements"]["west/team/b"] == outputs["placements"]["west/team/b"]
    finally:
        come_back(server, clusters["west"])

    assert uid(clusters["west"]) == before
    assert set(stack.up().changes().values()) == {"delete"}
    assert [services(client) for client in clusters.values()] == [{"a": 2}, {}]
    assert stack.up().changes() == {}
    assert "skipped" not in stack.outputs()


@pytest.mark.long
def test_the_stack_can_forget_what_nobody_can_ask(
    stack: Workspace, clusters: dict[str, Client], west: ControlPlane
) -> None:
    before = uid(clusters["west"])
    server = west.processes[1]
    server.kill()
    try:
        stack.write(*WITHOUT_WEST)
        as_the_message_says(stack, refused(stack))
        stack.up()
        assert stack.up().changes() == {}
        assert in_state(stack, "west") == {}
    finally:
        come_back(server, clusters["west"])
    assert uid(clusters["west"]) == before


@pytest.mark.long
def test_a_cluster_that_was_rebuilt_behind_one_address_and_renamed_at_once(
    stack: Workspace, clusters: dict[str, Client]
) -> None:
    """Pulumi would make the service under the new name, and then delete it with the old name's kubeconfig."""
    clusters["west"].delete(LLMInferenceService, "b", namespace="team")
    known = stack.outputs()["clusters"]
    known["west"]["uid"] = "00000000-0000-0000-0000-000000000000"
    stack.edit_outputs(clusters=known)
    stack.write(EAST, called("west2", WEST, "west"), TINY, at("east", "a"), at("west", "b"))

    said = refused(stack)

    assert "[SW424]" in said
    as_the_message_says(stack, said)
    stack.up()
    assert services(clusters["west"]) == {"b": 1}
    assert stack.up().changes() == {}


@pytest.mark.long
def test_one_of_two_names_of_a_cluster_leaves_while_the_other_cannot_be_used(
    stack: Workspace, clusters: dict[str, Client], west: ControlPlane
) -> None:
    """The service is to have the other name: it is neither deleted with the first, nor made twice."""
    stack.set_config('kubeconfigs["west2"]', west.kubeconfig, secret=True)
    west2 = called("west2", WEST, "west2")
    stack.write(EAST, WEST, {**west2, "metadata": {"name": "west2"}}, TINY, at("east", "a"), at("west", "b"))
    stack.up()
    before = uid(clusters["west"])
    stack.set_config("onUnreachable", "skip")
    dead = re.sub(r"token: \S+", f"token: {'deadbeef' * 4}", west.kubeconfig)
    stack.set_config('kubeconfigs["west2"]', dead, secret=True)
    stack.write(EAST, west2, TINY, at("east", "a"), at("west", "b"))

    update = stack.up()

    assert update.changes() == {}
    assert any(
        "west is no longer declared, and stays as it is (west/team/b): west2" in each for each in update.messages
    )
    stack.set_config('kubeconfigs["west2"]', west.kubeconfig, secret=True)
    said = refused(stack)
    assert "is the one that this stack has in environment west" in said
    assert "[SW424]" in said
    as_the_message_says(stack, said)
    stack.up()
    assert uid(clusters["west"]) == before
    assert stack.up().changes() == {}
