"""Streams of any encoding take every text."""

from __future__ import annotations

import io

import pytest

from slicewise.presentation import replace_what_is_lacking


def written(text: str, encoding: str) -> bytes:
    buffer = io.BytesIO()
    stream = io.TextIOWrapper(buffer, encoding=encoding)
    replace_what_is_lacking([stream])
    stream.write(text)
    stream.flush()
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        ("ascii", b"-#.. a ... -> caf\\xe9 \\u65e5"),
        ("latin-1", b"-#.. a ... -> caf\xe9 \\u65e5"),
        # cp1252 has the ellipsis.
        ("cp1252", b"-#.. a \x85 -> caf\xe9 \\u65e5"),
        ("utf-8", "─█░░ a … → café 日".encode()),
    ],
)
def test_what_is_lacking_has_a_twin_or_is_escaped(encoding: str, expected: bytes) -> None:
    assert written("─█░░ a … → café 日", encoding) == expected
