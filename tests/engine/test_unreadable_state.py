"""A state in files that cannot be read for a moment, or since an engine was killed, and the way out of the docs."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.documents import deployment, environment, model, profile, slices
from tests.engine.user_program import UserProgram
from tests.engine.workspace import STACK, Workspace

PAGE = Path(__file__).parents[2] / "docs" / "troubleshooting.md"
DOCUMENTS = (
    environment("mig-a", slices("slices", "3g.40gb")),
    model("tiny", profile("any", memoryPerGpu="30Gi", mig="only")),
    deployment("chat", "tiny"),
)
BESIDE = f".pulumi/stacks/platform/{STACK}.json.attrs"
# The program finds the file as the engine leaves it while it writes: there, and empty.
PROGRAM = """
import json
from pathlib import Path

import pulumi

from components.component_options import PreviousPlan
from components.fleet import Fleet

beside = Path("state/{beside}")
beside.touch()
ask = pulumi.runtime.invoke_async


async def ask_and_write(*arguments):
    try:
        return await ask(*arguments)
    finally:
        if {for_a_moment}:
            beside.unlink(missing_ok=True)


pulumi.runtime.invoke_async = ask_and_write
Fleet("models", **json.loads(Path("documents.json").read_text()), previous_plan=PreviousPlan.{memory})
"""


def program(directory: Path, memory: str, *, for_a_moment: bool) -> UserProgram:
    """Return a program that reads its stack's state while the file beside it is empty."""
    found = UserProgram.of(directory, PROGRAM.format(beside=BESIDE, memory=memory, for_a_moment=for_a_moment))
    found.configure(kubeconfigSource="none")
    found.write(*DOCUMENTS)
    return found


@pytest.mark.parametrize("memory", ["STACK_OUTPUTS", "STATE"])
def test_a_state_that_is_being_written_is_read_a_moment_later(memory: str, tmp_path: Path) -> None:
    preview = program(tmp_path, memory, for_a_moment=True).preview()
    assert preview.changes()["mig-a/team/chat"] == "create"
    assert [message for message in preview.messages if "checkpoint" in message] == []


@pytest.mark.parametrize("memory", ["STACK_OUTPUTS", "STATE"])
def test_a_state_that_stays_unreadable_is_one_line_with_a_way_out(memory: str, tmp_path: Path) -> None:
    stack = program(tmp_path, memory, for_a_moment=False)
    said = stack.pulumi("preview", "--stack", STACK, fails=True).stdout
    assert f"the state of stack organization/platform/{STACK}: Pulumi's engine cannot read it" in said
    assert "failed to load checkpoint: EOF; run it again" in said
    assert "SW436" in said
    assert "Traceback" not in said


def test_the_way_out_of_an_empty_file_beside_the_state(tmp_path: Path) -> None:
    stack = Workspace.create(tmp_path / "stack")
    before = stack.export()
    stacks = stack.directory / "state" / ".pulumi" / "stacks"
    # With `metadata=skip` the engine has written none.
    assert [*stacks.rglob("*.attrs")] == []
    (state,) = stacks.rglob(f"{STACK}.json")
    state.with_name(f"{STACK}.json.attrs").touch()
    for command in (("stack", "export"), ("cancel", "--yes"), ("preview",)):
        run = stack.pulumi(*command, "--stack", STACK, fails=True)
        assert "failed to load checkpoint: EOF" in run.stderr
    (command_line,) = re.findall(r"^(find STATE/\S+ .* -delete)", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    way_out = command_line.replace("STATE", str(stack.directory / "state"))
    subprocess.run(["/bin/sh", "-c", way_out], check=True)
    assert stack.export() == before


def test_a_state_with_files_beside_it_is_read_and_written_without_them(tmp_path: Path) -> None:
    stack = Workspace.create(tmp_path / "stack")
    skipping = stack.environment["PULUMI_BACKEND_URL"]
    stack.environment["PULUMI_BACKEND_URL"] = skipping.removesuffix("?metadata=skip")
    before = stack.export()
    stack.pulumi("stack", "import", "--stack", STACK, stdin=before)
    (beside,) = stack.directory.rglob(f"{STACK}.json.attrs")
    written = beside.read_bytes()
    stack.environment["PULUMI_BACKEND_URL"] = skipping
    stack.pulumi("stack", "import", "--stack", STACK, stdin=stack.export())
    assert stack.export() == before
    assert beside.read_bytes() == written
