"""A stack of its own for a test: the real program, documents of the test's, a state that goes with the test."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
STACK = "test"


def toolchain_bin() -> str:
    """Return the directory of the pinned binaries."""
    run = subprocess.run(
        [sys.executable, str(ROOT / "toolchain/build.py"), "where"], capture_output=True, text=True, check=True
    )
    return run.stdout.strip()


@dataclass(frozen=True)
class Step:
    """What the engine does to one resource."""

    operation: str
    resource_type: str
    name: str
    inputs: dict[str, Any]


@dataclass(frozen=True)
class Operation:
    """A preview or an update, as the engine's own events tell it."""

    steps: tuple[Step, ...]
    outputs: dict[str, Any]
    messages: tuple[str, ...]

    @classmethod
    def read(cls, stream: str) -> Operation:
        """Read the events: JSON, one a line."""
        events = [json.loads(line) for line in stream.splitlines() if line.startswith("{")]
        metadata = [event["resourcePreEvent"]["metadata"] for event in events if "resourcePreEvent" in event]
        finished = [event["resOutputsEvent"]["metadata"] for event in events if "resOutputsEvent" in event]
        stack = [item["new"]["outputs"] for item in finished if item["type"] == "pulumi:pulumi:Stack"]
        diagnostics = [event["diagnosticEvent"] for event in events if "diagnosticEvent" in event]
        return cls(
            steps=tuple(
                Step(item["op"], item["type"], item["urn"].rpartition("::")[2], (item["new"] or {}).get("inputs", {}))
                for item in metadata
            ),
            outputs=stack[-1],
            messages=tuple(item["message"] for item in diagnostics if item["severity"] != "debug"),
        )

    def inputs(self, resource_type: str) -> dict[str, dict[str, Any]]:
        """Return the inputs of every resource of a type, by its name in the stack."""
        return {step.name: step.inputs for step in self.steps if step.resource_type == resource_type}

    def changes(self) -> dict[str, str]:
        """Return what is done to each resource that does not stay the same, by its name in the stack."""
        return {step.name: step.operation for step in self.steps if step.operation not in ("same", "read")}


@dataclass(frozen=True)
class Workspace:
    """A directory that looks like a checkout to Pulumi, with a stack called `test`."""

    directory: Path
    environment: dict[str, str]

    @classmethod
    def create(cls, directory: Path) -> Workspace:
        """Make the directory: the program by symbolic links, and an empty stack."""
        for name in ("__main__.py", "components", "slicewise", "Pulumi.yaml", ".venv"):
            (directory / name).symlink_to(ROOT / name)
        manifests = directory / "stacks" / STACK
        manifests.mkdir(parents=True)
        state = directory / "state"
        state.mkdir()
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("PULUMI_", "KUBE"))} | {
            "PATH": f"{os.environ['PATH']}{os.pathsep}{toolchain_bin()}",
            "HOME": str(directory / "home"),
            "PULUMI_HOME": str(directory / "pulumi-home"),
            "PULUMI_BACKEND_URL": f"file://{state}",
            "PULUMI_CONFIG_PASSPHRASE": "test",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            # Engine events, one JSON a line, as `pulumi up --json` gives them too; a preview's digest has no outputs.
            "PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "true",
            "PULUMI_PYTHON_CMD": sys.executable,
            "NO_COLOR": "1",
        }
        workspace = cls(directory, environment)
        workspace.pulumi("stack", "init", STACK, "--secrets-provider", "passphrase")
        return workspace

    @property
    def manifests(self) -> Path:
        """Where the stack's documents are."""
        return self.directory / "stacks" / STACK

    def pulumi(self, *arguments: str, stdin: str = "", fails: bool = False) -> subprocess.CompletedProcess[str]:
        """Run the real CLI; a failure (or, with `fails`, a success) fails the test with what it printed."""
        run = subprocess.run(
            [
                shutil.which("pulumi", path=self.environment["PATH"]) or "pulumi",
                "--non-interactive",
                "--color",
                "never",
                *arguments,
            ],
            cwd=self.directory,
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        assert (run.returncode != 0) == fails, f"exit {run.returncode}\n{run.stdout}\n{run.stderr}"
        return run

    def python(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run Python in the workspace, as `python -m slicewise` is run in a checkout."""
        return subprocess.run(
            [sys.executable, *arguments], cwd=self.directory, capture_output=True, text=True, check=True, timeout=60
        )

    def set_config(self, key: str, value: str, *, secret: bool = False) -> None:
        """Set a key of the stack's configuration; the value goes through a pipe."""
        self.pulumi("config", "set", "--path", *(["--secret"] if secret else []), f"slicewise:{key}", stdin=value)

    def write(self, *documents: dict[str, Any]) -> None:
        """Replace the stack's documents."""
        (self.manifests / "fleet.yaml").write_text(yaml.safe_dump_all(documents))

    def use(self, stack: str) -> None:
        """Take over the documents of a stack of the repository."""
        for file in (ROOT / "stacks" / stack).glob("*.yaml"):
            shutil.copy(file, self.manifests)

    def export(self) -> str:
        """Return the state as `pulumi stack export` writes it."""
        return self.pulumi("stack", "export", "--stack", STACK).stdout

    def outputs(self) -> dict[str, Any]:
        """Return the stack's outputs."""
        outputs: dict[str, Any] = json.loads(self.pulumi("stack", "output", "--json", "--stack", STACK).stdout)
        return outputs

    def preview(self) -> Operation:
        """Run `pulumi preview`."""
        return Operation.read(self.pulumi("preview", "--json", "--stack", STACK).stdout)

    def up(self) -> Operation:
        """Run `pulumi up`."""
        return Operation.read(self.pulumi("up", "--yes", "--skip-preview", "--json", "--stack", STACK).stdout)
