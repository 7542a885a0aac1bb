"""Tables and lines: rich's in a terminal; in a pipe plain text, which nothing limits and which costs next to nothing.

What they hold may come from an earlier plan's file or from a cluster, so it is printed as text: without markup, and
with what is not printable escaped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

from slicewise.diagnostics import printable


@dataclass(frozen=True, slots=True)
class Column:
    """A column's heading, and whether it holds numbers."""

    heading: str
    number: bool = False


def show(console: Console, title: str, columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
    """Print a table."""
    rows = [[printable(cell) for cell in row] for row in rows]
    if not console.is_terminal:
        console.file.write(_plain(title, columns, rows, "-" if console.options.ascii_only else "─"))
        return
    table = Table(box=SIMPLE, title=title, title_justify="left")
    for column in columns:
        table.add_column(column.heading, justify="right" if column.number else "left")
    for row in rows:
        table.add_row(*map(Text, row))
    console.print(table)


def show_line(console: Console, line: str, style: str | None = None) -> None:
    """Print one line, as long as it is."""
    console.print(printable(line), style=style, markup=False, highlight=False, soft_wrap=True)


def _plain(title: str, columns: Sequence[Column], rows: Sequence[Sequence[str]], dash: str) -> str:
    cells = [[column.heading for column in columns], *rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]

    def line(row: Sequence[str]) -> str:
        fitted = (
            text.rjust(width) if column.number else text.ljust(width)
            for text, width, column in zip(row, widths, columns, strict=True)
        )
        return "  " + "   ".join(fitted).rstrip()

    heading, *body = map(line, cells)
    rule = " " + dash * (sum(widths) + 3 * len(widths) - 1)
    return "\n".join([title, "", heading, rule, *body, "", ""])
