"""`onUnreachable`: what stops the run, what is left as it is, and what the outputs and the warning say of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pulumi
import pytest

from components.clusters.skipping import SkipReason, keep_outputs, refuse_if_all_are_skipped, skip_or_fail, tell_skipped
from components.kubeconfig.no_cluster import NOWHERE
from components.leaving.departures import Departures
from components.leaving.untouched import declare_all_untouched, declare_untouched
from components.stack_config import OnUnreachable, StackConfig, read_stack_config
from components.state.stack_state import EnvironmentState, StackState, StateResource, resources_by_environment
from slicewise.diagnostics import Code
from slicewise.testing import Recorder, run
from tests.documents import Document, deployment, environment, fleet_of, model, planned_outputs, profile, slices

SERVICE = "kubernetes:serving.kserve.io/v1alpha2:LLMInferenceService"
CONFIG = "kubernetes:serving.kserve.io/v1alpha2:LLMInferenceServiceConfig"
SCALER = "kubernetes:keda.sh/v1alpha1:ScaledObject"
ENVIRONMENT, PLACEMENT = "slicewise:index:InferenceEnvironment", "slicewise:index:ModelPlacement"
DOWN = SkipReason("west", "west does not answer [SW404]", Code.CLUSTER_UNREACHABLE)
REASONS = (DOWN, SkipReason("west", "and more [SW410]", Code.CREDENTIAL_REFUSED))


def config(**changes: Any) -> StackConfig:  # noqa: ANN401 - fields of several types
    return replace(read_stack_config(pulumi.Config("slicewise")), **changes)


@pytest.fixture(autouse=True)
def _stack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulumi, "get_stack", lambda: "test")


def test_it_fails_by_default_and_says_how_to_go_on() -> None:
    with pytest.raises(pulumi.RunError) as caught:
        skip_or_fail(config(), ["east", "north", "west"], REASONS, "clusters cannot be used")
    assert str(caught.value) == (
        "clusters cannot be used, so nothing is changed:\n  west does not answer [SW404]\n  and more [SW410]\n"
        "To leave west as it is for now and go on with 2 other environments: "
        "pulumi config set slicewise:onUnreachable skip"
    )


def test_where_nothing_else_is_left_going_on_is_no_remedy() -> None:
    with pytest.raises(pulumi.RunError) as caught:
        skip_or_fail(config(), ["west"], REASONS, "clusters cannot be used")
    assert "onUnreachable" not in str(caught.value)


def test_it_skips_on_request() -> None:
    asked = config(on_unreachable=OnUnreachable.SKIP)
    found = skip_or_fail(asked, ["east", "west"], REASONS, "clusters cannot be used")
    assert found == {"west": REASONS}


def test_where_every_environment_is_skipped_the_run_stops() -> None:
    """It would end well, and have applied nothing."""
    asked = config(on_unreachable=OnUnreachable.SKIP)
    refuse_if_all_are_skipped(asked, ["east", "west"], {"west": REASONS})
    refuse_if_all_are_skipped(asked, ["west"], {})
    with pytest.raises(pulumi.RunError) as caught:
        refuse_if_all_are_skipped(asked, ["west"], {"west": REASONS})
    assert str(caught.value) == (
        "every environment is skipped (slicewise:onUnreachable is skip), so nothing can be changed:\n"
        "  west does not answer [SW404]\n  and more [SW410]"
    )


def urn(types: str, name: str) -> str:
    return f"urn:pulumi:test::slicewise::{types}::{name}"


STATE = [
    urn(f"{PLACEMENT}${SCALER}", "west/team/chat-service-scaledobject"),
    urn(f"{PLACEMENT}${SERVICE}", "west/team/chat-service-service"),
    urn(f"{PLACEMENT}${SERVICE}", "west/team/chat-service"),
    urn(PLACEMENT, "west/team/chat-service"),
    urn(PLACEMENT, "west/team/chat"),
    urn(PLACEMENT, "west/team/never-applied"),
    urn(f"{ENVIRONMENT}$kubernetes:core/v1:Namespace", "west/team/namespace"),
    urn(f"{ENVIRONMENT}${CONFIG}", "west/team/pipeline-parallel-config"),
    urn(f"{ENVIRONMENT}$pulumi:providers:kubernetes", "west-provider"),
    urn(ENVIRONMENT, "west"),
    urn(f"{ENVIRONMENT}$pulumi:providers:kubernetes", "west-2-provider"),
    urn("pulumi:pulumi:Stack", "slicewise-test"),
    urn("pulumi:providers:pulumi", "default"),
]


@pytest.mark.parametrize("resources", [STATE, STATE[::-1]])
def test_the_state_is_sorted_into_environments_whatever_its_order(resources: list[str]) -> None:
    found = resources_by_environment(resources)
    assert set(found) == {"west", "west-2"}
    west = found["west"]
    assert west.has_provider
    assert [each.name for each in west.shared] == ["west/team/namespace", "west/team/pipeline-parallel-config"]
    assert west.placements == {
        "west/team/chat": [StateResource("west/team/chat-service", SERVICE)],
        "west/team/chat-service": [
            StateResource("west/team/chat-service-scaledobject", SCALER),
            StateResource("west/team/chat-service-service", SERVICE),
        ],
        "west/team/never-applied": [],
    }


def test_what_is_in_the_state_is_declared_again_with_all_changes_ignored(recorder: Recorder) -> None:
    # A service may be called like another placement: here names are to tell resources apart.
    state = [each for each in STATE if not each.endswith((f"{SERVICE}::west/team/chat-service", "::west/team/chat"))]

    def program() -> pulumi.Output[None]:
        declare_untouched("west", resources_by_environment(state)["west"])
        return pulumi.Output.from_input(None)

    run(program)

    found = {each.name: each for each in recorder.registrations if each.name != "slicewise-test"}
    own = [each.rpartition("::")[2] for each in state if "::west" in each and "west-2" not in each]
    assert set(found) == set(own)
    for each in found.values():
        assert each.ignored == (frozenset({"*"}) if each.custom else frozenset())
    assert {each.provider for each in found.values() if each.custom} == {"", "west-provider"}
    # The state's counts, as everywhere: no credential is needed to declare it.
    assert found["west-provider"].inputs["kubeconfig"] == NOWHERE
    parents = {name: each.parent for name, each in found.items()}
    assert parents["west/team/namespace"] == parents["west-provider"] == "west"
    assert parents["west/team/chat-service-scaledobject"] == "west/team/chat-service"
    assert parents["west/team/chat-service"] == "west"
    assert "west/team/chat-service-service" in found["west/team/chat-service-scaledobject"].dependencies


def test_a_plugin_that_gives_no_credential_is_not_left_to_the_provider(recorder: Recorder) -> None:
    def program() -> pulumi.Output[None]:
        declare_untouched("west", EnvironmentState(has_provider=True), runs_plugin=True)
        return pulumi.Output.from_input(None)

    run(program)
    (provider,) = (each for each in recorder.registrations if each.name == "west-provider")
    assert provider.inputs["kubeconfig"] == NOWHERE
    assert provider.ignored == frozenset()


def test_what_a_rename_that_broke_off_has_left_has_the_provider_of_the_new_name(recorder: Recorder) -> None:
    left = [urn(f"{PLACEMENT}${SERVICE}", "west/team/chat-service"), urn(PLACEMENT, "west/team/chat")]
    state = StackState(
        {"new": EnvironmentState(has_provider=True), **resources_by_environment(left)},
        identifiers={"new": "first-name"},
    )

    def program() -> pulumi.Output[None]:
        declare_all_untouched(["new"], Departures({"west": ("new",)}), state, frozenset())
        return pulumi.Output.from_input(None)

    run(program)
    found = {each.name: each for each in recorder.registrations}
    assert found["west/team/chat-service"].provider == "new-provider"
    assert "west-provider" not in found
    # The state's, which is not the name after a rename: another one would replace every object.
    assert found["new-provider"].inputs["clusterIdentifier"] == "first-name"
    assert found["new-provider"].inputs["upsertExistingObjects"] == "true"


def test_an_environment_that_was_never_applied_is_not_declared(recorder: Recorder) -> None:
    def program() -> pulumi.Output[None]:
        declare_untouched("west", EnvironmentState())
        return pulumi.Output.from_input(None)

    run(program)
    assert [each.name for each in recorder.registrations if each.name.startswith("west")] == []


TINY = model("tiny", profile("any", memoryPerGpu="30Gi", mig="only"))
BOTH = tuple(environment(name, slices("slices", "3g.40gb"), labels={"site": name}) for name in ("east", "west"))


def outputs(**replicas: int) -> dict[str, Any]:
    """Return the outputs of a plan with a deployment in each environment."""
    placed = [
        deployment(f"in-{name}", "tiny", replicas=count, environmentSelector={"site": name})
        for name, count in replicas.items()
    ]
    return planned_outputs(fleet_of([*BOTH, TINY, *placed]))


def test_the_outputs_of_a_skipped_environment_stay_as_they_were() -> None:
    kept = keep_outputs(outputs(east=3, west=4), outputs(east=1, west=2), {"west"})
    assert kept.pop("skipped") == ["west"]
    assert kept == outputs(east=3, west=2)
    # Stacks of before outputs were maps.
    lists = {key: [*output.values()] for key, output in outputs(east=1, west=2).items()}
    assert keep_outputs(outputs(east=3, west=4), lists, {"west"}) == {**outputs(east=3, west=2), "skipped": ["west"]}
    assert keep_outputs(outputs(east=3), {}, ()) == outputs(east=3)
    assert keep_outputs(outputs(east=3, west=4), {}, {"west"})["placements"] == outputs(east=3)["placements"]


def test_placements_whose_deletion_may_fail_are_named_until_the_state_has_lost_them() -> None:
    before = outputs(east=1, west=2)
    kept = keep_outputs(outputs(east=3), before, (), {"west"})
    west = {"west/team/in-west": before["placements"]["west/team/in-west"]}
    assert kept.pop("leaving") == west
    assert kept == outputs(east=3)
    failed = {**outputs(east=3), "leaving": west}
    assert keep_outputs(outputs(east=3), failed, (), {"west"})["leaving"] == west
    assert keep_outputs(outputs(east=3), failed, ()) == outputs(east=3)


@pytest.mark.parametrize("damaged", [{"a": 1}, "text", [1, 2], None, 5, True])
def test_outputs_that_nobody_can_read_keep_nothing(damaged: object) -> None:
    """As with `planAfresh`."""
    kept = keep_outputs(outputs(east=3), {"placements": damaged, "leaving": damaged}, {"north"}, {"west"})
    assert kept == outputs(east=3) | {"skipped": ["north"]}


def test_the_warning_says_what_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", told.append)

    def at_west(name: str, replicas: int = 1) -> Document:
        return deployment(name, "tiny", replicas=replicas, environmentSelector={"site": "west"})

    # Nothing waits for `same`: it is there, and as the plan has it.
    fleet = fleet_of([*BOTH, TINY, at_west("same"), at_west("new"), at_west("grows", 3)])
    placed = {f"west/team/{name}": list[StateResource]() for name in ("same", "old", "grows")}
    there = EnvironmentState(has_provider=True, placements=placed)
    before = planned_outputs(fleet_of([*BOTH, TINY, at_west("same"), at_west("old"), at_west("grows")]))
    tell_skipped({"west": (DOWN,)}, planned_outputs(fleet), StackState({"west": there}, before))
    (warning,) = told
    assert warning.splitlines() == [
        "environment west is skipped, it cannot be changed now:",
        "  west does not answer [SW404]",
        (
            "  3 placements of it stay as they are, and nothing that has changed in the documents is applied there "
            "(west/team/new is not there yet; west/team/grows changes then; west/team/old stays, and goes then). "
            "`pulumi up` catches up when the cluster answers again [SW314]"
        ),
    ]


@pytest.mark.parametrize(
    ("codes", "until"),
    [
        ([Code.KUBECONFIG_MISSING], "its kubeconfig can be used"),
        ([Code.NAMESPACE_MISSING], "the namespaces are there"),
        ([Code.KIND_NOT_SERVED, Code.NAMESPACE_MISSING], "the cluster serves these kinds, the namespaces are there"),
        ([Code.FEWER_NODES, Code.FEWER_UNITS], "what is written here is fixed"),
    ],
)
def test_what_the_next_update_waits_for_is_what_keeps_this_one(
    codes: list[Code], until: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cluster whose namespace is missing is not away, so it does not come back."""
    told: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", told.append)
    reasons = tuple(SkipReason("west", f"{code.value} says it", code) for code in codes)
    tell_skipped({"west": reasons}, outputs(), StackState({}))
    (warning,) = told
    assert warning.endswith(f"`pulumi up` catches up when {until} [SW314]")
