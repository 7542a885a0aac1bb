"""Several stacks of one project, each with a passphrase of its own, in one state and with the documents of one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from embedded.control_plane import ControlPlane
from embedded.program import Program
from tests.documents import Document
from tests.engine.forked_python import forked_python
from tests.engine.workspace import Operation

PLAN = "organization/slicewise/plan"


@dataclass(frozen=True)
class Stacks:
    """One checkout with several stacks; commands of an apply stack are given its passphrase and no other's."""

    program: Program

    @classmethod
    def create(cls, directory: Path, planes: Mapping[str, ControlPlane]) -> Stacks:
        """Make a plan stack and, for each environment, an apply stack of its name; nothing is updated yet.

        The plan stack holds no secret: whoever plans needs no passphrase of an apply stack, and none of their files.
        """
        made = cls(Program.create(directory, "plan", forked_python()))
        made.configure("plan", mode="plan", applyStacks={name: f"organization/slicewise/{name}" for name in planes})
        for name, plane in planes.items():
            own = made.of(name)
            own.pulumi("stack", "init", name, "--secrets-provider", "passphrase").check_returncode()
            made.reach(name, plane.kubeconfig)
            mode = {"mode": "apply", "planStack": PLAN, "environments": [name]}
            made.configure(name, **mode, manifests="stacks/plan", verify=False)
        return made

    def reach(self, name: str, kubeconfig: str) -> None:
        """Give an apply stack the kubeconfig of the environment of its name."""
        self.of(name).set_config(f'kubeconfigs["{name}"]', kubeconfig, secret=True)

    def write(self, *documents: Document) -> None:
        (self.program.directory / "stacks" / "plan" / "fleet.yaml").write_text(yaml.safe_dump_all(documents))

    def configure(self, stack: str, **values: object) -> None:
        """Set keys of a stack's configuration in its file, beside what is encrypted there."""
        file = self.program.directory / "stacks" / f"Pulumi.{stack}.yaml"
        written = (yaml.safe_load(file.read_text(encoding="utf-8")) if file.is_file() else None) or {}
        written.setdefault("config", {}).update({f"slicewise:{key}": each for key, each in values.items()})
        file.write_text(yaml.safe_dump(written), encoding="utf-8")

    def of(self, stack: str) -> Program:
        own = {} if stack == "plan" else {"PULUMI_CONFIG_PASSPHRASE": f"passphrase of {stack}"}
        return replace(self.program, stack=stack, environment=self.program.environment | own)

    def run(self, stack: str, *arguments: str, fails: bool = False) -> str:
        """Run a command on a stack, and return what it printed."""
        done = self.of(stack).pulumi(*arguments, "--stack", stack)
        assert (done.returncode != 0) == fails, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def up(self, stack: str) -> Operation:
        done = self.of(stack).pulumi("up", "--yes", "--skip-preview", "--json", "--stack", stack)
        assert done.returncode == 0, done.stdout + done.stderr
        return Operation.read(done.stdout)

    def refused(self, stack: str) -> str:
        return self.run(stack, "up", "--yes", "--skip-preview", fails=True)

    def outputs(self, stack: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.of(stack).pulumi("stack", "output", "--json", "--stack", stack).stdout)
        return found
