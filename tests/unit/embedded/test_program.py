"""The Python that `pulumi` runs programs with, as tests and the demo run it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

from embedded.program import Program

# By Pulumi 3.276 (sdk/python/toolchain, PythonPackage).
READ = ("name", "version", "location")


def python(directory: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = Program.at(directory, "test").environment | variables
    command = [environment["PULUMI_PYTHON_CMD"], *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_a_program_that_is_interrupted_before_it_begins_prints_nothing(tmp_path: Path) -> None:
    run = python(tmp_path, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGINT)")
    assert (run.returncode, run.stdout, run.stderr) == (-signal.SIGINT, "", "")


def test_a_program_finds_what_is_on_its_own_path(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text("print('own')")
    run = python(tmp_path, "-c", "import own, pulumi", PYTHONPATH=str(tmp_path))
    assert (run.returncode, run.stdout, run.stderr) == (0, "own\n", "")


def test_what_it_says_is_installed_is_what_pip_says(tmp_path: Path) -> None:
    question = ("-m", "pip", "list", "-v", "--format", "json")
    answers = python(tmp_path, *question), subprocess.run([sys.executable, *question], capture_output=True, check=True)
    said, of_pip = ([[each[key] for key in READ] for each in json.loads(answer.stdout)] for answer in answers)
    assert sorted(said) == sorted(of_pip) != []
