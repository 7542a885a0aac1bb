"""What people read beside a result: on standard error, folded between words in a terminal, and one line each elsewhere.

Errors with a file and a line are not folded: tools read them in terminals, too.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

from slicewise.diagnostics import printable
from slicewise.presentation.console import progress_console
from slicewise.presentation.folding import folded


def print_beside(lines: Iterable[str]) -> None:
    """Print lines where they do not mix with results."""
    width = progress_console().width if sys.stderr.isatty() else None
    for line in map(printable, lines):
        for part in [line] if width is None else folded(line, width):
            print(part, file=sys.stderr)  # noqa: T201 - beside the result
