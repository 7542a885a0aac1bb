"""Text of others as it is shown: nothing in it moves a cursor, turns the direction of reading, hides or breaks a file.

What a finding quotes was written by somebody: an image with an escape sequence would rewrite what a reviewer sees in a
log, and XML 1.0 has no way to write most control characters. Nor does a CI system obey a line of it: GitHub takes one
that begins with `::` for a command, and `##[` anywhere in it (actions/runner, ActionCommand); Azure Pipelines `##vso[`.
"""

from __future__ import annotations

import re
from typing import Final

_COMMANDS: Final = (
    ("::", re.compile(r"^(\s*):(?=:)"), r"\1\\x3a"),
    ("##", re.compile(r"##(?=\w*\[)"), r"#\\x23"),
)


def printable(text: str) -> str:
    r"""Return `text` on one line, with what a terminal or a CI system would obey as Python writes it (`\x1b`, `\x3a:`).

    That is what is not printable (str.isprintable), and what makes the line a command.
    """
    if not text.isprintable():
        text = "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
    for mark, command, escaped in _COMMANDS:
        # Searching is what costs, and nearly no text has one.
        if mark in text:
            text = command.sub(escaped, text)
    return text


def printable_lines(text: str) -> str:
    """Return `text` with its line breaks, and everything else as `printable` has it."""
    return "\n".join(map(printable, text.replace("\r\n", "\n").split("\n")))
