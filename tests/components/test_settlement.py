"""What is settled before anything is declared, from outputs, state and what exists in the clusters."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pulumi
import pytest

from components.clusters.reaching import Reached
from components.environment_plan import EnvironmentPlan
from components.last_update import LastUpdate
from components.object_handling import Handling
from components.ownership import settlement
from components.ownership.settlement import Note, Ownership, settle_ownership
from components.stack_config import StackConfig, read_stack_config
from components.state.cluster_outputs import KnownCluster, Renamed
from components.state.previous_plan import PreviousStack
from components.state.stack_state import Applied, StackState
from slicewise.clusters.live.existing_objects import ExistingObjects, LiveObject, ObjectName
from slicewise.clusters.preflight.conversation import ClusterAnswer
from slicewise.clusters.verify.services.planned_service import PlannedService
from slicewise.diagnostics import Code, Diagnostic, InvalidInputError, Subject
from slicewise.documents import DeploymentKey
from slicewise.planning import PreviousPlacement

KEY = DeploymentKey("team", "chat")
CHAT = ObjectName("LLMInferenceService", "team", "chat")
SCALER = ObjectName("ScaledObject", "team", "chat")
OWN = "organization/slicewise/test"
BEFORE = PreviousPlacement(KEY, "a", "slices", "any", units=3, gpus_per_node=1)
URN = "urn:pulumi:test::slicewise::slicewise:index:ModelPlacement"


def manifest(name: ObjectName) -> dict[str, Any]:
    metadata = {"name": name.name, "namespace": name.namespace}
    spec = {"model": {"uri": "hf://a/b"}, "replicas": 3, "annotations": {"slicewise.dev/revision": "1"}}
    return {"apiVersion": "serving.kserve.io/v1alpha2", "kind": name.kind, "metadata": metadata, "spec": spec}


def chat_in(environment: str, before: PreviousPlacement | None = None, *, stays: bool = True) -> EnvironmentPlan:
    item = manifest(CHAT) if stays else None
    return EnvironmentPlan(environment, [item] if item else [], (), (PlannedService(KEY, CHAT[1:], item, before),))


ANOTHER = "2b5bef76-d2a1-4707-a153-0b66a44579e5"


def there(uid: str, stack: str, environment: str = "") -> ExistingObjects:
    return ExistingObjects(uid, {CHAT: LiveObject(stack, environment, manifest(CHAT))})


def known(**uids: str) -> dict[str, KnownCluster]:
    return {name: KnownCluster(uid=uid, identifier=name) for name, uid in uids.items()}


@pytest.fixture(name="state")
def empty_state(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The URNs that the stack's state has."""
    urns: list[str] = []
    for part, name in (("organization", "organization"), ("project", "slicewise"), ("stack", "test")):
        monkeypatch.setattr(pulumi, f"get_{part}", lambda name=name: name)

    async def read() -> StackState:
        return StackState(urns=frozenset(urns))

    monkeypatch.setattr(settlement, "read_state", read)
    return urns


def settled(
    previous: PreviousStack,
    declared: EnvironmentPlan,
    existing: ExistingObjects,
    renamed: Mapping[str, str] | None = None,
    **accepted: str,
) -> Ownership:
    config: StackConfig = replace(read_stack_config(pulumi.Config("slicewise")), accept_clusters=accepted)
    name = declared.environment
    past = LastUpdate(previous, StackState(), Renamed(renamed or {}))
    reached = Reached({}, {name: ClusterAnswer(existing=existing)})
    return asyncio.run(settle_ownership(config, past, {name: declared}, reached))


def refused(
    previous: PreviousStack, declared: EnvironmentPlan, existing: ExistingObjects, **accepted: str
) -> list[str]:
    with pytest.raises(InvalidInputError) as error:
        settled(previous, declared, existing, None, **accepted)
    return [str(problem) for problem in error.value.problems]


def test_a_renamed_environment_has_what_it_had_under_its_former_name(state: list[str]) -> None:
    previous = PreviousStack((replace(BEFORE, environment="old"),), known(old="1"), OWN)
    state += [f"{URN}$kubernetes:serving.kserve.io/v1alpha2:LLMInferenceService::old/team/chat-service"]
    handling = settled(previous, chat_in("a", BEFORE), there("1", OWN, "old"), {"a": "old"}).handlings["a"]
    assert (handling.formerly, handling.forced) == ("old", frozenset())


def test_what_carries_the_stacks_name_alone_is_its_own_again(
    state: list[str],
) -> None:
    previous = PreviousStack((replace(BEFORE, environment="b"),), known(a="1", b="2"), OWN)
    assert not state
    assert settled(previous, chat_in("a"), there("1", OWN, "a")).handlings["a"].forced == {CHAT}


def test_namespaces_that_are_there_already_are_used_and_not_changed(
    state: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not state
    told: list[str] = []
    monkeypatch.setattr(pulumi.log, "info", lambda message, *_: told.append(message))
    namespace = ObjectName("Namespace", "", "team")
    made = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team"}}
    existing = ExistingObjects("1", {namespace: LiveObject("", "", made)})
    ownership = settled(PreviousStack((), {}, OWN), replace(chat_in("a"), namespaces=("team",)), existing)
    ownership.tell(())
    assert ownership.handlings["a"].namespaces == ()
    assert told == [
        "createNamespaces: namespace team is already in a, and this stack did not create it: used unchanged"
    ]


def test_in_a_cluster_that_was_accepted_nothing_is_the_stacks_own_yet(state: list[str]) -> None:
    """Somebody has made a service of the same name there, by hand."""
    previous = PreviousStack((BEFORE,), known(a="1"), OWN)

    (said,) = refused(previous, chat_in("a", BEFORE), there(ANOTHER, ""), a=ANOTHER)
    assert said.endswith("[SW421]")
    # In the cluster that it was applied to, somebody has only taken the annotation off.
    assert settled(previous, chat_in("a", BEFORE), there("1", "")).handlings["a"].forced == frozenset()
    # What is not there yet is made: Pulumi's state says that it is.
    assert settled(previous, chat_in("a", BEFORE), ExistingObjects(ANOTHER), a=ANOTHER).handlings["a"].gone == {CHAT}
    # And what leaves is not deleted in its stead.
    state += [f"{URN}$kubernetes:serving.kserve.io/v1alpha2:LLMInferenceService::a/team/chat-service"]
    (said,) = refused(previous, chat_in("a", BEFORE, stays=False), there(ANOTHER, ""), a=ANOTHER)
    assert "was not made by any stack, and this stack would delete it" in said


def test_what_leaves_is_forgotten_with_what_scales_it(state: list[str]) -> None:
    previous = PreviousStack((BEFORE,), known(a="1"), OWN)
    state += [f"{URN}$kubernetes:serving.kserve.io/v1alpha2:LLMInferenceService::a/team/chat-service"]
    state += [f"{URN}$kubernetes:keda.sh/v1alpha1:ScaledObject::a/team/chat-scaledobject"]
    (said,) = refused(previous, chat_in("a", BEFORE, stays=False), there("1", "acme/slicewise/other"))
    assert f"pulumi state delete '{state[1]}' && pulumi state delete '{state[0]}'" in said
    assert said.endswith("[SW423]")


def changed_to(replicas: int) -> dict[str, Any]:
    item = manifest(CHAT)
    return {**item, "spec": {**item["spec"], "replicas": replicas, "model": {"uri": "hf://a/c"}}}


@pytest.mark.parametrize(
    ("applied", "live", "tried", "ignored"),
    [
        # A webhook makes 2 of them of another model, whenever the service is applied.
        ("1", 2, 2, {"spec.replicas", "spec.model.uri"}),
        # Somebody has scaled it, too: that is put back.
        ("1", 7, 3, None),
        # The last update was killed: the state has what the documents said before.
        ("0", 2, 2, set()),
    ],
)
def test_what_applying_cannot_change_is_no_change(
    applied: str, live: int, tried: int, ignored: set[str] | None, monkeypatch: pytest.MonkeyPatch, state: list[str]
) -> None:
    async def read() -> StackState:
        return StackState(urns=frozenset(state), objects={"a": {CHAT: Applied(URN, "7", applied)}})

    monkeypatch.setattr(settlement, "read_state", read)
    existing = ExistingObjects("1", {CHAT: LiveObject(OWN, "a", changed_to(live))}, tried={CHAT: changed_to(tried)})
    handling = settled(PreviousStack((BEFORE,), known(a="1"), OWN), chat_in("a", BEFORE), existing).handlings["a"]
    paths = handling.set_options(pulumi.ResourceOptions(), manifest(CHAT), "a/team/chat-service").ignore_changes
    assert (None if paths is None else {path for path in paths if path.startswith("spec")}) == ignored


def test_a_key_that_is_not_a_word_is_quoted() -> None:
    handling = Handling("a", rewritten={CHAT: [("spec", "template", "nodeSelector", "a.b/c")]})
    options = handling.set_options(pulumi.ResourceOptions(), manifest(CHAT), "a/team/chat-service")
    assert options.ignore_changes
    assert options.ignore_changes[-1] == 'spec.template.nodeSelector["a.b/c"]'


def test_what_is_put_back_in_a_skipped_environment_is_not_said(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", lambda message, *_: told.append(message))
    monkeypatch.setattr(pulumi.log, "info", lambda message, *_: told.append(message))
    gone = Diagnostic.warning(
        Code.MADE_AGAIN, "`pulumi up` makes it again", subject=Subject("InferenceEnvironment", "a")
    )
    notes = Note("a", gone), Note("a", "a has it"), Note("b", "b has it"), Note(None, "one is gone")

    Ownership({}, notes).tell({"a"})

    assert told == ["b has it", "one is gone"]
