"""YAML text as plain data, with the line and column that every value came from."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

import yaml

from slicewise.diagnostics import Code, Diagnostic, FieldPath, InvalidInputError, Place
from slicewise.sources.yaml_fast_path import NotPlainError, plain_data
from slicewise.sources.yaml_foreign import foreign_text
from slicewise.sources.yaml_limits import duplicate_keys, refuse_deep_nesting, refuse_expansion
from slicewise.sources.yaml_loader import PlainLoader
from slicewise.sources.yaml_places import NodePlaces, Places
from slicewise.sources.yaml_separate import is_separable, separate_documents
from slicewise.sources.yaml_words import is_at_its_beginning, said_plainly

# A document of people is a few kilobytes, and one of 10,000 deployments some 4 MB: more is a mistake, or an attack.
MAX_FILE_BYTES = 8 * 1024 * 1024

_BREAKS: Final = "\r\n\x85\u2028\u2029"
_BYTE_ORDER_MARK: Final = "\ufeff"
_MARK: Final = re.compile(f"^{_BYTE_ORDER_MARK}", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class SourceDocument:
    """One YAML document: its plain data, and where each part of it is.

    Attributes:
        file: The name of its file.
        data: What it holds.
        end: How many characters of the file precede the end of the document.
    """

    file: str
    data: Any
    end: int
    _places: Places = field(repr=False, compare=False)

    @property
    def line(self) -> int:
        """The line (from 1) on which it begins, or one between it and the document before."""
        return self._places.line

    def locate(self, path: FieldPath, *, key: bool = False) -> tuple[int, int]:
        """Return line and column (from 1) of the value at `path`, or of its nearest parent that exists.

        With `key`, the place of the last part's key instead of its value.
        """
        return self._places.locate(path, key=key)

    def lasting_places(self, *paths: FieldPath) -> Callable[[FieldPath], tuple[int, int]]:
        """Return what locates each of `paths`, and may be kept for long: a document may hold all its nodes."""
        return self._places.lasting(paths)

    def error(
        self,
        code: Code,
        message: str,
        remedy: str = "",
        *,
        field: FieldPath = (),
        key: bool = False,
        **facts: Any,  # noqa: ANN401 - data for programs
    ) -> Diagnostic:
        """Make an error of `field`, with its place: that of the value, or with `key` that of the field's name."""
        return self.placed(Diagnostic.error(code, message, remedy, field=field, **facts), key=key)

    def placed(self, diagnostic: Diagnostic, *, key: bool = False) -> Diagnostic:
        """Return `diagnostic`, whose field is a path in this document, with its place."""
        path = diagnostic.field
        line, column = self.locate(() if isinstance(path, str) else path, key=key)
        return replace(diagnostic, place=Place(self.file, line, column))


def parse_documents(content: bytes, file: str) -> Iterator[SourceDocument | Diagnostic]:
    """Yield the documents in `content`, skipping empty ones; `file` is the name used in errors.

    What is not YAML that Slicewise takes (SW102 to SW106) is yielded as an error, and beside it the documents that can
    be read in spite of it.
    """
    try:
        yield from _parse(_decode(content, file), file)
    except InvalidInputError as error:
        yield from error.problems


def _parse(text: str, file: str) -> Iterator[SourceDocument | Diagnostic]:
    done = 0
    if is_separable(text):
        for each in separate_documents(text):
            done = each.before
            try:
                data = each.data()
            except (NotPlainError, yaml.YAMLError, ValueError, RecursionError):
                break
            if data is not None:
                yield SourceDocument(file, data, each.end, each)
        else:
            return
    yield from _parse_as_one(text, file, done)


def _parse_as_one(text: str, file: str, done: int) -> Iterator[SourceDocument | Diagnostic]:
    """Parse the documents of a file after the first `done` lines, which are right, with the errors of the whole."""
    loader = PlainLoader(text)
    try:
        refuse_deep_nesting(text, file)
        while loader.check_node():
            node: yaml.Node = loader.get_node()  # type: ignore[assignment]  # check_node() was true, so there is one
            if node.start_mark.line < done:
                continue
            try:
                data = plain_data(node)
            except NotPlainError:
                refuse_expansion(node, file)
                if duplicates := duplicate_keys(node, file):
                    yield from duplicates
                    continue
                data = loader.construct_document(node)
            if data is not None:
                yield SourceDocument(file, data, node.end_mark.index, NodePlaces(node))
    except yaml.MarkedYAMLError as error:
        yield _syntax_problem(error, text, file)
    except yaml.reader.ReaderError as error:
        # libyaml counts bytes.
        before = text.encode()[: error.position].decode(errors="ignore")
        place = Place(file, *_position(before, len(before)))
        remedy = "remove it" if error.character else "if the file is UTF-16, save it as UTF-8"
        message = f"not YAML: {error.reason} (character #x{max(error.character, 0):x})"
        yield Diagnostic.error(Code.YAML_SYNTAX, message, remedy, place=place)
    except (ValueError, RecursionError) as error:
        yield Diagnostic.error(Code.YAML_SYNTAX, f"not usable as YAML: {error}", place=Place(file))
    finally:
        loader.dispose()


def _decode(content: bytes, file: str) -> str:
    if len(content) > MAX_FILE_BYTES:
        message = f"the file has more than {MAX_FILE_BYTES:,} bytes"
        remedy = "split it into several files"
        raise InvalidInputError(
            [Diagnostic.error(Code.TOO_LARGE, message, remedy, place=Place(file), mostBytes=MAX_FILE_BYTES)]
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8-sig", errors="ignore")
        line, column = _position(before, len(before))
        looks = " (it looks like UTF-16)" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else ""
        message = f"byte 0x{content[error.start]:02x} is not UTF-8{looks}"
        remedy = "save the file as UTF-8"
        raise InvalidInputError(
            [Diagnostic.error(Code.UNREADABLE, message, remedy, place=Place(file, line, column))]
        ) from error
    _refuse_marks(text, file)
    return text


def _refuse_marks(text: str, file: str) -> None:
    """Refuse byte order marks within the text, where files were put together: they are invisible."""
    if _BYTE_ORDER_MARK in text and (mark := _MARK.search(text)):
        line, column = _position(text, mark.start())
        message = "an invisible byte order mark (U+FEFF) is here"
        remedy = "remove it"
        raise InvalidInputError([Diagnostic.error(Code.YAML_SYNTAX, message, remedy, place=Place(file, line, column))])


def _position(text: str, index: int) -> tuple[int, int]:
    """Return line and column (from 1) as libyaml counts them: YAML 1.1 has more line breaks than a line feed."""
    before = text[:index]
    breaks = sum(map(before.count, _BREAKS)) - before.count("\r\n")
    return breaks + 1, index - max(map(before.rfind, _BREAKS))


def _syntax_problem(error: yaml.MarkedYAMLError, text: str, file: str) -> Diagnostic:
    stopped = error.problem_mark or error.context_mark
    mark = error.context_mark if is_at_its_beginning(error) else stopped
    # libyaml counts the end of a file that ends in the middle of a line as a line of its own.
    index, stop = (min(each.index, len(text)) if each else 0 for each in (mark, stopped))
    opened = _position(text, error.context_mark.index if error.context_mark else index)[0]
    foreign = foreign_text(text, index, stop)
    index, message = foreign or (index, said_plainly(error, text, index, opened))
    line, column = _position(text, index)
    return Diagnostic.error(Code.YAML_SYNTAX, f"not YAML: {message}", place=Place(file, line, column))
