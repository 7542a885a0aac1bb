"""A Pulumi program that is not Slicewise's, under the eyes of the policy pack."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from embedded.program import CHECKOUT, Program
from policies.results.engine_events import Preview
from policies.results.violation import Violation as Reported

STACK = "test"
PACK = CHECKOUT / "policies" / "__main__.py"
# What the engine says when a mandatory policy was violated.
FAILED = "preview failed\n"
_PROJECT = "name: others\nruntime: python\n"


@dataclass(frozen=True)
class Violation:
    """What the engine says of one violation."""

    policy: str
    level: str
    resource: str
    message: str


@dataclass(frozen=True)
class Run:
    """How an operation of the CLI ended, and what policies had to say in it."""

    exit_code: int
    violations: tuple[Violation, ...]
    events: tuple[dict[str, Any], ...]
    text: str

    @classmethod
    def of(cls, process: subprocess.CompletedProcess[str]) -> Run:
        """Read the engine's events: JSON, one a line."""
        events = [json.loads(line) for line in process.stdout.splitlines() if line.startswith('{"')]
        found = [event["policyEvent"] for event in events if "policyEvent" in event]
        return cls(
            process.returncode,
            tuple(
                Violation(
                    item["policyName"],
                    item["enforcementLevel"],
                    item.get("resourceUrn", "").rpartition("::")[2],
                    item["message"],
                )
                for item in found
            ),
            tuple(events),
            process.stdout + process.stderr,
        )

    def with_the_pack(self) -> set[Reported]:
        """Return what the reports have of the pack's findings."""
        return {_in_order(each) for each in Preview.read(_stream(self.events)).violations}

    def without_the_pack(self) -> set[Reported]:
        """Return what the reports would have if the pack had not run."""
        events = [event for event in self.events if not any(kind.startswith("policy") for kind in event)]
        # Without the pack nothing fails a preview that has found something.
        events = [event for event in events if event.get("diagnosticEvent", {}).get("message") != FAILED]
        for event in events:
            if "summaryEvent" in event:
                event["summaryEvent"] |= {"result": "succeeded"}
        return {_in_order(each) for each in Preview.read(_stream(events)).violations}

    def of_policy(self, policy: str) -> list[Violation]:
        """Return the violations of one policy."""
        return [violation for violation in self.violations if violation.policy == policy]

    def inputs(self, name: str) -> dict[str, Any]:
        """Return what the engine takes as the inputs of a resource, after all remediation."""
        steps = [event["resourcePreEvent"]["metadata"] for event in self.events if "resourcePreEvent" in event]
        inputs: dict[str, Any] = next(step["new"]["inputs"] for step in steps if step["urn"].endswith(f"::{name}"))
        return inputs


def _in_order(violation: Reported) -> Reported:
    """Return it with what was not checked in one order, and without what the SDK adds to that.

    The order of a mapping is another with each run, and the SDK says whose policy it is in place of what that wants.
    """
    _, unchecked, items = violation.message.partition("not checked: ")
    if not unchecked:
        return violation
    return replace(violation, description="", message=f"{unchecked}{sorted(items.split(', '))}")


def _stream(events: Iterable[dict[str, Any]]) -> str:
    return "\n".join(map(json.dumps, events))


@dataclass(frozen=True)
class Guarded:
    """A program in a directory of its own, and the operations that the pack looks at."""

    program: Program

    @classmethod
    def create(cls, directory: Path, source: str) -> Guarded:
        """Make the directory, the program and its stack."""
        (directory / "state").mkdir(parents=True)
        (directory / "Pulumi.yaml").write_text(_PROJECT)
        (directory / "__main__.py").write_text(source)
        guarded = cls(Program.at(directory, STACK))
        guarded.program.pulumi("stack", "init", STACK, "--secrets-provider", "passphrase").check_returncode()
        return guarded

    def preview(self, config: dict[str, Any] | None = None) -> Run:
        """Preview with the pack."""
        return Run.of(self.program.pulumi("preview", "--json", "--stack", STACK, *self._pack(config)))

    def analyze(self, state: Path, config: dict[str, Any] | None = None) -> subprocess.CompletedProcess[str]:
        """Check an exported stack: no program runs, no cluster is asked."""
        return self.program.pulumi("policy", "analyze", "--file", str(state), *self._pack(config))

    def _pack(self, config: dict[str, Any] | None) -> list[str]:
        if config is None:
            return ["--policy-pack", str(PACK)]
        file = self.program.directory / "policy-config.json"
        file.write_text(json.dumps(config))
        return ["--policy-pack", str(PACK), "--policy-pack-config", str(file)]
