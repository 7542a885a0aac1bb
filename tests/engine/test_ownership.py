"""What another stack, or a person, has put where a plan wants to put something is neither adopted nor deleted."""

from __future__ import annotations

import re

import pytest
from lightkube import Client
from lightkube.models.meta_v1 import ObjectMeta

from embedded.control_plane import ControlPlane
from embedded.kserve_kinds import LLMInferenceService, LLMInferenceServiceConfig
from tests.documents import deployment, environment, model, pool, profile, slices
from tests.engine.workspace import Workspace, services

TINY = model("tiny", profile("any", memoryPerGpu="30Gi", mig="only"))
HUGE = model("huge", profile("two-nodes", nodes=2, gpusPerNode=8, memoryPerGpu="70Gi"))
POOLS = environment("mig-a", slices("slices", "3g.40gb"), pool("whole", nodeCount=2, multiNodeCapable=True))
CHAT = deployment("chat", "tiny", replicas=3)
MARK = "slicewise.dev/stack"
CONFIG = "kserve-config-llm-worker-pipeline-parallel"


def uid(client: Client, name: str = "chat") -> str:
    found = client.get(LLMInferenceService, name, namespace="team")
    assert found.metadata
    return str(found.metadata.uid)


def owner(client: Client, name: str = "chat") -> str | None:
    found = client.get(LLMInferenceService, name, namespace="team")
    assert found.metadata
    return (found.metadata.annotations or {}).get(MARK)


def refused(stack: Workspace, *command: str) -> str:
    """Run a command that must fail; return what it said."""
    run = stack.pulumi(*command, fails=True)
    return run.stdout + run.stderr


def second_stack(stack: Workspace) -> None:
    """Make a stack called `trial` that has another's configuration and documents, in the same backend."""
    stack.pulumi("stack", "init", "trial", "--copy-config-from", "test", "--secrets-provider", "passphrase")
    stack.pulumi("config", "set", "--stack", "trial", "slicewise:manifests", "stacks/test")


UP_TRIAL = ("up", "--yes", "--skip-preview", "--stack", "trial")


def test_a_copied_stack_is_stopped(stack: Workspace, cluster: Client) -> None:
    stack.write(POOLS, TINY, CHAT)
    stack.up()
    before = cluster.get(LLMInferenceService, "chat", namespace="team")
    assert owner(cluster) == "organization/slicewise/test"
    second_stack(stack)

    for command in (("preview", "--stack", "trial"), UP_TRIAL):
        said = refused(stack, *command)
        assert (
            "ModelDeployment team/chat: metadata.name: LLMInferenceService team/chat is there already in environment "
            "mig-a, and belongs to stack organization/slicewise/test;" in said
        )
        assert "[SW420]" in said
    stack.pulumi("destroy", "--yes", "--skip-preview", "--stack", "trial")

    assert cluster.get(LLMInferenceService, "chat", namespace="team") == before
    assert stack.up().changes() == {}


@pytest.mark.long
def test_a_service_goes_from_one_stack_to_another_while_it_runs(stack: Workspace, cluster: Client) -> None:
    """The way that docs/day-two.md gives, step by step."""
    stack.write(POOLS, TINY, CHAT)
    stack.up()
    before = uid(cluster)
    second_stack(stack)
    (word,) = set(re.findall(r"pulumi config set --path '(slicewise:takeOver\S+)' ", refused(stack, *UP_TRIAL)))
    stack.pulumi("config", "set", "--stack", "trial", "--path", word, "organization/slicewise/test")

    stack.pulumi(*UP_TRIAL)

    assert (uid(cluster), owner(cluster)) == (before, "organization/slicewise/trial")
    # The first stack neither takes it back nor deletes it.
    assert "belongs to stack organization/slicewise/trial" in refused(stack, "preview", "--stack", "test")
    stack.write(POOLS, TINY)
    said = refused(stack, "up", "--yes", "--skip-preview", "--stack", "test")
    assert "belongs to stack organization/slicewise/trial now, and this stack would delete it" in said
    assert "[SW423]" in said
    (urn,) = set(re.findall("pulumi state delete '([^']*)'", said))
    stack.pulumi("state", "delete", "--yes", "--stack", "test", urn)
    stack.pulumi("up", "--yes", "--skip-preview", "--stack", "test")
    assert (uid(cluster), owner(cluster)) == (before, "organization/slicewise/trial")

    # The other has it now, with or without the word.
    stack.write(POOLS, TINY, CHAT)
    stack.pulumi("config", "rm", "--stack", "trial", "--path", "slicewise:takeOver")
    stack.pulumi(*UP_TRIAL)
    assert "unchanged" in stack.pulumi(*UP_TRIAL, "--expect-no-changes").stdout
    assert uid(cluster) == before


def test_a_service_that_somebody_made_is_taken_over_only_on_request(stack: Workspace, cluster: Client) -> None:
    by_hand = LLMInferenceService(
        metadata=ObjectMeta(name="chat", namespace="team"),
        spec={"model": {"uri": "hf://a/b", "name": "x"}, "replicas": 9},
    )
    cluster.create(by_hand)
    before = uid(cluster)
    stack.write(POOLS, TINY, CHAT)

    for command in (("preview", "--stack", "test"), ("up", "--yes", "--skip-preview", "--stack", "test")):
        said = refused(stack, *command)
        assert "LLMInferenceService team/chat is there already in environment mig-a, and no stack has made it" in said
        assert "[SW421]" in said
    assert cluster.get(LLMInferenceService, "chat", namespace="team")["spec"]["replicas"] == 9

    # As the message says.
    assert """pulumi config set --path 'slicewise:takeOver["mig-a/team/chat"]' nobody""" in said
    stack.set_config('takeOver["mig-a/team/chat"]', "nobody")
    stack.up()
    taken = cluster.get(LLMInferenceService, "chat", namespace="team")
    assert (uid(cluster), owner(cluster)) == (before, "organization/slicewise/test")
    assert taken["spec"]["replicas"] == 3
    assert taken["spec"]["model"]["uri"] != "hf://a/b"
    assert stack.up().changes() == {}


def test_an_update_that_was_cut_off_before_its_outputs_goes_on(stack: Workspace, cluster: Client) -> None:
    """What is applied carries the stack's name from its first moment, so it is not taken for another's."""
    stack.write(POOLS, TINY, CHAT)
    stack.up()
    before = uid(cluster)
    state = stack.directory / "state"
    # The state that was there before the update; the cluster has what the update did.
    for file in (state / ".pulumi" / "stacks" / "slicewise").glob("test.json*"):
        file.unlink()
    stack.pulumi("stack", "init", "test", "--secrets-provider", "passphrase", "--no-select")

    # Documents have changed since, too.
    stack.write(POOLS, TINY, deployment("chat", "tiny", replicas=2))
    resumed = stack.up()

    assert uid(cluster) == before
    assert cluster.get(LLMInferenceService, "chat", namespace="team")["spec"]["replicas"] == 2
    assert any("carries this stack's name and is not in its outputs" in message for message in resumed.messages)
    assert stack.up().changes() == {}


def test_a_renamed_stack_keeps_what_it_runs(stack: Workspace, cluster: Client) -> None:
    stack.write(POOLS, TINY, CHAT)
    stack.up()
    before = uid(cluster)
    stack.pulumi("stack", "rename", "--stack", "test", "production")
    stack.pulumi("config", "set", "--stack", "production", "slicewise:manifests", "stacks/test")

    stack.pulumi("up", "--yes", "--skip-preview", "--stack", "production")

    assert (uid(cluster), owner(cluster)) == (before, "organization/slicewise/production")


@pytest.mark.long
def test_two_stacks_share_the_config_that_kserve_looks_for_by_its_name(stack: Workspace, cluster: Client) -> None:
    """There can be only one in a namespace; it stays when the stack that made it goes, for the other needs it."""
    stack.write(POOLS, HUGE, deployment("huge", "huge"))
    stack.up()
    second_stack(stack)
    (stack.directory / "stacks" / "trial").mkdir()
    stack.pulumi("config", "set", "--stack", "trial", "slicewise:manifests", "stacks/trial")
    documents = (stack.manifests / "fleet.yaml").read_text()
    (stack.directory / "stacks" / "trial" / "fleet.yaml").write_text(documents.replace("name: huge", "name: vast"))

    stack.pulumi(*UP_TRIAL)
    assert services(cluster) == ["huge-n2", "vast-n2"]
    stack.pulumi("destroy", "--yes", "--skip-preview", "--stack", "test")

    assert services(cluster) == ["vast-n2"]
    config = cluster.get(LLMInferenceServiceConfig, CONFIG, namespace="team")
    assert config.metadata
    assert (config.metadata.annotations or {})[MARK] == "organization/slicewise/test"
    stack.pulumi("destroy", "--yes", "--skip-preview", "--stack", "trial")


def test_two_environments_that_are_one_cluster(stack: Workspace, cluster: Client, plane: ControlPlane) -> None:
    """Their URLs differ, so only the cluster itself can tell."""
    other_url = plane.kubeconfig.replace("127.0.0.1", "localhost").replace(
        "server:", "tls-server-name: 127.0.0.1\n    server:"
    )
    stack.set_config('kubeconfigs["mig-b"]', other_url, secret=True)
    stack.write(POOLS, environment("mig-b", slices("slices", "3g.40gb")), TINY, CHAT)

    assert any("leads to the cluster" in message and "[SW312]" in message for message in stack.up().messages)

    stack.write(
        POOLS,
        environment("mig-b", slices("slices", "3g.40gb")),
        TINY,
        {**CHAT, "spec": {**CHAT["spec"], "environments": 2}},
    )
    said = refused(stack, "preview", "--stack", "test")
    assert "environments mig-a and mig-b are one cluster, and the plan has it in both" in said
    assert "[SW424]" in said
    assert services(cluster) == ["chat"]
