"""The Python that `pulumi` runs programs with, as tests and the demo run it."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

from embedded.program import Program


def python(directory: Path, program: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = Program.at(directory, "test").environment | variables
    command = [environment["PULUMI_PYTHON_CMD"], "-c", program]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_a_program_that_is_interrupted_before_it_begins_prints_nothing(tmp_path: Path) -> None:
    run = python(tmp_path, "import os, signal; os.kill(os.getpid(), signal.SIGINT)")
    assert (run.returncode, run.stdout, run.stderr) == (-signal.SIGINT, "", "")


def test_a_program_finds_what_is_on_its_own_path(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text("print('own')")
    run = python(tmp_path, "import own, pulumi", PYTHONPATH=str(tmp_path))
    assert (run.returncode, run.stdout, run.stderr) == (0, "own\n", "")
