"""Terminals and pipes that lack a character: it is replaced by one of ASCII that says the same."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterable
from typing import IO, Final

_NAME: Final = "slicewise-twins"
_TWINS: Final = (
    dict(zip("█▒░■━─╸╺│•·╭╮╰╯├┤┌┐└┘", "#=.#----|*-++++++++++", strict=True))
    | dict(zip("\u2013\u2014\u2018\u2019\u201c\u201d\xd7\u2212\xa0", "--''\"\"x- ", strict=True))
    | {"…": "...", "→": "->", "←": "<-", "≥": ">=", "≤": "<=", "✓": "ok", "✗": "x"}
)


def replace_what_is_lacking(streams: Iterable[IO[str]]) -> None:
    """Make streams of any encoding take every text: what has no twin is escaped as Python writes it."""
    codecs.register_error(_NAME, _twins)
    for stream in streams:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_NAME)


def _twins(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    escaped = (_TWINS.get(each) or each.encode("ascii", "backslashreplace").decode() for each in lacking)
    return "".join(escaped), error.end
