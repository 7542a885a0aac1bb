"""How wide plans and tables are printed."""

from __future__ import annotations

from typing import IO, Final

from rich.console import Console

_WIDE: Final = 10_000


def printing_console() -> Console:
    """Return standard output's console: as wide as a terminal is, and without bounds in a pipe.

    A pipe has no width to fit: long names stay whole, one row a line.
    """
    console = Console()
    if not console.is_terminal:
        console.width = _WIDE
    return console


def plain_console(file: IO[str]) -> Console:
    """Return a console that writes to `file` without colours and without bounds, for logs."""
    return Console(file=file, width=_WIDE, color_system=None)
