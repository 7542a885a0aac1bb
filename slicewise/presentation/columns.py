"""Tables and lines on a console: styled and fitted in a terminal; in a pipe plain text, which nothing limits.

What they hold may come from an earlier plan's file or from a cluster, so it is printed as text: without markup, and
with what is not printable escaped.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from slicewise.diagnostics import printable
from slicewise.presentation.folding import folded
from slicewise.presentation.palette import FAINT
from slicewise.presentation.table_layout import Column, Layout, lay_out


def show(
    console: Console,
    title: str,
    columns: Sequence[Column],
    rows: Sequence[Sequence[str]],
    styles: Sequence[str] | None = None,
) -> None:
    """Print a table.

    Args:
        console: Where.
        title: What stands above it; empty for nothing.
        columns: Its columns.
        rows: The cells of each row.
        styles: A style for each row in a terminal.
    """
    layout = lay_out(columns, [[printable(cell) for cell in row] for row in rows], console.width)
    rule = " " + ("-" if console.options.ascii_only else "─") * min(layout.width - 1, console.width - 1)
    if not console.is_terminal:
        console.file.write(_plain(title, layout, rule))
        return
    for line, style in ((title, "bold"), *((f"  {note}", FAINT) for note in layout.notes)):
        if line:
            for part in folded(line, console.width):
                _print(console, part, style)
    _print(console, "")
    if layout.heading:
        for heading in layout.heading:
            _print(console, heading, "bold")
        _print(console, rule, FAINT)
    for row in layout.rows:
        for line in row.lines:
            _print(console, line, styles[row.number] if styles else None)
    _print(console, "")


def show_line(console: Console, line: str, style: str | None = None) -> None:
    """Print one line: in a terminal folded between words, in a pipe as long as it is."""
    line = printable(line)
    for part in folded(line, console.width) if console.is_terminal else [line]:
        _print(console, part, style)


def show_command(console: Console, line: str) -> None:
    """Print a line that is copied in one piece."""
    _print(console, printable(line))


def _print(console: Console, line: str, style: str | None = None) -> None:
    console.print(line, style=style, markup=False, highlight=False, soft_wrap=True)


def _plain(title: str, layout: Layout, rule: str) -> str:
    body = [line for row in layout.rows for line in row.lines]
    return "\n".join([*([title, ""] if title else []), *layout.heading, rule, *body, "", ""])
