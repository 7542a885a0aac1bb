"""The documents of a file, each read from its own lines: their places are looked up only where something is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

import yaml

from slicewise.diagnostics import FieldPath
from slicewise.sources.yaml_fast_path import NotPlainError, plain_data
from slicewise.sources.yaml_limits import may_nest_deeply
from slicewise.sources.yaml_lines import lines_data
from slicewise.sources.yaml_loader import PlainLoader
from slicewise.sources.yaml_places import Locate, NodePlaces

_SEPARATOR: Final = "\n---\n"
_FIRST: Final = "---\n"
# What a document may be followed by, and what concerns all after it.
_OTHER_MARKS: Final = ("\n...", "\n%")
_PRINTABLE: Final = bytes([*b"\n", *range(ord(" "), ord("~") + 1)])
# What libyaml refuses, and what it takes for a line break or a byte order mark.
_ODD: Final = re.compile("[\0-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


class SeparateDocument:
    """One document of a file: its text, with how many lines precede it, and how many characters its end."""

    __slots__ = ("_places", "_text", "before", "end")

    def __init__(self, text: str, before: int, end: int) -> None:
        self._text = text
        self._places: NodePlaces | None = None
        self.before = before
        self.end = end

    @property
    def line(self) -> int:
        """The line on which it begins, and maybe a comment before it."""
        return self.before + 1

    def data(self) -> object:
        """Return what it holds; None for one that is empty.

        Raises:
            NotPlainError: it may be wrong, or has something rare in it.
            yaml.YAMLError: it is wrong.
        """
        try:
            return lines_data(self._text)
        except NotPlainError:
            node = self._composed()
        # Its nodes take ten times its room, and are made again where something is wrong.
        return None if node is None else plain_data(node)

    def locate(self, path: FieldPath, *, key: bool = False) -> tuple[int, int]:
        """Return line and column of a part."""
        if self._places is None:
            node = self._composed()
            assert node is not None  # noqa: S101 - what is empty has no parts
            self._places = NodePlaces(node, self.before)
        return self._places.locate(path, key=key)

    def lasting(self, _paths: Sequence[FieldPath]) -> Locate:
        """Locate each when asked, from the text."""
        return lambda path: SeparateDocument(self._text, self.before, self.end).locate(path)

    def _composed(self) -> yaml.Node | None:
        loader = PlainLoader(self._text)
        try:
            return loader.get_single_node()
        finally:
            loader.dispose()


def separate_documents(text: str) -> Iterator[SeparateDocument]:
    """Yield the documents of a file that is separable."""
    # The first line may be a separator, too, with no document before it.
    before, start = (1, len(_FIRST)) if text.startswith(_FIRST) else (0, 0)
    *others, last = text[start:].split(_SEPARATOR)
    for each in others:
        # The line break before the separator is the document's own: text in a block may end with it.
        start += len(each) + 1
        yield SeparateDocument(f"{each}\n", before, start)
        start += len(_FIRST)
        before += each.count("\n") + 2
    yield SeparateDocument(last, before, len(text))


def is_separable(text: str) -> bool:
    """Return whether the documents of `text` are what is between its lines `---`, each right or wrong by itself.

    No error of one may concern another: a directive, or a character that libyaml refuses long before it comes to it.
    """
    odd = text.encode().translate(None, _PRINTABLE)
    return not (
        _ODD.search(odd.decode())
        or any(mark[1:] == text[: len(mark) - 1] or mark in text for mark in _OTHER_MARKS)
        or (text.startswith("---") and not text.startswith(_FIRST))
        or text.count("\n---") != text.count(_SEPARATOR)
        or may_nest_deeply(text)
    )
