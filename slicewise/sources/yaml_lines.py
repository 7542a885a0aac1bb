"""The shortest way to data: documents in block style, one field or entry a line, as tools write them.

They are read a line at a time, many lines at once known from before, without a parser. Whatever is not surely read so
is left to the parser.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final, NamedTuple

from slicewise.sources.yaml_fast_path import NotPlainError, scalar
from slicewise.sources.yaml_limits import MAX_NODES
from slicewise.sources.yaml_loader import STR_TAG, plain_tag

# A line is at most an entry that is a mapping, with a name and a value, in a list that begins with it.
_MOST_LINES: Final = MAX_NODES // 5
# Printable ASCII but for `#` and the colon, which are text only between other text.
_TEXT: Final = '[!"$-9;-~]'
# Indentation of 40 spaces is at most some 40 levels; a first `-` is text beside other text only.
_LINE: Final = re.compile(
    rf"""
    (?P<indent>[ ]{{0,40}}) (?P<dash>-[ ]{{1,8}})?
    (?:(?P<key>[A-Za-z0-9_][A-Za-z0-9_./-]{{0,200}}):(?:[ ]+|$))?
    (?:
        (?P<plain>(?:[A-Za-z0-9_./+~^()\\$;<=]|-(?={_TEXT})){_TEXT}*(?:(?::|[ ]+){_TEXT}+)*)
        | '(?P<single>[^']*)' | "(?P<double>[^"\\]*)" | (?P<empty>\[\]|\{{\}})
    )?
    (?:[ ]+\#.*|[ ]*)
    """,
    re.VERBOSE,
)
_NO_DATA: Final = re.compile(" *(?:#.*)?")
_EMPTY: Final = {"[]": list, "{}": dict}


class _Line(NamedTuple):
    """What one line says.

    Attributes:
        dash: The column of the dash of an entry; -1 where there is none.
        column: The column of what follows it.
        key: The name of a field; None for an entry that is one value.
        value: Its value; the type of one that is an empty collection, and `_Line` itself where none is on the line.
    """

    dash: int
    column: int
    key: str | None
    value: Any


def lines_data(text: str) -> object:
    """Return the data of a document; None for one that is empty.

    Args:
        text: All of the document without the line that separates it from others: what YAML can hold, without tabs and
            with no other line breaks than line feeds.

    Raises:
        NotPlainError: something in it is written in another way, or wrong.
    """
    lines = text.split("\n")
    if len(lines) > _MOST_LINES:
        raise NotPlainError
    # The lines of fields are told by their columns, so that keys are text wherever they are used.
    root: dict[str | None, Any] = {}
    # The collections that the line before is in, and the column of each.
    collections: list[Any] = [root]
    columns = [0]
    # The mapping, the name and the column of a field whose value may follow.
    mapping, open_key, open_column = root, None, 0
    for dash, column, key, value in filter(None, map(_line, lines)):
        if dash >= 0:
            if open_key is not None and dash >= open_column:
                entries = mapping[open_key] = []
                collections.append(entries)
                columns.append(dash)
            else:
                entries = _entries_at(dash, collections, columns)
            if key is None:
                entries.append(value() if value.__class__ is type else value)
                open_key = None
                continue
            mapping = {}
            entries.append(mapping)
            collections.append(mapping)
            columns.append(column)
        elif open_key is not None and column > open_column:
            inner: dict[str | None, Any] = {}
            mapping[open_key] = inner
            mapping = inner
            collections.append(mapping)
            columns.append(column)
        else:
            while columns[-1] > column or collections[-1].__class__ is list:
                columns.pop()
                collections.pop()
            mapping = collections[-1]
            if columns[-1] != column or key in mapping:
                raise NotPlainError
        if value is _Line:
            mapping[key], open_key, open_column = None, key, column
        else:
            mapping[key], open_key = value() if value.__class__ is type else value, None
    return root or None


def _entries_at(dash: int, collections: list[Any], columns: list[int]) -> list[Any]:
    """Leave the collections within the list whose entries begin in the column of `dash`, and return it."""
    while columns[-1] > dash:
        columns.pop()
        collections.pop()
    entries: Any = collections[-1]
    if columns[-1] != dash or entries.__class__ is not list:
        raise NotPlainError
    return entries


# The same few thousand lines are everywhere.
@lru_cache(maxsize=2**14)
def _line(line: str) -> _Line | None:
    """Return what a line says; None where it says nothing."""
    if _NO_DATA.fullmatch(line):
        return None
    found = _LINE.fullmatch(line)
    if found is None:
        raise NotPlainError
    indent, dash, key, plain, single, double, empty = found.groups()
    if plain is not None:
        tag = plain_tag(plain)
        value = plain if tag == STR_TAG else scalar(tag, plain)
    elif empty is not None:
        value = _EMPTY[empty]
    else:
        value = next((text for text in (single, double) if text is not None), _Line)
    if (key is None and (dash is None or value is _Line)) or (key is not None and plain_tag(key) != STR_TAG):
        raise NotPlainError
    return _Line(len(indent) if dash else -1, len(indent) + len(dash or ""), key, value)
