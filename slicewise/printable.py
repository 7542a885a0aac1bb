"""Text of others as it is shown: nothing in it moves a cursor, turns the direction of reading, hides or breaks a file.

What a finding quotes was written by somebody: an image with an escape sequence would rewrite what a reviewer sees in a
log, and XML 1.0 has no way to write most control characters.
"""

from __future__ import annotations


def printable(text: str) -> str:
    r"""Return `text` on one line: what is not printable (str.isprintable) is written as Python would (`\x1b`)."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def printable_lines(text: str) -> str:
    """Return `text` with its line breaks, and everything else as `printable` has it."""
    return "\n".join(map(printable, text.replace("\r\n", "\n").split("\n")))
