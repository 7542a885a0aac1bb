"""What a preview says of itself: the engine's events, JSON, one a line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from policies.results.previewed_rules import rule_names, violations
from policies.results.violation import Violation
from policies.rules import PACK
from slicewise.kubernetes import mapping

_HOW: Final = "run `PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true pulumi preview --json > EVENTS`"
# All that the engine says of itself when a mandatory policy was violated.
_MANDATORY: Final = "preview failed"
# What the engine adds to every error of a program, and what it says of the program's end.
_TAIL: Final = re.compile(
    r"\s*(?:an unhandled error occurred: )?program exited with non-zero exit code: \d+\s*$", re.IGNORECASE
)
_STACK: Final = "pulumi:pulumi:Stack"


class UnusableEventsError(Exception):
    """The events do not tell what a preview saw; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class PreviewedResource:
    """A resource of the stack.

    Attributes:
        urn: What it is called in the stack.
        parent: The URN of the component that it is part of; empty for the stack itself.
        inputs: What it was declared with.
    """

    urn: str
    parent: str
    inputs: Mapping[str, Any]

    @property
    def type(self) -> str:
        """The type token, without those of the components around it."""
        return self.urn.split("::", 3)[2].rpartition("$")[2]

    @property
    def name(self) -> str:
        """The name in the stack."""
        return self.urn.split("::", 3)[3]


@dataclass(frozen=True, slots=True)
class Preview:
    """A preview, and what policies have to say of it.

    Attributes:
        violations: What policy packs reported; of Slicewise's rules, if its pack did not run, what they say of the
            events.
        resources: By URN.
        outputs: Of the stack: the plan.
        earlier: The outputs that the stack had before.
        passed: The policies that found something in order, by pack and name.
        errors: What went wrong, beside policies.
        completed: Whether everything was looked at: it came to its end, and only policies may have failed it.
    """

    violations: tuple[Violation, ...]
    resources: Mapping[str, PreviewedResource]
    outputs: Mapping[str, Any]
    earlier: Mapping[str, Any]
    passed: frozenset[tuple[str, str]]
    errors: tuple[str, ...]
    completed: bool

    @classmethod
    def read(cls, text: str) -> Preview:
        """Read the events.

        Raises:
            UnusableEventsError: they are not events.
        """
        events = list(_events(text))
        if not events:
            message = "there are no engine events in it"
            raise UnusableEventsError(f"{message}; {_HOW}")
        summaries = _of("summaryEvent", events)
        succeeded = bool(summaries) and summaries[-1].get("result") == "succeeded"
        analyses = _of("policyAnalyzeSummaryEvent", events) + _of("policyAnalyzeStackSummaryEvent", events)
        metadata = [event["metadata"] for event in _of("resourcePreEvent", events)]
        reported = [_violation(event) for event in _of("policyEvent", events)]
        passed = {(item["policyPackName"], name) for item in analyses for name in item.get("passed", [])}
        errors = tuple(_errors(events))
        explained = bool(summaries) and any(violation.mandatory for violation in reported)
        completed = not errors and (succeeded or explained)
        if all(item["policyPackName"] != PACK for item in analyses):
            reported += violations(events, completed=completed)
            passed |= {(PACK, name) for name in rule_names(completed=completed)}
        return cls(
            violations=tuple(reported),
            resources={item["urn"]: _resource(item) for item in metadata},
            outputs=_outputs(events),
            earlier=_earlier(metadata),
            passed=frozenset(passed),
            errors=errors,
            completed=completed,
        )


def _events(text: str) -> Iterator[Mapping[str, Any]]:
    # Not splitlines(): the engine writes U+0085, which Python takes for the end of a line, as it is.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.startswith("{"):
            continue  # what a plugin wrote to standard output, in between
        try:
            yield json.loads(line)
        except ValueError as error:
            # Without the setting, `--json` writes one document over many lines, and leaves the policies out.
            raise UnusableEventsError(f"line {number} is not an event: {error}; {_HOW}") from error


def _of(kind: str, events: Sequence[Mapping[str, Any]]) -> list[Any]:
    return [event[kind] for event in events if kind in event]


def _outputs(events: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    finished = [event["metadata"] for event in _of("resOutputsEvent", events)]
    stacks = [mapping(item["new"]["outputs"]) for item in finished if item["type"] == _STACK and item["new"]]
    return stacks[-1] if stacks else {}


def _earlier(metadata: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    stacks = [mapping(mapping(item.get("old")).get("outputs")) for item in metadata if item.get("type") == _STACK]
    return stacks[-1] if stacks else {}


def _errors(events: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for event in _of("diagnosticEvent", events):
        message = _TAIL.sub("", event["message"]).strip()
        if event["severity"] == "error" and message not in ("", _MANDATORY):
            yield message


def _violation(event: Mapping[str, Any]) -> Violation:
    # The SDK puts what a policy reports after its description.
    description, _, message = event["message"].strip().partition("\n")
    return Violation(
        policy=event["policyName"],
        pack=event["policyPackName"],
        description=description,
        message=message or description,
        mandatory=event["enforcementLevel"] != "advisory",
        urn=event.get("resourceUrn", ""),
    )


def _resource(metadata: Mapping[str, Any]) -> PreviewedResource:
    # What is deleted has no new state.
    state = metadata["new"] or metadata["old"]
    return PreviewedResource(metadata["urn"], state.get("parent", ""), mapping(state.get("inputs")))
