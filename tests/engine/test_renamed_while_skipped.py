"""An environment that is renamed while its cluster cannot be used: nothing that runs there is lost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy

import pytest
import yaml
from lightkube import ApiError, Client
from lightkube.models.admissionregistration_v1 import (
    MatchResources,
    NamedRuleWithOperations,
    ValidatingAdmissionPolicyBindingSpec,
    ValidatingAdmissionPolicySpec,
    Validation,
)
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.admissionregistration_v1 import ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding

from embedded.control_plane import ControlPlane
from embedded.deadlines import wait_until
from embedded.kserve_kinds import LLMInferenceService
from tests.documents import Document
from tests.engine.several_clusters import BOTH, TINY, at, services
from tests.engine.test_one_cluster_down import in_state, stack
from tests.engine.workspace import Workspace

__all__ = ["stack"]

EAST, WEST = BOTH
DOCUMENTS = (TINY, at("east", "a"), at("west", "b"))


def west2(reference: str = "west2") -> Document:
    """Return environment west under another name; its kubeconfig is called so too, unless told otherwise."""
    renamed = deepcopy(WEST)
    renamed["metadata"]["name"] = "west2"
    renamed["spec"]["cluster"]["existing"]["secretRef"]["name"] = reference
    return renamed


def uid(client: Client) -> str:
    """Return the uid of service `b`: another one after it was deleted and made again."""
    found = client.get(LLMInferenceService, "b", namespace="team").metadata
    assert found
    return str(found.uid)


@contextmanager
def nothing_is_deleted(client: Client) -> Iterator[None]:
    """Have the API server refuse to delete services, which shows only when it is tried."""
    deletions = NamedRuleWithOperations(
        apiGroups=["serving.kserve.io"], apiVersions=["*"], resources=["*"], operations=["DELETE"]
    )
    policy = ValidatingAdmissionPolicySpec(
        matchConstraints=MatchResources(resourceRules=[deletions]),
        validations=[Validation(expression="false", message="nothing is deleted today")],
    )
    binding = ValidatingAdmissionPolicyBindingSpec(policyName="keep", validationActions=["Deny"])

    def refused() -> bool:
        try:
            client.delete(LLMInferenceService, "b", namespace="team", dry_run=True)
        except ApiError as error:
            return "nothing is deleted today" in str(error)
        return False

    client.create(ValidatingAdmissionPolicy(metadata=ObjectMeta(name="keep"), spec=policy))
    client.create(ValidatingAdmissionPolicyBinding(metadata=ObjectMeta(name="keep"), spec=binding))
    try:
        wait_until("deletions are refused", refused, seconds=300)
        yield
    finally:
        client.delete(ValidatingAdmissionPolicyBinding, "keep")
        client.delete(ValidatingAdmissionPolicy, "keep")
        wait_until("deletions are not refused", lambda: not refused(), seconds=300)


@pytest.fixture
def running(stack: Workspace, clusters: dict[str, Client]) -> Iterator[str]:
    """The uid of service `b` in west; at the end it is still the same."""
    stack.set_config("onUnreachable", "skip")
    before = uid(clusters["west"])
    yield before
    assert uid(clusters["west"]) == before


@pytest.mark.long
@pytest.mark.usefixtures("running")
def test_a_new_name_that_cannot_be_used_deletes_nothing_of_the_old_one(stack: Workspace, west: ControlPlane) -> None:
    state, outputs = in_state(stack, "west"), stack.outputs()
    unknown = (EAST, west2())
    stack.write(*unknown, TINY, at("east", "a", 2), at("west", "b"))
    # Its kubeconfig is not configured yet.
    update = stack.up()
    assert update.changes() == {"east/team/a-service": "update"}
    (held,) = [message for message in update.messages if "west is no longer declared" in message]
    assert "stays as it is (west/team/b): west2 cannot be used now, and may be the same cluster under another" in held
    assert "take west2 out of the documents, too" in held
    # Its token is wrong.
    dead = re.sub(r"token: \S+", f"token: {'deadbeef' * 4}", west.kubeconfig)
    stack.set_config('kubeconfigs["west2"]', dead, secret=True)
    assert stack.up().changes() == {}
    # It is reached, and `verify` has an error: no node is there, in east either.
    stack.set_config('kubeconfigs["west2"]', west.kubeconfig, secret=True)
    stack.set_config("verify", "true")
    run = stack.pulumi("up", "--yes", "--skip-preview", "--stack", "test", fails=True)
    assert "every environment is skipped (slicewise:onUnreachable is skip), so nothing can be changed:" in run.stdout
    assert in_state(stack, "west") == state
    now = stack.outputs()
    assert now["skipped"] == ["west", "west2"]
    assert now["clusters"] == outputs["clusters"]
    for key in ("placements", "nodePools"):
        west_now, west_before = (
            {name: each for name, each in output[key].items() if name.startswith("west")} for output in (now, outputs)
        )
        assert west_now == west_before != {}

    stack.set_config("verify", "false")
    assert stack.up().changes() == {"west2/team/b-service": "update"}
    assert stack.up().changes() == {}
    assert [*stack.outputs()["clusters"]] == ["east", "west2"]


@pytest.mark.long
@pytest.mark.usefixtures("running")
def test_a_plugin_that_fails_after_a_rename_replaces_nothing(
    stack: Workspace, clusters: dict[str, Client], west: ControlPlane
) -> None:
    renamed = (EAST, west2(reference="west"), TINY)
    stack.write(*renamed, at("east", "a"), at("west", "b"), at("west", "c"))
    stack.up()
    kubeconfig = yaml.safe_load(west.kubeconfig)
    plugin = {"apiVersion": "client.authentication.k8s.io/v1", "command": "/bin/false", "interactiveMode": "Never"}
    for user in kubeconfig["users"]:
        user["user"] = {"exec": plugin}
    stack.set_config('kubeconfigs["west"]', yaml.safe_dump(kubeconfig), secret=True)
    # One more replica in each, and a deployment that moves to the cluster that is there.
    stack.write(*renamed, at("east", "a", 2), at("west", "b", 2), at("east", "c"))
    update = stack.up()
    assert update.changes() == {
        "east/team/a-service": "update",
        "east/team/c": "create",
        "east/team/c-service": "create",
    }
    (warning,) = [message for message in update.messages if "SW314" in message]
    assert "(west2/team/b changes then; west2/team/c stays, and goes then)" in warning
    assert any("team/c: from west2/slices with any to east/slices with any" in message for message in update.messages)
    again = stack.up()
    assert again.changes() == {}
    # It has moved already.
    assert [message for message in again.messages if "team/c: from" in message] == []

    # The state has kept the kubeconfig that worked, so the provider has nothing to change.
    stack.set_config('kubeconfigs["west"]', west.kubeconfig, secret=True)
    assert stack.up().changes() == {
        "west2/team/b-service": "update",
        "west2/team/c": "delete",
        "west2/team/c-service": "delete",
    }
    assert [services(client) for client in clusters.values()] == [{"a": 2, "c": 1}, {"b": 2}]


@pytest.mark.long
@pytest.mark.usefixtures("running")
def test_a_removal_that_fails_does_not_forget_which_cluster_it_was(
    stack: Workspace, clusters: dict[str, Client]
) -> None:
    outputs = stack.outputs()
    client = clusters["west"]
    with nothing_is_deleted(client):
        stack.write(EAST, TINY, at("east", "a"))
        run = stack.pulumi("up", "--yes", "--skip-preview", "--stack", "test", fails=True)
        assert "nothing is deleted today" in run.stdout + run.stderr
    failed = stack.outputs()
    assert failed["clusters"] == outputs["clusters"]
    assert failed["leaving"] == {
        name: each for name, each in outputs["placements"].items() if each["environment"] == "west"
    }

    stack.write(EAST, west2(reference="west"), *DOCUMENTS)
    assert stack.up().changes() == {"west2/team/b-service": "update"}
    assert stack.up().changes() == {}
    assert "leaving" not in stack.outputs()

    # Outputs that know nothing of clusters: only the state has the old name.
    stack.edit_outputs(clusters={})
    renamed = west2(reference="west")
    renamed["metadata"]["name"] = "west3"
    stack.write(EAST, renamed, *DOCUMENTS)
    run = stack.pulumi("up", "--yes", "--skip-preview", "--stack", "test", fails=True)
    assert (
        "LLMInferenceService team/b in environment west3 is the one that this stack has in environment west2"
        in run.stdout + run.stderr
    )
    assert "[SW424]" in run.stdout + run.stderr
    # As the message says.
    found = re.search(r"pulumi state delete --target-dependents '([^']+)'", run.stdout + run.stderr)
    assert found
    stack.pulumi("state", "delete", "--yes", "--target-dependents", found[1], "--stack", "test")
    stack.up()
    assert [services(client) for client in clusters.values()] == [{"a": 1}, {"b": 1}]
    assert stack.up().changes() == {}
    assert in_state(stack, "west2") == {}
