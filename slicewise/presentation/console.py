"""How wide plans and tables are printed, and in which colours."""

from __future__ import annotations

import sys
from typing import IO, Final

from rich.console import Console

from slicewise.presentation.palette import THEME

_WIDE: Final = 10_000


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
