"""Slicewise's rules on a preview's own events: what the pack would have said, without the pack."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from policies.results.engine_events import Preview
from policies.rules import PACK, RESOURCE_RULES, STACK_RULES, Finding, Level, Resource, ResourceRule, StackRule
from tests.policies.mutation.breaking import Mutant
from tests.policies.mutation.stacks import Stack, demo, lab
from tests.policies.mutation.test_mutants import MUTANTS
from tests.policies.results.stream import FAILED, STACK, SUCCEEDED, Event, said, stream

# What the engine has for a secret, and for what a preview does not know: in the events of the demo (pulumi v3.276.0).
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "[secret]"}
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
RULES: list[ResourceRule | StackRule] = [*RESOURCE_RULES, *STACK_RULES]
ADVISORY = {rule.name for rule in RULES if rule.level is Level.ADVISORY}
KIND = "kubernetes:serving.kserve.io/v1alpha2:LLMInferenceService"
SERVICE = f"urn:pulumi:demo::slicewise::{KIND}::chat"
TWO_SLICES = {"name": "main", "resources": {"limits": {"nvidia.com/mig-3g.40gb": "2"}}}


def step(kind: str, urn: str, state: dict[str, Any] | None, op: str = "create") -> Event:
    """Return an event of one resource."""
    token = urn.split("::")[2].rpartition("$")[2]
    return {kind: {"metadata": {"op": op, "urn": urn, "type": token, "old": None, "new": state}}}


def declared(resource: Resource) -> Iterator[Event]:
    """Yield what a preview says of a resource of a stack."""
    properties = {key: SECRET if key in resource.secrets else value for key, value in resource.properties.items()}
    # By its name: mutants that change that leave the URN as it was.
    provider = f"urn:pulumi:test::slicewise::pulumi:providers:kubernetes::{resource.provider}::{UNKNOWN}"
    state = {"urn": resource.urn, "parent": STACK, "inputs": properties, "outputs": {}}
    state["provider"] = provider if resource.provider else ""
    yield step("resourcePreEvent", resource.urn, state)
    yield step("resOutputsEvent", resource.urn, state | {"outputs": properties})


def preview_of(stack: Stack) -> Preview:
    """Return the preview that declares a stack."""
    return Preview.read(stream(*(event for each in stack.resources.values() for event in declared(each)), SUCCEEDED))


def service(template: object) -> dict[str, Any]:
    """Return the state of a service."""
    manifest = {"metadata": {"name": "chat", "namespace": "team"}, "spec": {"template": template}}
    return {"urn": SERVICE, "parent": STACK, "inputs": manifest, "outputs": manifest, "provider": ""}


def found(*events: Event) -> dict[str, str]:
    """Return what one policy each says of a preview."""
    return {each.policy: each.message for each in Preview.read(stream(*events)).violations}


@pytest.mark.parametrize("stack", [demo(), lab()], ids=["demo", "lab"])
def test_what_slicewise_declares_breaks_no_rule(stack: Stack) -> None:
    read = preview_of(stack)
    assert read.violations == ()
    assert read.passed == {(PACK, rule.name) for rule in RULES}


@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant.name for mutant in MUTANTS])
def test_a_mutant_is_found_as_the_rules_find_it_in_the_stack(mutant: Mutant) -> None:
    stack = next(each for each in (demo(), lab()) if mutant.target in each.resources).copy()
    mutant.breaks(stack, mutant.target)
    # Events have a resource's name in its URN, and nowhere else.
    stack = Stack({urn: replace(each, name=each.urn.rpartition("::")[2]) for urn, each in stack.resources.items()})
    expected = {(name, each.message) for name, each in stack.outcomes({}) if isinstance(each, Finding)}
    # Those of mutants that only a configuration makes wrong are none.
    assert expected or mutant.config

    read = preview_of(stack)

    findings = [each for each in read.violations if "not checked: " not in each.message]
    assert {(each.policy, each.message) for each in findings} == expected
    assert {each.policy for each in findings if not each.mandatory} == {name for name, _ in expected} & ADVISORY


def test_what_a_preview_does_not_know_is_not_checked() -> None:
    state = service({"containers": [TWO_SLICES | {"image": UNKNOWN}]})
    message = found(step("resourcePreEvent", SERVICE, state), SUCCEEDED)["image-pinned"]
    assert message == "not checked: spec.template.containers[0].image (not known in a preview)"


def test_what_is_secret_is_not_checked_as_the_events_leave_it_out() -> None:
    said_of = found(step("resourcePreEvent", SERVICE, service({"containers": SECRET})), SUCCEEDED)
    assert "not checked: spec.template.containers (not known" in said_of["one-slice-per-container"]


def test_a_kubeconfig_that_is_not_secret_is_found_and_one_that_is_is_not() -> None:
    urn = "urn:pulumi:demo::slicewise::pulumi:providers:kubernetes::mig-a-provider"
    state = {"urn": urn, "parent": STACK, "inputs": {"clusterIdentifier": "a"}, "outputs": {}, "provider": ""}
    plain = step("resourcePreEvent", urn, state | {"inputs": {"clusterIdentifier": "a", "kubeconfig": "kind: Config"}})
    secret = step("resourcePreEvent", urn, state | {"inputs": {"clusterIdentifier": "a", "kubeconfig": SECRET}})
    assert set(found(plain, SUCCEEDED)) == {"kubeconfig-secret"}
    assert found(secret, SUCCEEDED) == {}


@pytest.mark.parametrize("op", ["delete", "delete-replaced", "discard", "discard-replaced"])
def test_what_goes_is_not_looked_at(op: str) -> None:
    state = service({"containers": [TWO_SLICES]})
    gone = step("resourcePreEvent", SERVICE, state, op=op)
    assert found(gone, SUCCEEDED) == {}


@pytest.mark.parametrize("op", ["delete-replaced", "discard-replaced"])
def test_of_what_is_replaced_the_new_one_counts_whichever_event_comes_last(op: str) -> None:
    state = service({"containers": [TWO_SLICES]})
    made = step("resourcePreEvent", SERVICE, state, op="create-replacement")
    assert "one-slice-per-container" in found(made, step("resourcePreEvent", SERVICE, state, op=op), SUCCEEDED)


@pytest.mark.parametrize("op", ["delete", "discard"])
def test_what_is_refreshed_and_then_deleted_is_not_looked_at(op: str) -> None:
    """As `pulumi preview --refresh` has it of a service that the documents no longer have."""
    state = service({"containers": [TWO_SLICES]})
    refreshed = step("resourcePreEvent", SERVICE, state, op="refresh")
    assert "one-slice-per-container" in found(refreshed, SUCCEEDED)
    assert found(refreshed, step("resourcePreEvent", SERVICE, state, op=op), SUCCEEDED) == {}


def test_of_a_preview_that_failed_the_stack_is_not_judged() -> None:
    placements = {"e/team/missing": {"environment": "e", "deployment": {"namespace": "team", "name": "missing"}}}
    root = step("resOutputsEvent", STACK, {"outputs": {"placements": placements}})
    assert set(found(root, SUCCEEDED)) == {"plan-complete"}
    failed = Preview.read(stream(root, said("no such host"), FAILED))
    assert failed.violations == ()
    assert (PACK, "plan-complete") not in failed.passed
    assert not failed.completed


def test_the_pack_is_not_gainsaid() -> None:
    analyzed = {"policyAnalyzeSummaryEvent": {"resourceUrn": SERVICE, "policyPackName": PACK, "passed": ["a"]}}
    broken = step("resourcePreEvent", SERVICE, service({"containers": [TWO_SLICES]}))
    read = Preview.read(stream(broken, analyzed, SUCCEEDED))
    assert read.violations == ()
    assert read.passed == {(PACK, "a")}


def test_the_pack_of_others_does_not_replace_the_rules() -> None:
    analyzed = {"policyAnalyzeSummaryEvent": {"resourceUrn": SERVICE, "policyPackName": "acme", "passed": ["a"]}}
    broken = step("resourcePreEvent", SERVICE, service({"containers": [TWO_SLICES]}))
    assert "one-slice-per-container" in found(broken, analyzed, SUCCEEDED)
