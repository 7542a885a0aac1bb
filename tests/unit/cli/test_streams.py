"""Progress is for people, and whoever reads the output may stop at any time."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.unit.cli.running import COMMAND, DEMO, ROOT, SECONDS, SHORTFALL, in_process, in_terminal

IMPATIENT = (
    "from slicewise.cli import app; from slicewise.presentation import progress; progress.SECONDS = 0; app.main()"
)


def test_a_bar_for_what_takes_long_in_a_terminal() -> None:
    slow = in_terminal("validate", DEMO, program=IMPATIENT)
    assert "reading documents" in slow.stdout
    assert slow.stdout.rstrip().endswith("valid: 2 environments, 2 models, 2 deployments")
    assert slow.returncode == 0


def test_no_bar_for_what_is_quick() -> None:
    run = in_terminal("validate", DEMO)
    assert run.stdout == "valid: 2 environments, 2 models, 2 deployments\n"
    assert "\x1b" not in run.stdout


def test_no_bar_in_a_pipe() -> None:
    run = subprocess.run(
        [sys.executable, "-c", IMPATIENT, "validate", DEMO], cwd=ROOT, capture_output=True, check=True, timeout=SECONDS
    )
    assert all(line.startswith(b"warning: ") for line in run.stderr.splitlines())


def test_the_bar_is_gone_before_errors() -> None:
    run = in_terminal("validate", DEMO, "nowhere", program=IMPATIENT)
    assert run.returncode == 2
    assert "[SW101]" in run.stdout.splitlines()[-1]
    assert "Traceback" not in run.stdout


@pytest.mark.parametrize(
    "arguments",
    [["plan", DEMO], ["plan", DEMO, "--output", "json"], ["explain", "gemma", DEMO], ["schema", "Model"], ["--help"]],
)
def test_a_reader_that_stops_reading(arguments: list[str]) -> None:
    with subprocess.Popen([*COMMAND, *arguments], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""


@pytest.mark.parametrize("arguments", [["plan", DEMO], ["explain", "gemma", DEMO], ["explain", "llama", SHORTFALL]])
def test_no_line_in_a_pipe_ends_in_blanks(arguments: list[str]) -> None:
    """Tables that are copied into a ticket or compared by diff."""
    lines = in_process(*arguments).stdout.split("\n")
    assert len(lines) > 5
    assert [line for line in lines if line != line.rstrip()] == []
