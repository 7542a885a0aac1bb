"""A Pulumi program that is not Slicewise's, under the eyes of the policy pack."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embedded.program import CHECKOUT, Program

STACK = "test"
PACK = CHECKOUT / "policies" / "__main__.py"
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

    def of_policy(self, policy: str) -> list[Violation]:
        """Return the violations of one policy."""
        return [violation for violation in self.violations if violation.policy == policy]

    def inputs(self, name: str) -> dict[str, Any]:
        """Return what the engine takes as the inputs of a resource, after all remediation."""
        steps = [event["resourcePreEvent"]["metadata"] for event in self.events if "resourcePreEvent" in event]
        inputs: dict[str, Any] = next(step["new"]["inputs"] for step in steps if step["urn"].endswith(f"::{name}"))
        return inputs


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
