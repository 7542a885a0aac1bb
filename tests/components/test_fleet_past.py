"""What a Fleet makes of what the last `pulumi up` left, and of clusters that a preview cannot ask; Pulumi is a mock."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest
from pulumi.resource import DependencyResource

from components import last_update
from components.clusters import reaching
from components.clusters.asking import ask_clusters
from components.component_options import PreviousPlan
from components.environment_content import EnvironmentContent
from components.fleet import Fleet
from components.inference_environment import InferenceEnvironment
from components.object_handling import Handling
from components.stack_config import StackConfig
from components.state import PreviousStack, StackState
from components.state.cluster_outputs import KnownCluster
from components.synchronous import complete
from slicewise.testing import Recorder, run
from slicewise.testing.monitor import RecordingMonitor
from tests.components.kubeconfigs import kubeconfig
from tests.documents import deployment, environment, model, profile, slices

TINY = model("tiny", profile("any", memoryPerGpu="30Gi", mig="only"))
POOLS = environment("mig-a", slices("slices", "3g.40gb"))
CHAT = deployment("chat", "tiny", replicas=3)
ENVIRONMENT = "slicewise:index:InferenceEnvironment"
BEFORE = PreviousStack(
    clusters={"mig-a": KnownCluster(uid="u", identifier="mig-a")}, stack="organization/slicewise/test"
)
READ = StackState(is_read=True)
AT_THE_TOP = StackState(is_read=True, urns=frozenset({"urn"}), at_the_top=frozenset({"mig-a"}))


@pytest.fixture
def aliased(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """How many aliases each resource is registered with, by name."""
    found: dict[str, int] = {}
    register = RecordingMonitor.RegisterResource

    def registered(self: RecordingMonitor, request: Any) -> Any:  # noqa: ANN401 - gRPC's
        found[request.name] = len(request.aliases)
        return register(self, request)

    monkeypatch.setattr(RecordingMonitor, "RegisterResource", registered)
    return found


@pytest.fixture
def outputs(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Any]]:
    """The outputs that each component registers, by name."""
    found: dict[str, dict[str, Any]] = {}
    register = pulumi.ComponentResource.register_outputs

    def registered(self: pulumi.ComponentResource, outputs: dict[str, Any]) -> None:
        found[self._name] = outputs
        register(self, outputs)

    monkeypatch.setattr(pulumi.ComponentResource, "register_outputs", registered)
    return found


def has(monkeypatch: pytest.MonkeyPatch, *, before: PreviousStack = BEFORE, state: StackState) -> list[object]:
    """Give the stack outputs and a state; return how often the state is read."""
    reads: list[object] = []

    async def previous(config: StackConfig) -> PreviousStack:
        assert not config.plan_afresh
        return before

    async def read(owner: object = None) -> StackState:
        reads.append(owner)
        return state

    monkeypatch.setattr(last_update, "previous_stack", previous)
    monkeypatch.setattr(last_update, "read_state", read)
    return reads


def declare(**arguments: Any) -> None:  # noqa: ANN401 - arguments of several types
    def program() -> pulumi.Output[Any]:
        Fleet(
            "models",
            **{
                "environments": [POOLS],
                "models": [TINY],
                "deployments": [CHAT],
                "previous_plan": PreviousPlan.STACK_OUTPUTS,
                **arguments,
            },
        )
        return pulumi.Output.from_input(None)

    run(program)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[set[str]]:
    """Which clusters are asked; none is there."""
    found: list[set[str]] = []

    async def recorded(config: StackConfig, usable: Any, needs: Any) -> Any:  # noqa: ANN401 - what `ask_clusters` takes
        found.append(set(usable))
        return await ask_clusters(config, {}, needs)

    monkeypatch.setattr(reaching, "ask_clusters", recorded)
    return found


@pytest.mark.parametrize(
    ("before", "state", "sent"),
    [
        (PreviousStack(), READ, 0),
        (PreviousStack(), AT_THE_TOP, 1),
        # The outputs tell all, so the state is not read: what is at the top is not known.
        (BEFORE, AT_THE_TOP, 1),
    ],
)
@pytest.mark.usefixtures("recorder")
def test_an_environment_has_an_alias_at_the_top_unless_the_state_has_it_elsewhere(
    before: PreviousStack, state: StackState, sent: int, aliased: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    has(monkeypatch, before=before, state=state)

    declare(kubeconfig_source="none")

    assert aliased["mig-a"] == sent
    assert aliased["mig-a-provider"] == 0


@pytest.mark.parametrize(("state", "sent"), [(READ, 0), (AT_THE_TOP, 1)])
@pytest.mark.usefixtures("recorder")
def test_placements_have_an_alias_only_where_the_state_has_them_at_the_top(
    state: StackState, sent: int, aliased: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    has(monkeypatch, before=PreviousStack(), state=state)

    declare(kubeconfig_source="none")

    assert aliased["mig-a/team/chat"] == sent
    assert aliased["mig-a/team/chat-service"] == 0


@pytest.mark.parametrize(("answer", "reads"), [({}, 1), ({"declared": True}, 0)])
def test_the_state_is_read_where_an_environment_of_the_outputs_is_not_in_it(
    answer: dict[str, bool], reads: int, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its name is that of the outputs, and yet the engine knows nothing of it: an update that renamed it was killed."""
    recorder.outputs[ENVIRONMENT] = answer
    found = has(monkeypatch, state=READ)

    declare(kubeconfig_source="none")

    assert len(found) == reads


@pytest.mark.parametrize(("at_the_top", "registered"), [((), {"declared": True}), (("mig-a",), {})])
@pytest.mark.usefixtures("recorder")
def test_an_environment_notes_that_the_state_has_it_when_all_of_it_has_moved(
    at_the_top: tuple[str, ...], registered: dict[str, bool], outputs: dict[str, dict[str, Any]]
) -> None:
    def program() -> pulumi.Output[Any]:
        content = EnvironmentContent(Handling("mig-a"), pulumi.Output.secret("text"))
        made = InferenceEnvironment("mig-a", {}, content=content)
        complete(made.declare_content(at_the_top))
        return pulumi.Output.from_input(None)

    run(program)

    assert outputs["mig-a"] == registered


def test_a_cluster_whose_kubeconfig_a_preview_does_not_know_is_not_asked_and_that_is_said(
    recorder: Recorder, asked: list[set[str]], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    has(monkeypatch, before=PreviousStack(), state=READ)
    unknown = pulumi.Output.from_input("text").apply(lambda _: pulumi.output.UNKNOWN)

    declare(kubeconfigs={"mig-a": unknown})

    assert asked == [set()]
    (said,) = (each.getMessage() for each in caplog.records if "SW359" in each.getMessage())
    assert said.startswith("InferenceEnvironment mig-a: its cluster is not asked in this preview: its kubeconfig is")
    assert "mig-a/team/chat-service" in {each.name for each in recorder.registrations}


@pytest.mark.usefixtures("recorder")
def test_a_cluster_is_not_asked_in_a_preview_before_what_another_language_says_must_be_there(
    asked: list[set[str]], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A preview in the provider gets nothing of it but the URN: whether it has been made is not known."""
    has(monkeypatch, before=PreviousStack(), state=READ)
    kserve = "urn:pulumi:test::slicewise::kubernetes:helm.sh/v3:Release::kserve"

    declare(
        kubeconfigs={"mig-a": kubeconfig("https://127.0.0.1:9")},
        opts=pulumi.ResourceOptions(depends_on=[DependencyResource(kserve)]),
    )

    assert asked == [set()]
    (said,) = (each.getMessage() for each in caplog.records if "SW359" in each.getMessage())
    assert "kserve must be there first, and `pulumi up` is yet to make it" in said
