"""Where results go: standard output, which is for nothing else."""

from __future__ import annotations

import sys
from collections.abc import Iterable


def print_result(text: str) -> None:
    """Print what a command was run for; errors, warnings and progress go to standard error."""
    print(text)  # noqa: T201 - the result


def print_pieces(pieces: Iterable[str]) -> None:
    """Print a result that is made while it is printed."""
    sys.stdout.writelines(pieces)
    print()  # noqa: T201 - the result
