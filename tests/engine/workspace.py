"""A stack of its own for a test: the real program, documents of the test's, a state that goes with the test."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from lightkube import Client

from embedded.kserve_kinds import LLMInferenceService
from embedded.program import CHECKOUT, Program
from tests.engine.forked_python import forked_python

STACK = "test"
_KUBECONFIG = re.compile(r'kubeconfigs\["([^"]+)"\]')
_SETTINGS = Path("stacks") / f"Pulumi.{STACK}.yaml"
_SALT = "encryptionsalt"


@dataclass(frozen=True)
class Step:
    """What the engine does to one resource."""

    operation: str
    resource_type: str
    name: str
    inputs: dict[str, Any]
    changed: frozenset[str] = frozenset()
    """The fields that change, as a preview shows them."""


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
                Step(
                    item["op"],
                    item["type"],
                    item["urn"].rpartition("::")[2],
                    (item["new"] or {}).get("inputs", {}),
                    frozenset(item.get("detailedDiff") or {}),
                )
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

    def changed(self, name: str) -> frozenset[str]:
        """Return the fields of the resource `name` that change."""
        return frozenset().union(*(step.changed for step in self.steps if step.name == name))


@dataclass(frozen=True)
class Workspace:
    """The program on a stack called `test`, and what tests do with it."""

    program: Program

    @classmethod
    def create(cls, directory: Path, *, real_start: bool = False) -> Workspace:
        """Make the directory and the stack, which verifies nothing: most clusters of tests have no nodes.

        With `real_start`, each run of the program is a start of Python, as users have it.
        """
        workspace = cls(_program_with_stack(directory, Path(sys.executable) if real_start else forked_python()))
        workspace.configure(verify="false")
        return workspace

    def configure(self, **values: object) -> None:
        """Set keys of the stack's configuration in its file, without `pulumi`."""
        written = self._settings()
        written.setdefault("config", {}).update({f"slicewise:{key}": value for key, value in values.items()})
        (self.directory / _SETTINGS).write_text(yaml.safe_dump(written), encoding="utf-8")

    @property
    def directory(self) -> Path:
        """Where `pulumi` runs."""
        return self.program.directory

    @property
    def environment(self) -> dict[str, str]:
        """What `pulumi` runs with."""
        return self.program.environment

    @property
    def manifests(self) -> Path:
        """Where the stack's documents are."""
        return self.directory / "stacks" / STACK

    def pulumi(self, *arguments: str, stdin: str = "", fails: bool = False) -> subprocess.CompletedProcess[str]:
        """Run the real CLI; a failure (or, with `fails`, a success) fails the test with what it printed."""
        run = self.program.pulumi(*arguments, stdin=stdin)
        assert (run.returncode != 0) == fails, f"exit {run.returncode}\n{run.stdout}\n{run.stderr}"
        return run

    def set_config(self, key: str, value: str, *, secret: bool = False) -> None:
        """Set a key of the stack's configuration: by `pulumi` where it encrypts the value, or the key is a path."""
        of_cluster = _KUBECONFIG.fullmatch(key)
        settings = self._settings()
        if of_cluster and secret and settings.get(_SALT) == _new_salt():
            kubeconfigs = settings["config"].get("slicewise:kubeconfigs", {})
            self.configure(kubeconfigs=kubeconfigs | {of_cluster[1]: _encrypted(value)})
        elif secret or "[" in key:
            self.program.set_config(key, value, secret=secret)
        else:
            self.configure(**{key: value})

    def _settings(self) -> dict[str, Any]:
        return yaml.safe_load((self.directory / _SETTINGS).read_text(encoding="utf-8")) or {}

    def python(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run Python in the workspace, as `python -m slicewise` is run in a checkout."""
        return subprocess.run(
            [sys.executable, *arguments], cwd=self.directory, capture_output=True, text=True, check=True, timeout=300
        )

    def write(self, *documents: dict[str, Any]) -> None:
        """Replace the stack's documents."""
        (self.manifests / "fleet.yaml").write_text(yaml.safe_dump_all(documents))

    def use(self, stack: str) -> None:
        """Take over the documents of a stack of the repository."""
        for file in (CHECKOUT / "stacks" / stack).glob("*.yaml"):
            shutil.copy(file, self.manifests)

    def export(self) -> str:
        """Return the state as `pulumi stack export` writes it."""
        return self.pulumi("stack", "export", "--stack", STACK).stdout

    def edit_outputs(self, **values: object) -> None:
        """Overwrite outputs in the stack's state, as an edit by hand does."""
        state = json.loads(self.export())
        (stack,) = (item for item in state["deployment"]["resources"] if item["type"] == "pulumi:pulumi:Stack")
        stack["outputs"] |= values
        self.pulumi("stack", "import", "--force", "--stack", STACK, stdin=json.dumps(state))

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


def _program_with_stack(directory: Path, python: Path) -> Program:
    program = Program.without_stack(directory, STACK, python)
    for path, content in _new_stack().items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_bytes(content)
    return program


@cache
def _new_stack() -> dict[Path, bytes]:
    """Return the files of a stack that has just been made: all are alike, and making one takes a tenth of a test."""
    with tempfile.TemporaryDirectory() as directory:
        made = Program.create(Path(directory) / "made", STACK).directory
        files = [path for part in ("stacks", "state") for path in (made / part).rglob("*") if path.is_file()]
        return {path.relative_to(made): path.read_bytes() for path in files}


def _new_salt() -> str:
    return str(yaml.safe_load(_new_stack()[_SETTINGS])[_SALT])


@cache
def _encrypted(value: str) -> dict[str, str]:
    """Return a value as `pulumi` encrypts it for any stack that begins as all do: with the same salt."""
    with tempfile.TemporaryDirectory() as directory:
        made = _program_with_stack(Path(directory) / "made", Path(sys.executable))
        made.set_config("secret", value, secret=True)
        settings = yaml.safe_load((made.directory / _SETTINGS).read_text(encoding="utf-8"))
        return {"secure": settings["config"]["slicewise:secret"]["secure"]}


def services(client: Client, namespace: str = "team") -> list[str]:
    """Return the names of the services in a namespace."""
    return sorted(
        str(item.metadata.name) for item in client.list(LLMInferenceService, namespace=namespace) if item.metadata
    )
