"""Lists, numbers and verbs as a sentence has them: `a, b, c and 2 more`, `1 node`, `2 nodes`, `are`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

_FEW: Final = 3


def some(names: Sequence[str], most: int = _FEW, *, between: str = ", ", word: str = "and") -> str:
    """Write a few names, and how many more there are: `a, b, c and 2 more`.

    Args:
        names: The names, in the order in which they are shown.
        most: How many are shown.
        between: What stands between two of them.
        word: What comes before the number of the others.
    """
    rest = len(names) - most
    return between.join(names[:most]) + (f" {word} {rest} more" if rest > 0 else "")


def plural(count: int, noun: str) -> str:
    """Return the form of a regular noun that goes with a number."""
    return noun if count == 1 else f"{noun}s"


def counted(count: int, noun: str) -> str:
    """Write a number with its noun: `1 node`, `2 nodes`."""
    return f"{count} {plural(count, noun)}"


def are(count: int) -> str:
    """Return the form of "to be" that goes with a number."""
    return "is" if count == 1 else "are"


def have(count: int) -> str:
    """Return the form of "to have" that goes with a number."""
    return "has" if count == 1 else "have"
