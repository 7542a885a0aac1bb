"""What libyaml's errors mean for people who write documents, and what to do about them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import yaml

from slicewise.spec.problems import quoted

_QUOTE: Final = ("while scanning a quoted scalar", "found unexpected end of stream")
_UNCLOSED: Final = "the quote that begins here is never closed; close it, or remove it"
_OPENED: Final = {"while parsing a flow sequence": ("[", "]"), "while parsing a flow mapping": ("{", "}")}
_ALIAS: Final = re.compile(r"\*[^\s,\]}]*")
_TAG: Final = re.compile(r"could not determine a constructor for the tag '(.*)'")
_PLAIN: Final = "documents are plain text, numbers, lists and mappings"
_WORDS: Final = {
    "found unhashable key": (
        "a field's name must be text, and this is a list or a mapping; put text with brackets or braces in quotes"
    ),
    "mapping values are not allowed in this context": (
        'a ": " too many: the line is indented too far, the line before has no colon, or text that has ": " is not in '
        "quotes; mend that"
    ),
    "did not find expected key": (
        "this does not line up with what is before it; indent it as its neighbours are, or put all the text in quotes"
    ),
}


def is_unclosed_quote(error: yaml.MarkedYAMLError) -> bool:
    """Return whether a quote runs to the end of the file: it is where it begins that something is wrong."""
    return (error.context, error.problem) == _QUOTE


def said_plainly(error: yaml.MarkedYAMLError, rest: str, opened: int) -> str:
    """Return what is wrong and what to do; in libyaml's words where they say it.

    Args:
        error: What libyaml says.
        rest: The text from where something is wrong.
        opened: The line on which what it was reading begins.
    """
    context, problem = error.context or "", error.problem or ""
    said = (say(context, problem, rest, opened) for say in _SAYINGS)
    words = ", ".join(part for part in (context, problem) if part)
    return next((text for text in said if text), words + _hint(problem, rest))


def _quote(context: str, problem: str, _rest: str, _opened: int) -> str | None:
    return _UNCLOSED if (context, problem) == _QUOTE else None


def _bracket(context: str, _problem: str, _rest: str, opened: int) -> str | None:
    if context not in _OPENED:
        return None
    bracket, closing = _OPENED[context]
    return f"a comma is missing here, or the {bracket} of line {opened} is never closed; write the comma, or {closing}"


def _alias(_context: str, problem: str, rest: str, _opened: int) -> str | None:
    if problem != "found undefined alias":
        return None
    name = _ALIAS.match(rest)
    shown = quoted(name[0] if name else rest)
    return f"{shown} is an alias of nothing that stands before it; if this is text, put it in quotes"


def _tag(_context: str, problem: str, _rest: str, _opened: int) -> str | None:
    tag = _TAG.fullmatch(problem)
    return f"the tag {quoted(tag[1])} is not known; remove it: {_PLAIN}" if tag else None


def _by_problem(context: str, problem: str, _rest: str, _opened: int) -> str | None:
    # A key is expected in flow style too.
    return _WORDS.get(problem) if not context.startswith("while parsing a flow") else None


_SAYINGS: Final[tuple[Callable[[str, str, str, int], str | None], ...]] = (_quote, _bracket, _alias, _tag, _by_problem)


def _hint(problem: str, rest: str) -> str:
    """Return what to do about `problem`, which begins at `rest`, where libyaml's words do not say it."""
    if "tab character" in problem or rest.startswith("\t"):
        return "; YAML is indented with spaces, never with tabs"
    if "cannot start any token" in problem:
        return "; if this is text, put it in quotes"
    return ""
