"""Large results as JSON text, piece by piece: what is printed need not be in memory as a whole."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Final

_INDENT: Final = "  "
_ENTRY: Final = json.JSONEncoder(separators=(",", ":"))


def json_pieces(value: object, margin: str = "\n") -> Iterator[str]:
    """Yield data as JSON text: mappings and lists a line for each entry, the entries of lists without blanks.

    Args:
        value: Data, of which mappings have names as keys; anything else that can be iterated over is a list.
        margin: What begins a line.
    """
    if isinstance(value, Mapping):
        below = f"{margin}{_INDENT}"
        entries = (chain([f"{_ENTRY.encode(name)}: "], json_pieces(each, below)) for name, each in value.items())
        yield from _block(("{", "}"), margin, entries)
    elif isinstance(value, Iterable) and not isinstance(value, str):
        yield from _block(("[", "]"), margin, ([_ENTRY.encode(each)] for each in value))
    else:
        yield _ENTRY.encode(value)


def _block(brackets: tuple[str, str], margin: str, entries: Iterable[Iterable[str]]) -> Iterator[str]:
    opening, closing = brackets
    yield opening
    between = ""
    for pieces in entries:
        yield f"{between}{margin}{_INDENT}"
        yield from pieces
        between = ","
    yield f"{margin if between else ''}{closing}"
