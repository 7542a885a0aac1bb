"""A pool as a bar: a cell for each unit, or for as many as one cell has to show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from zlib import crc32

from rich.text import Text

from slicewise.presentation.palette import BARS


@dataclass(frozen=True, slots=True)
class Glyphs:
    """What the cells of a bar look like."""

    used: str = "█"
    reserved: str = "▒"
    free: str = "░"
    blocked: str = "·"
    key: str = "■"


ASCII = Glyphs(used="#", reserved="=", free=".", blocked="x", key="#")


@dataclass(frozen=True, slots=True)
class Part:
    """Units of one colour."""

    units: int
    glyph: str
    style: str


def colours(names: Iterable[str]) -> Mapping[str, str]:
    """Return a colour for each name: the same in every plan, as far as no other name has it already."""
    given: dict[str, str] = {}
    free: list[str] = []
    for name in names:
        free = free or list(BARS)
        start = crc32(name.encode()) % len(BARS)
        preferred = (BARS[(start + step) % len(BARS)] for step in range(len(BARS)))
        given[name] = next(colour for colour in preferred if colour in free)
        free.remove(given[name])
    return given


def bar(parts: Sequence[Part], width: int) -> Text:
    """Return `parts` side by side: a cell a unit, or scaled down to `width` cells."""
    shown = [part for part in parts if part.units > 0]
    text = Text()
    for part, cells in zip(shown, _scaled([part.units for part in shown], width), strict=True):
        text.append(part.glyph * cells, part.style)
    return text


def _scaled(amounts: Sequence[int], width: int) -> Sequence[int]:
    """Return `amounts` in at most `width` cells, rounded so that they add up; what is there is seen if it can be."""
    total = sum(amounts)
    if total <= width:
        return amounts
    cells = [amount * width // total for amount in amounts]
    by_remainder = sorted(range(len(amounts)), key=lambda index: (-(amounts[index] * width % total), index))
    for index in by_remainder[: width - sum(cells)]:
        cells[index] += 1
    for index in range(len(cells)):
        largest = max(range(len(cells)), key=cells.__getitem__)
        if not cells[index] and cells[largest] > 1:
            cells[index], cells[largest] = 1, cells[largest] - 1
    return cells
