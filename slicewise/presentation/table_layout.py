"""A table as lines of text: whole where it fits, and in a narrow terminal still with everything that it says.

What gives way, in this order, until it fits: long headings and the domain of GPU resources; columns that say the same
in every row, which are said once above; room between columns; the first column, which becomes a line above the rows
that share it; and in the end the table itself, for one block a row. Sentences are folded where that is enough. No name
is cut.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from typing import Final

from slicewise.presentation.folding import folded, joined, width_of

_GAP: Final = 3
_TIGHT: Final = 2
_DOMAIN: Final = "nvidia.com/"
_NARROWEST_PROSE: Final = 28
NOTHING: Final = "-"
"""A cell that has nothing to say; a block leaves it out."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes:
        heading: Its heading; empty where the cells speak for themselves.
        number: Whether it holds numbers.
        short: The heading where there is little room.
        prose: Whether it holds sentences, which may be folded.
    """

    heading: str
    number: bool = False
    short: str = ""
    prose: bool = False


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row, as the lines that it takes.

    Attributes:
        number: Which row of the table it is.
        lines: Its lines.
    """

    number: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """A table as lines of text.

    Attributes:
        notes: What is said once, above.
        heading: The headings, a line, or two where the first column is above its rows; empty where each row is a block
            that says them.
        rows: The rows, in their order.
        width: How many cells the widest line takes, as far as names allow.
    """

    notes: tuple[str, ...]
    heading: tuple[str, ...]
    rows: tuple[TableRow, ...]
    width: int


@dataclass(frozen=True)
class _Table:
    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    notes: tuple[str, ...] = ()
    gap: int = _GAP
    groups: Sequence[str] = ()
    """What stands above the rows that share it, by row; empty where nothing does."""
    of_groups: str = ""
    """The heading of that."""

    @cached_property
    def widths(self) -> list[int]:
        cells = [[column.heading for column in self.columns], *self.rows]
        return [max(map(width_of, column)) for column in zip(*cells, strict=True)]

    @property
    def indent(self) -> int:
        return 4 if self.groups else 2

    def needs(self, widths: Sequence[int]) -> int:
        return self.indent + sum(widths) + self.gap * (len(widths) - 1)


def lay_out(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int) -> Layout:
    """Return the table of `rows` in lines of at most `width` cells, as far as no name is wider by itself."""
    table = _Table(columns, rows)
    if table.needs(table.widths) <= width:
        return _drawn(table, table.widths)
    for narrower in (_shortened, _without_repetition, _tightened, _grouped):
        table = narrower(table)
        if table.needs(table.widths) <= width:
            return _drawn(table, table.widths)
        # What every row says is said once before anything is folded.
        widths = None if narrower is _shortened else _with_folded_prose(table, width)
        if widths:
            return _drawn(table, widths)
    return _in_blocks(_without_repetition(_shortened(_Table(columns, rows))), width)


def _shortened(table: _Table) -> _Table:
    """Return the table with short headings, and without the domain that all GPU resources have."""
    columns = [replace(each, heading=each.short or each.heading) for each in table.columns]
    if not any(_DOMAIN in cell for row in table.rows for cell in row):
        return replace(table, columns=columns)
    rows = [[cell.replace(_DOMAIN, "") for cell in row] for row in table.rows]
    return replace(table, columns=columns, rows=rows, notes=(f"Resources are written without {_DOMAIN}",))


def _without_repetition(table: _Table) -> _Table:
    """Return the table without the columns that say the same in every row, but for the first; they are said above."""
    if len(table.rows) < 2:  # noqa: PLR2004 - with itself a row always agrees
        return table
    same = {
        index: cells[0] for index, cells in enumerate(zip(*table.rows, strict=True)) if index and len(set(cells)) == 1
    }
    said = [f"{table.columns[index].heading} {cell}".strip() for index, cell in same.items() if cell]
    kept = [index for index in range(len(table.columns)) if index not in same]
    return _Table(
        [table.columns[index] for index in kept],
        [[row[index] for index in kept] for row in table.rows],
        (*table.notes, *([f"In every row: {', '.join(said)}"] if said else [])),
    )


def _tightened(table: _Table) -> _Table:
    return replace(table, gap=_TIGHT)


def _grouped(table: _Table) -> _Table:
    """Return the table with its first column as lines above the rows that share it."""
    if len(table.columns) < 2:  # noqa: PLR2004 - one would be left with nothing
        return table
    rows = [row[1:] for row in table.rows]
    return replace(
        table,
        columns=table.columns[1:],
        rows=rows,
        groups=[row[0] for row in table.rows],
        of_groups=table.columns[0].heading,
    )


def _with_folded_prose(table: _Table, width: int) -> list[int] | None:
    """Return the widths of the columns if sentences are folded; None if that is not enough, or there are none."""
    prose = [index for index, column in enumerate(table.columns) if column.prose]
    if not prose:
        return None
    left = width - table.needs([0 if index in prose else size for index, size in enumerate(table.widths)])
    each = left // len(prose)
    if each < _NARROWEST_PROSE:
        return None
    return [each if index in prose else size for index, size in enumerate(table.widths)]


def _drawn(table: _Table, widths: Sequence[int]) -> Layout:
    def line(cells: Sequence[str]) -> str:
        fitted = (
            " " * (width - width_of(cell)) + cell if column.number else cell + " " * (width - width_of(cell))
            for cell, width, column in zip(cells, widths, table.columns, strict=True)
        )
        return " " * table.indent + (" " * table.gap).join(fitted).rstrip()

    rows = tuple(
        TableRow(number, (*_group_above(table, number), *map(line, _lines_of(row, widths, table.columns))))
        for number, row in enumerate(table.rows)
    )
    above = (f"  {table.of_groups}",) if table.groups else ()
    return Layout(
        table.notes, (*above, line([column.heading for column in table.columns])), rows, table.needs(widths) + 1
    )


def _group_above(table: _Table, number: int) -> tuple[str, ...]:
    """Return the line above a row, if it is the first below it."""
    if not table.groups or (number and table.groups[number - 1] == table.groups[number]):
        return ()
    return (f"  {table.groups[number]}",)


def _lines_of(row: Sequence[str], widths: Sequence[int], columns: Sequence[Column]) -> Iterator[Sequence[str]]:
    """Yield the cells of each line of a row: sentences go on below."""
    cells = [
        folded(cell, width) if column.prose else [cell]
        for cell, width, column in zip(row, widths, columns, strict=True)
    ]
    for number in range(max(map(len, cells))):
        yield [lines[number] if number < len(lines) else "" for lines in cells]


def _in_blocks(table: _Table, width: int) -> Layout:
    """Return a block for each row: the first cell, once for rows that share it, and what the others say below it."""
    rows: list[TableRow] = []
    heading = table.columns[0].heading
    for first, numbered in groupby(enumerate(table.rows), key=lambda each: each[1][0]):
        for position, (number, row) in enumerate(numbered):
            cells = [each for each in zip(table.columns[1:], row[1:], strict=True) if each[1] not in ("", NOTHING)]
            said = [f"{column.heading} {cell}".strip() for column, cell in cells if not _has_own_line(column, cell)]
            lines = joined(said, width, first="    ", between=", ")
            for column, cell in cells:
                if column.prose:
                    lines += folded(f"      {cell}", width)
                elif _is_address(cell):
                    lines += joined([f"{column.heading} {cell}".strip()], width, first="      ", between="")
            rows.append(TableRow(number, (*([f"  {heading} {first}"] if position == 0 else []), *lines)))
    return Layout(table.notes, (), tuple(rows), width)


def _has_own_line(column: Column, cell: str) -> bool:
    return column.prose or _is_address(cell)


def _is_address(cell: str) -> bool:
    """Return whether it is an address: with a comma after it, terminals would take that for a part of it."""
    return "://" in cell
