"""Lines that fit a terminal: broken between words, never inside a name, a command or an address."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from rich.cells import cell_len

# What is copied as a whole, or else a word: text in backticks, and a command up to the end of its sentence, or to what
# else could be done.
_PIECE: Final = re.compile(r"[^\s`]*`[^`]*`[^\s`]*|(?<![\w/-])(?:kubectl|pulumi|slicewise) .*?(?:;(?= )|$)|\S+")
_HANGING: Final = 2


def folded(line: str, width: int) -> list[str]:
    """Return `line` in lines of at most `width` cells, the further ones indented by two more than the first.

    A piece that is too wide for its indentation begins further left. One that is wider by itself has a line of its own,
    which the terminal breaks: it is still copied in one piece.
    """
    if width_of(line) <= width:
        return [line]
    indent = len(line) - len(line.lstrip())
    return joined(_PIECE.findall(line), width, first=" " * indent, between=" ")


def joined(pieces: Iterable[str], width: int, *, first: str, between: str) -> list[str]:
    """Return `pieces` side by side, as many on a line as fit.

    Args:
        pieces: What stays whole.
        width: Cells of a line.
        first: The indentation of the first line; further ones have two more.
        between: What stands between two pieces; at the end of a line without its blanks.
    """
    lines: list[str] = []
    line = ""
    for piece in pieces:
        if not line:
            line = _indented(piece, len(first), width)
        elif width_of(line + between + piece + between.rstrip()) <= width:
            line += between + piece
        else:
            lines.append(line + between.rstrip())
            line = _indented(piece, len(first) + _HANGING, width)
    return [*lines, line] if line else lines


def _indented(piece: str, indent: int, width: int) -> str:
    """Return the piece below an indentation, or further left where it only fits there."""
    room = width - width_of(piece)
    return " " * (min(indent, room) if room >= 0 else indent) + piece


def width_of(text: str) -> int:
    """Return how many cells of a terminal `text` takes."""
    return len(text) if text.isascii() else cell_len(text)
