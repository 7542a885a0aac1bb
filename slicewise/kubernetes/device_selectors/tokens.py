"""CEL expressions as tokens (https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from slicewise.kubernetes.device_selectors.failures import NotUnderstoodError

# An expression of a DeviceClass has at most 10 KiB; nobody writes so many tokens by hand.
_MOST: Final = 2000
_TOKEN: Final = re.compile(
    r"""(?P<space>\s+|//[^\n]*)
      |(?P<string>[rR]?(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'))
      |(?P<number>(?:0x[0-9a-fA-F]+|[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)u?)
      |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
      |(?P<sign>&&|\|\||==|!=|<=|>=|\.\?|\[\?|[-+*/%!<>()\[\].,?:{}])""",
    re.VERBOSE,
)
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r"}


class Token(NamedTuple):
    """A word of an expression: its kind, string, number, name or sign, and its text; of a string its value."""

    kind: str
    text: str


def tokens_of(expression: str) -> list[Token]:
    """Return the tokens of an expression.

    Raises:
        NotUnderstoodError: it has what is no token, or too many of them.
    """
    found = list(_tokens(expression))
    if len(found) > _MOST:
        raise NotUnderstoodError
    return found


def _tokens(expression: str) -> Iterator[Token]:
    place = 0
    while place < len(expression):
        match = _TOKEN.match(expression, place)
        if match is None:
            raise NotUnderstoodError
        place = match.end()
        kind = match.lastgroup or ""
        if kind != "space":
            yield Token(kind, _value(match[0]) if kind == "string" else match[0])


def _value(literal: str) -> str:
    if literal[0] in "rR":
        return literal[2:-1]
    return re.sub(r"\\(.)", _escaped, literal[1:-1])


def _escaped(match: re.Match[str]) -> str:
    if match[1].isalnum() and match[1] not in _ESCAPES:
        raise NotUnderstoodError
    return _ESCAPES.get(match[1], match[1])
