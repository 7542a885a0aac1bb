"""What other tools and editors leave in a file, and no YAML parser can name: conflicts, templates, odd spaces."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

# As git writes them, at the beginning of a line.
_CONFLICT: Final = re.compile(r"^(?:<{7}|={7}|>{7})(?: [^\r\n]*)?\r?$", re.MULTILINE)
# Helm's and Jinja's.
_TEMPLATE: Final = re.compile(r"\{[{%]")
_QUOTED: Final = re.compile(r""""[^"]*"|'[^']*'""")
# Unicode's spaces and its characters without width, in indentation and after a field's name: YAML needs a plain space.
_ODD_SPACE: Final = re.compile(
    r"^[ -]*(?:[^\s#:-][^\s:]*:)?([\xa0\xad\u1680\u2000-\u200f\u202a-\u202f\u205f-\u2064\u3000\ufeff])", re.MULTILINE
)


def foreign_text(text: str, place: int, stop: int) -> tuple[int, str] | None:
    """Return where something is that is not YAML, and what to do about it; None if nothing is.

    Args:
        text: The text of the file, whose YAML is wrong.
        place: How many characters precede what is wrong.
        stop: How many precede the place where the parser stopped.
    """
    return _conflict(text, stop) or _template(text, place) or _odd_space(text, place, stop)


def line_at(text: str, index: int) -> tuple[int, int]:
    """Return where the line of `text` that has the character `index` begins, and where it ends."""
    start = max(text.rfind("\n", 0, index), text.rfind("\r", 0, index)) + 1
    ends = (text.find(end, index) for end in "\r\n")
    return start, min((end for end in ends if end >= 0), default=len(text))


def _conflict(text: str, stop: int) -> tuple[int, str] | None:
    mark = _CONFLICT.search(text, 0, line_at(text, stop)[1])
    return (mark.start(), "a merge conflict is not resolved; keep one side and remove the markers") if mark else None


def _template(text: str, place: int) -> tuple[int, str] | None:
    start, end = line_at(text, place)
    # Quoted text may have any braces.
    line = _QUOTED.sub(lambda quote: " " * len(quote[0]), text[start : min(place + 2, end)])
    mark = _TEMPLATE.search(line)
    message = "a template that is not rendered; render it first, and load what that writes"
    return (start + mark.start(), message) if mark else None


def _odd_space(text: str, place: int, stop: int) -> tuple[int, str] | None:
    # A line that is indented so is taken for one further left, which may be wrong only in the line after it.
    before = line_at(text, max(line_at(text, place)[0] - 1, 0))[0]
    mark = _ODD_SPACE.search(text, before, line_at(text, stop)[1])
    if not mark:
        return None
    name = unicodedata.name(mark[1]).lower()
    remedy = "remove it" if unicodedata.category(mark[1]) == "Cf" else "write a plain space instead"
    return mark.start(1), f"U+{ord(mark[1]):04X} ({name}) is here, which is not a space to YAML; {remedy}"
