"""What is read of the engine's events, and when they are refused."""

from __future__ import annotations

import json

import pytest

from policies.results.engine_events import Preview, UnusableEventsError
from tests.policies.results.stream import (
    ANALYZED,
    FAILED,
    STACK,
    SUCCEEDED,
    passed,
    resource,
    said,
    service_urn,
    stream,
    urn,
    violation,
)

GEMMA = service_urn("mig-a/team-a/gemma")


def test_a_violation_is_what_a_policy_wants_and_what_is_wrong() -> None:
    read = Preview.read(stream(ANALYZED, violation(GEMMA, "spec.replicas: 0; write 1"), said("preview failed"), FAILED))

    (found,) = read.violations
    assert (found.pack, found.policy, found.mandatory) == ("slicewise", "rule", True)
    assert (found.description, found.message) == ("What holds.", "spec.replicas: 0; write 1")
    assert found.urn == GEMMA
    # A violation explains why a preview failed: everything was looked at.
    assert read.completed
    assert read.errors == ()


def test_a_policy_that_reports_no_more_than_itself_has_its_description_for_a_message() -> None:
    event = violation(GEMMA, "")
    assert Preview.read(stream(ANALYZED, event, FAILED)).violations[0].message == "What holds."


@pytest.mark.parametrize(("level", "mandatory"), [("advisory", False), ("mandatory", True), ("remediate", True)])
def test_only_advice_lets_an_update_go_on(level: str, mandatory: bool) -> None:
    read = Preview.read(stream(ANALYZED, violation(GEMMA, "x", level=level), SUCCEEDED))
    assert read.violations[0].mandatory == mandatory


def test_resources_have_a_type_and_a_name() -> None:
    provider = urn("slicewise:index:InferenceEnvironment$pulumi:providers:kubernetes", "mig-a-provider")
    found = Preview.read(stream(ANALYZED, resource(provider), SUCCEEDED)).resources[provider]
    assert (found.type, found.name, found.parent) == ("pulumi:providers:kubernetes", "mig-a-provider", STACK)


def test_what_is_deleted_is_known_by_its_old_state() -> None:
    event = resource(GEMMA)
    metadata = event["resourcePreEvent"]["metadata"]
    metadata["old"], metadata["new"] = metadata["new"], None
    assert Preview.read(stream(ANALYZED, event, SUCCEEDED)).resources[GEMMA].parent == STACK


def test_what_was_in_order_is_known_by_name() -> None:
    read = Preview.read(stream(ANALYZED, passed(GEMMA, "a", "b"), passed(STACK, "b"), SUCCEEDED))
    assert read.passed == {("slicewise", "a"), ("slicewise", "b")}


def test_a_preview_that_went_wrong_did_not_complete() -> None:
    read = Preview.read(stream(ANALYZED, said("using a plugin", "warning"), said("no such host"), FAILED))
    assert read.errors == ("no such host",)
    assert not read.completed


def test_a_preview_that_was_cut_off_did_not_complete() -> None:
    assert not Preview.read(stream(ANALYZED, violation(GEMMA, "x"))).completed


def test_a_preview_that_failed_for_no_reason_did_not_complete() -> None:
    assert not Preview.read(stream(ANALYZED, FAILED)).completed


@pytest.mark.parametrize("separator", ["\x85", "\u2028", "\u2029"])
def test_an_event_ends_at_the_end_of_its_line_alone(separator: str) -> None:
    # Go's encoder escapes what JSON makes it escape, and U+0085 is not among that.
    event = json.dumps(violation(GEMMA, f"a{separator}b"), ensure_ascii=False)
    read = Preview.read(f"{stream(ANALYZED)}{event}\n{stream(SUCCEEDED)}")
    assert [item.message for item in read.violations] == [f"a{separator}b"]


def test_what_plugins_print_in_between_is_passed_over() -> None:
    assert Preview.read(f"warning: hello\n{stream(ANALYZED, SUCCEEDED)}").completed


@pytest.mark.parametrize(
    ("text", "said_of_it"),
    [
        ("", "there are no engine events in it"),
        ("error: no stack selected\n", "there are no engine events in it"),
        # What `--json` writes without the setting.
        (json.dumps({"steps": [], "duration": 1}, indent=4), "line 1 is not an event"),
    ],
)
def test_events_that_tell_nothing_are_refused(text: str, said_of_it: str) -> None:
    with pytest.raises(UnusableEventsError) as raised:
        Preview.read(text)
    assert said_of_it in str(raised.value)
    assert "PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true" in str(raised.value)
