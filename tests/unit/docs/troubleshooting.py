"""The messages that docs/troubleshooting.md knows: what is in backticks in the first cell of a table's row."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs" / "troubleshooting.md"
_SPAN = re.compile(r"`([^`]+)`")


def rows_for(message: str) -> list[str]:
    """Return the remedies of the rows of which a message is in `message`, `…` being anything."""
    found = []
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        if line.startswith("| `") and any(_is_in(shape, message) for shape in _SPAN.findall(cells[0])):
            found.append(cells[-1])
    return found


def _is_in(shape: str, message: str) -> bool:
    parts = [re.escape(part) for part in re.split(r"\s*…\s*", shape)]
    return re.search(".*".join(parts), message, re.DOTALL) is not None
