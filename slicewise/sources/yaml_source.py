"""YAML text as plain data, with the line and column that every value came from."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

import yaml

from slicewise.diagnostics import Code, Diagnostic, FieldPath, InvalidInputError, Place
from slicewise.sources.yaml_fast_path import NotPlainError, plain_data
from slicewise.sources.yaml_foreign import foreign_text
from slicewise.sources.yaml_limits import duplicate_keys, refuse_deep_nesting, refuse_expansion
from slicewise.sources.yaml_loader import STR_TAG, PlainLoader
from slicewise.sources.yaml_words import is_at_its_beginning, said_plainly

# A document of people is a few kilobytes, and one of 10,000 deployments some 4 MB: more is a mistake, or an attack.
MAX_FILE_BYTES = 8 * 1024 * 1024

_BREAKS: Final = "\r\n\x85\u2028\u2029"
_MARK: Final = re.compile("^\ufeff", re.MULTILINE)

_Child = tuple[yaml.Node | None, yaml.Node]


@dataclass(frozen=True, slots=True)
class SourceDocument:
    """One YAML document: its plain data, and where each part of it is. It holds every node: keep none for long."""

    file: str
    data: Any
    _node: yaml.Node
    _children: dict[int, dict[str, _Child]] = field(default_factory=dict, repr=False, compare=False)

    @property
    def end(self) -> int:
        """How many characters of the file precede the end of the document."""
        return self._node.end_mark.index

    def locate(self, path: FieldPath, *, key: bool = False) -> tuple[int, int]:
        """Return line and column (from 1) of the value at `path`, or of its nearest parent that exists.

        With `key`, the place of the last part's key instead of its value.
        """
        node = self._node
        place = node
        for part in path:
            found = self._child(node, part)
            if found is None:
                place = node
                break
            key_node, node = found
            place = key_node if key and key_node is not None else node
        return place.start_mark.line + 1, place.start_mark.column + 1

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

    def _child(self, node: yaml.Node, part: str | int) -> _Child | None:
        if isinstance(node, yaml.MappingNode):
            children = self._children.get(id(node))
            if children is None:
                # Merged keys come first and a mapping's own last, so the last of a name is the one in force.
                children = {_name(key): (key, value) for key, value in node.value}
                self._children[id(node)] = children
            return children.get(str(part))
        if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            return None, node.value[part]
        return None


def _name(key: yaml.Node) -> str:
    """Return the name of a field in a path: as JSON has it where it is not text."""
    if isinstance(key, yaml.ScalarNode) and key.tag != STR_TAG:
        try:
            return json.dumps(plain_data(key))
        except NotPlainError:
            pass
    return str(key.value)


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
    loader = PlainLoader(text)
    try:
        refuse_deep_nesting(text, file)
        while loader.check_node():
            node: yaml.Node = loader.get_node()  # type: ignore[assignment]  # check_node() was true, so there is one
            try:
                data = plain_data(node)
            except NotPlainError:
                refuse_expansion(node, file)
                if duplicates := duplicate_keys(node, file):
                    yield from duplicates
                    continue
                data = loader.construct_document(node)
            if data is not None:
                yield SourceDocument(file, data, node)
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
    if mark := _MARK.search(text):
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
