"""A user's own program with Slicewise's components in it: a project of another name, its state in a directory."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from embedded.program import CHECKOUT, Program
from tests.engine.workspace import STACK, Workspace

_PROJECT = "name: platform\nruntime: {name: python, options: {virtualenv: .venv}}\nstackConfigDir: stacks\n"


class UserProgram(Workspace):
    """The program, on a stack called `test`; its documents are in `documents.json`."""

    @classmethod
    def of(cls, directory: Path, text: str) -> UserProgram:
        """Make the project and the stack."""
        (directory / "Pulumi.yaml").write_text(_PROJECT)
        (directory / ".venv").symlink_to(CHECKOUT / ".venv")
        (directory / "state").mkdir()
        (directory / "stacks").mkdir()
        program = Program.at(directory, STACK)
        found = cls(dataclasses.replace(program, environment=program.environment | {"PYTHONPATH": str(CHECKOUT)}))
        found.pulumi("stack", "init", STACK, "--secrets-provider", "passphrase")
        found.configure(verify="false")
        found.rewrite(text)
        return found

    def rewrite(self, text: str) -> None:
        """Replace the program."""
        (self.directory / "__main__.py").write_text(text)

    def write(self, *documents: dict[str, Any]) -> None:
        """Replace the program's documents."""
        kinds = {"InferenceEnvironment": "environments", "ModelDeployment": "deployments"}
        sorted_by_kind: dict[str, list[dict[str, Any]]] = {"environments": [], "models": [], "deployments": []}
        for document in documents:
            sorted_by_kind[kinds.get(document["kind"], "models")].append(document)
        (self.directory / "documents.json").write_text(json.dumps(sorted_by_kind))

    def resources(self) -> dict[str, dict[str, Any]]:
        """Return what the state has, by URN."""
        state = json.loads(self.export())
        return {each["urn"]: each for each in state["deployment"].get("resources", ())}
