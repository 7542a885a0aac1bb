"""How wide a message of the engine's program is: as wide as the terminal, although the program writes to a pipe."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios

import pytest

from slicewise.presentation import message_console

# Writes to a pipe, as a program of the engine does; the terminal of its session is its standard input, if that is one.
_PROGRAM = """
import fcntl, sys, termios
if sys.stdin.isatty():
    fcntl.ioctl(sys.stdin, termios.TIOCSCTTY, 0)
from slicewise.presentation import message_console
print(message_console(sys.stdout).width)
"""


def width_in(terminal: int | None) -> int:
    """Return how wide messages are in a terminal of so many columns, or without a terminal."""
    environ = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    ours, theirs = pty.openpty()
    try:
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, terminal or 0, 0, 0))
        run = subprocess.run(
            [sys.executable, "-c", _PROGRAM],
            stdin=subprocess.DEVNULL if terminal is None else theirs,
            capture_output=True,
            env=environ,
            start_new_session=True,
            check=True,
        )
    finally:
        os.close(ours)
        os.close(theirs)
    return int(run.stdout)


@pytest.mark.parametrize("columns", [60, 80, 200])
def test_a_message_fits_in_the_terminal_behind_the_engines_indentation(columns: int) -> None:
    assert width_in(columns) == columns - 4


@pytest.mark.parametrize("terminal", [None, 0], ids=["no terminal", "a terminal of unknown size"])
def test_a_message_without_a_width_to_fit_has_no_bounds(terminal: int | None) -> None:
    assert width_in(terminal) == 10_000


def test_columns_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "72")
    assert message_console(sys.stdout).width == 72
    # As some shells leave it.
    monkeypatch.setenv("COLUMNS", "")
    assert message_console(sys.stdout).width > 0
