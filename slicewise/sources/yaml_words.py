"""What libyaml's errors mean for people who write documents, and what to do about them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import yaml

from slicewise.diagnostics import quoted
from slicewise.sources.yaml_foreign import line_at

_IN_QUOTES: Final = "while scanning a quoted scalar"
_UNENDING: Final = {
    (_IN_QUOTES, "found unexpected end of stream"),
    (_IN_QUOTES, "found unexpected document indicator"),
}
_NO_COLON: Final = ("while scanning a simple key", "could not find expected ':'")
_UNCLOSED: Final = "the quote that begins here is never closed; close it, or remove it"
_OPENED: Final = {"while parsing a flow sequence": ("[", "]"), "while parsing a flow mapping": ("{", "}")}
_ALIAS: Final = re.compile(r"\*([^\s,\]}]*)")
_TAG: Final = re.compile(r"could not determine a constructor for the tag '(.*)'")
_PLAIN: Final = "documents are plain text, numbers, lists and mappings"
_SHOWN: Final = 80
_LONGEST_LINE: Final = 200
# Editors turn `---` into one long dash.
_DASHES: Final = frozenset("-\u2013\u2014")
_SEPARATOR: Final = re.compile(r"^(?:---|\.\.\.)(?:\s|$)", re.MULTILINE)
# A name and a value with something else than a colon and a space between them; U+FF1A is the wide colon.
_PAIR: Final = re.compile(r"([A-Za-z][\w./-]*)(?:\s*[=:\uff1a]\s*|\s+)([^\s#=:].*?)(?:\s+#.*)?")
_DASH_MISSING: Final = "in a list every entry begins with `- `"
_WORDS: Final = {
    "found unhashable key": (
        "a field's name must be text, and this is a list or a mapping; put text with brackets or braces in quotes"
    ),
    "mapping values are not allowed in this context": (
        'there is a ": " here that does not belong: the line is indented too far, the line before has no colon, or '
        'text that has ": " is not in quotes; fix that'
    ),
    "did not find expected key": (
        "this does not line up with what is before it; indent it as its neighbours are, or put all the text in quotes"
    ),
    "did not find expected '-' indicator": (
        f"{_DASH_MISSING}; indent this line under its entry, or write `- ` before it"
    ),
    "did not find expected <document start>": (
        "a document has ended before this line; begin the next one with `---`, or remove what is before it"
    ),
    "did not find expected alphabetic or numeric character": (
        "`*` and `&` begin the name of an alias or an anchor here; put text that begins with one in quotes (or is this "
        "a file of another kind, such as Markdown?)"
    ),
    "second occurrence": "there is an anchor of this name before it already; rename one of the two",
    "did not find expected node content": "a value is missing here; write one, or put text in quotes",
    "expected a mapping or list of mappings for merging, but found scalar": (
        "`<<` merges mappings; write an alias of one there, such as *NAME, or remove the line"
    ),
}


@dataclass(frozen=True, slots=True)
class _Failure:
    """What libyaml says, in two parts; after `index` characters of `text`; in what begins on line `opened`."""

    context: str
    problem: str
    text: str
    index: int
    opened: int

    @property
    def line(self) -> str:
        start, end = line_at(self.text, self.index)
        return self.text[start : min(end, start + _LONGEST_LINE)].strip()

    @property
    def rest(self) -> str:
        return self.text[self.index : self.index + _SHOWN]


def is_at_its_beginning(error: yaml.MarkedYAMLError) -> bool:
    """Return whether something is wrong where it begins, and not where libyaml stops: a quote that is never closed."""
    words = (error.context, error.problem)
    return words == _NO_COLON or words in _UNENDING


def said_plainly(error: yaml.MarkedYAMLError, text: str, index: int, opened: int) -> str:
    """Return what is wrong and what to do; in libyaml's words where they say it.

    Args:
        error: What libyaml says.
        text: The text of the file.
        index: How many characters precede what is wrong.
        opened: The line on which what it was reading begins.
    """
    failure = _Failure(error.context or "", error.problem or "", text, index, opened)
    said = (say(failure) for say in _SAYINGS)
    words = ", ".join(part for part in (failure.context, failure.problem) if part)
    return next((each for each in said if each), words + _hint(failure.problem, failure.rest))


def _quote(failure: _Failure) -> str | None:
    return _UNCLOSED if (failure.context, failure.problem) in _UNENDING else None


def _bracket(failure: _Failure) -> str | None:
    if failure.context not in _OPENED:
        return None
    bracket, closing = _OPENED[failure.context]
    where = f"the {bracket} of line {failure.opened}"
    return f"a comma is missing here, or {where} is never closed; write the comma, or {closing}"


def _alias(failure: _Failure) -> str | None:
    name = _ALIAS.match(failure.rest)
    if failure.problem != "found undefined alias" or not name:
        return None
    # An anchor of an earlier document: something ends that one, or begins the next, in between.
    anchor = re.compile(rf"(?:^|[\s\[{{,])&{re.escape(name[1])}(?=\s)").search(failure.text, 0, failure.index)
    if anchor and _SEPARATOR.search(failure.text, anchor.end(), failure.index):
        return f"{quoted(name[0])} has its anchor in an earlier document, and anchors end with theirs; write it out"
    return f"{quoted(name[0])} is an alias, and no anchor of that name is before it; if this is text, put it in quotes"


def _tag(failure: _Failure) -> str | None:
    tag = _TAG.fullmatch(failure.problem)
    return f"the tag {quoted(tag[1])} is not known; remove it: {_PLAIN}" if tag else None


def _separator(failure: _Failure) -> str | None:
    dashes = failure.line.replace(" ", "")
    if dashes in ("", "-") or not _DASHES.issuperset(dashes):
        return None
    return "this line of dashes separates no documents; write exactly `---`, without a space before it"


def _colon(failure: _Failure) -> str | None:
    if (failure.context, failure.problem) != _NO_COLON:
        return None
    if failure.line.startswith("-"):
        return f"{_DASH_MISSING}, a dash and a space; write it before this line"
    pair = _PAIR.fullmatch(failure.line)
    meant = quoted(f"{pair[1]}: {pair[2]}") if pair else "NAME: VALUE, or `- ` before an entry of a list"
    return f"no colon and space after the field's name; write {meant}"


def _by_problem(failure: _Failure) -> str | None:
    # A key is expected in flow style too.
    return _WORDS.get(failure.problem)


_SAYINGS: Final[tuple[Callable[[_Failure], str | None], ...]] = (
    *(_quote, _bracket, _alias, _tag, _separator, _colon, _by_problem),
)


def _hint(problem: str, rest: str) -> str:
    """Return what to do about `problem`, which begins at `rest`, where libyaml's words do not say it."""
    if "tab character" in problem or rest.startswith("\t"):
        return "; YAML is indented with spaces, never with tabs: write spaces"
    if rest.startswith("```"):
        return "; this is a line of Markdown: remove it"
    if "cannot start any token" in problem:
        return "; if this is text, put it in quotes"
    return ""
