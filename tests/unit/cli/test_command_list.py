"""The list of commands: each described as it describes itself, and imported only when it runs."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from importlib import import_module

import pytest

from slicewise.cli.command_list import COMMANDS, CommandList
from tests.unit.cli.running import ROOT, SECONDS, in_process, in_terminal

# What only some commands need, and takes most of the time that a program takes to start.
HEAVY = ("slicewise.documents", "slicewise.planning", "slicewise.clusters", "pydantic", "lightkube")


@pytest.mark.parametrize(("name", "function"), COMMANDS.items())
def test_a_command_is_described_by_its_own_words(name: str, function: str) -> None:
    described = inspect.getdoc(getattr(import_module(f"slicewise.cli.{name}"), function))
    listed = CommandList().get_command(None, name)
    assert listed
    assert listed.help == described
    assert re.search(rf"^  {name} +{re.escape((described or '')[:30])}", in_process("--help").stdout, re.MULTILINE)


def imported(*arguments: str) -> list[str]:
    """Return which heavy packages are imported by running the command."""
    program = (
        "import sys\n"
        "from slicewise.cli import main\n"
        "try: main()\n"
        f"finally: print(*[name for name in {HEAVY} if name in sys.modules], file=sys.stderr)"
    )
    run = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    return run.stderr.split()


def test_help_imports_what_it_shows() -> None:
    assert imported("--help") == []
    assert imported("--version") == []


def test_a_plan_reads_no_clusters() -> None:
    found = imported("plan", "stacks/demo")
    assert "slicewise.planning" in found
    assert not {"slicewise.clusters", "lightkube"} & set(found)


def test_python_ends_without_a_look_at_everything() -> None:
    """What is frozen the collector leaves alone: of a small plan that look is a fifth of the time."""
    program = (
        "import atexit, gc, sys\n"
        "atexit.register(lambda: print(gc.get_freeze_count(), file=sys.stderr))\n"
        "from slicewise.cli import main\n"
        "main()"
    )
    run = subprocess.run(
        [sys.executable, "-c", program, "--version"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert int(run.stderr) > 10_000


def test_what_was_meant() -> None:
    run = in_process("plam")
    assert run.returncode == 2
    assert "No such command 'plam'. Did you mean 'plan'?" in run.stderr


def test_flags_of_the_program_have_no_type_either() -> None:
    assert "bool" not in in_terminal("--help").stdout
