"""How wide plans and tables are printed, and in which colours."""

from __future__ import annotations

import os
import sys
from typing import IO, Final

from rich.console import Console

from slicewise.presentation.palette import THEME

_WIDE: Final = 10_000
# What Pulumi puts before each line of a message.
_INDENTATION: Final = 4


def printing_console() -> Console:
    """Return standard output's console: as wide as a terminal is, and without bounds in a pipe.

    A pipe has no width to fit, not even where FORCE_COLOR asks for colours: long names stay whole, one row a line.
    """
    console = Console(theme=THEME)
    if not sys.stdout.isatty():
        console.width = _WIDE
    return console


def progress_console() -> Console:
    """Return standard error's console."""
    return Console(stderr=True, theme=THEME)


def plain_console(file: IO[str]) -> Console:
    """Return a console that writes to `file` without colours and without bounds, for logs."""
    return Console(file=file, width=_WIDE, color_system=None)


def message_console(file: IO[str]) -> Console:
    """Return a console that writes to `file`, without colours, what the engine prints as a message.

    The program writes to the engine, and the engine to the terminal of both, if there is one: `pulumi preview` in a
    window of 80 columns. The variable COLUMNS overrides the terminal's width; with neither, as in CI, lines may be
    of any length.
    """
    return Console(file=file, width=_terminal_width() or _WIDE, color_system=None)


def _terminal_width() -> int | None:
    if os.environ.get("COLUMNS", "").isdecimal():
        return int(os.environ["COLUMNS"])
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return None
    try:
        columns = os.get_terminal_size(terminal).columns
    except OSError:
        return None
    finally:
        os.close(terminal)
    # A terminal that nobody has told its size has 0 columns.
    return max(columns - _INDENTATION, 1) if columns else None
