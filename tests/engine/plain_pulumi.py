"""`pulumi` as users run it: with a temporary directory that is not made for it and not removed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from embedded.program import Program
from tests.engine.workspace import STACK, Workspace


def start(
    workspace: Workspace | Program, directory: Path, *arguments: str, stack: str = STACK
) -> subprocess.Popen[str]:
    """Start the CLI on a stack, with `directory` as its temporary directory."""
    command = shutil.which("pulumi", path=workspace.environment["PATH"])
    assert command
    return subprocess.Popen(
        [command, "--non-interactive", "--color", "never", *arguments, "--stack", stack],
        cwd=workspace.directory,
        env=workspace.environment | {"TMPDIR": str(directory)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(workspace: Workspace, directory: Path, *arguments: str, fails: bool = False) -> str:
    """Run the CLI to its end, and return what it printed; a failure (or, with `fails`, a success) fails the test."""
    with start(workspace, directory, *arguments) as process:
        output, errors = process.communicate(timeout=600)
    assert (process.returncode != 0) == fails, f"exit {process.returncode}\n{output}\n{errors}"
    return output + errors


def kill(*pids: int) -> None:
    """End processes as a crash does; those that have ended already are left out."""
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def remove_half_written(workspace: Workspace | Program) -> list[Path]:
    """Do what docs/troubleshooting.md says of "failed to load checkpoint: EOF", and return the files that were removed.

    An engine that is killed while it writes a state leaves an empty file beside it; no command runs until it is gone.
    """
    beside = (workspace.directory / "state/.pulumi/stacks").rglob("*.attrs")
    removed = [file for file in beside if not file.stat().st_size]
    for file in removed:
        file.unlink()
    return removed


def eventually(condition: Callable[[], bool], what: str, seconds: float = 120) -> None:
    """Wait for a condition."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not in {seconds} s: {what}"
        time.sleep(0.02)
