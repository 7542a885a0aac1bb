"""YAML text as plain data, with the line and column that every value came from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from slicewise.spec.codes import Code
from slicewise.spec.problems import FieldPath, InvalidInputError, Problem

# A document of people is a few kilobytes, and one of 10,000 deployments some 4 MB: more is a mistake, or an attack.
MAX_FILE_BYTES = 8 * 1024 * 1024
# What aliases expand to: a few lines of nested aliases ("a billion laughs") can stand for gigabytes.
MAX_NODES = 1_000_000
# libyaml and PyYAML recurse on nesting; no document here is more than a dozen levels deep.
MAX_DEPTH = 100


class _Loader(yaml.CSafeLoader):
    """libyaml's safe loader, without dates: `2026-01-01` is text in a label, as it is in Kubernetes' own YAML."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


@dataclass(frozen=True, slots=True)
class SourceDocument:
    """One YAML document: its plain data, and where each part of it stands."""

    file: str
    data: Any
    _node: yaml.Node

    def locate(self, path: FieldPath, *, key: bool = False) -> tuple[int, int]:
        """Return line and column (from 1) of the value at `path`, or of its nearest parent that exists.

        With `key`, the place of the last part's key instead of its value.
        """
        node = self._node
        place = node
        for part in path:
            found = _child(node, part)
            if found is None:
                break
            key_node, node = found
            place = key_node if key and key_node is not None else node
        else:
            return place.start_mark.line + 1, place.start_mark.column + 1
        return node.start_mark.line + 1, node.start_mark.column + 1

    def problem(self, path: FieldPath, code: Code, message: str, *, key: bool = False, field: str) -> Problem:
        """Make the problem `message` of the field at `path`."""
        line, column = self.locate(path, key=key)
        return Problem(self.file, line, column, field, message, code)


def _child(node: yaml.Node, part: str | int) -> tuple[yaml.Node | None, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        # Merged keys come first and a mapping's own last, so the last match is the one in force.
        for key, value in reversed(node.value):
            if key.value == str(part):
                return key, value
    elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return None, node.value[part]
    return None


def parse_documents(content: bytes, file: str) -> list[SourceDocument]:
    """Parse every document in `content`, skipping empty ones; `file` is the name used in errors.

    Raises:
        InvalidInputError: the content is no YAML that Slicewise takes (SW102 to SW106).
    """
    if len(content) > MAX_FILE_BYTES:
        message = f"the file has {len(content):,} bytes, more than {MAX_FILE_BYTES:,}; split it into several files"
        raise InvalidInputError([Problem(file, 0, 0, "", message, Code.TOO_LARGE)])
    text = _decode(content, file)
    try:
        _refuse_deep_nesting(text, file)
        loader = _Loader(text)
        try:
            return list(_documents(loader, file))
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        raise InvalidInputError([_syntax_problem(error, file)]) from error
    except yaml.reader.ReaderError as error:
        message = f"a character that YAML does not allow (#x{error.character:x}): {error.reason}"
        line, column = _position(text, error.position)
        raise InvalidInputError([Problem(file, line, column, "", message, Code.YAML_SYNTAX)]) from error
    except (ValueError, RecursionError) as error:
        # int() refuses numbers of thousands of digits, for one.
        raise InvalidInputError([Problem(file, 0, 0, "", f"not usable as YAML: {error}", Code.YAML_SYNTAX)]) from error


def _documents(loader: _Loader, file: str) -> Iterator[SourceDocument]:
    while loader.check_node():
        node: yaml.Node = loader.get_node()  # type: ignore[assignment]  # check_node() was true, so there is one
        _refuse_expansion(node, file)
        _refuse_duplicate_keys(node, file)
        data = loader.construct_document(node)
        if data is not None:
            yield SourceDocument(file, data, node)


def _decode(content: bytes, file: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - (content.rfind(b"\n", 0, error.start) + 1) + 1
        message = f"byte 0x{content[error.start]:02x} is not UTF-8; save the file as UTF-8"
        raise InvalidInputError([Problem(file, line, column, "", message, Code.UNREADABLE)]) from error


def _position(text: str, index: int) -> tuple[int, int]:
    return text.count("\n", 0, index) + 1, index - (text.rfind("\n", 0, index) + 1) + 1


def _syntax_problem(error: yaml.MarkedYAMLError, file: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
    parts = [part for part in (error.context, error.problem) if part]
    hint = "; YAML is indented with spaces, never with tabs" if "'\\t'" in (error.problem or "") else ""
    return Problem(file, line, column, "", f"not YAML: {', '.join(parts)}{hint}", Code.YAML_SYNTAX)


# A line indented beyond all reason, or with a pile of block indicators.
_STEEP_LINE = re.compile(r"^ {400}|(?:[-?][ \t]+){20}", re.MULTILINE)


def _refuse_deep_nesting(text: str, file: str) -> None:
    """Refuse nesting that would overflow the stack of the parser, which recurses; its event stream does not."""
    depth = 0
    if not _may_nest_deeply(text):
        return
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise InvalidInputError([_at(event, file, f"nested more than {MAX_DEPTH} deep", Code.TOO_LARGE)])


def _may_nest_deeply(text: str) -> bool:
    """Tell cheaply whether `text` could be nested deeply; brackets in quoted text only cost a closer look."""
    depth = 0
    for bracket in re.findall(r"[\[\]{}]", text):
        depth = depth + 1 if bracket in "[{" else max(depth - 1, 0)
        if depth > MAX_DEPTH:
            return True
    return _STEEP_LINE.search(text) is not None


def _refuse_expansion(root: yaml.Node, file: str) -> None:
    """Refuse a document whose aliases expand to more than MAX_NODES nodes, without expanding them."""
    sizes: dict[int, int] = {}

    def size(node: yaml.Node, depth: int) -> int:
        if depth > MAX_DEPTH:
            message = f"nested more than {MAX_DEPTH} deep"
            raise InvalidInputError([_at(node, file, message, Code.TOO_LARGE)])
        known = sizes.get(id(node))
        if known is not None:
            return known
        total = 1
        if isinstance(node, yaml.MappingNode):
            total += sum(size(key, depth + 1) + size(value, depth + 1) for key, value in node.value)
        elif isinstance(node, yaml.SequenceNode):
            total += sum(size(item, depth + 1) for item in node.value)
        sizes[id(node)] = total
        return total

    if size(root, 0) > MAX_NODES:
        message = f"its aliases expand to more than {MAX_NODES:,} values; write them out, or split the file"
        raise InvalidInputError([_at(root, file, message, Code.TOO_LARGE)])


def _refuse_duplicate_keys(root: yaml.Node, file: str) -> None:
    """Refuse a key that stands twice in one mapping: YAML parsers silently keep the last."""
    problems: list[Problem] = []
    pending = [root]
    seen_nodes: set[int] = set()
    while pending:
        node = pending.pop()
        if id(node) in seen_nodes:
            continue
        seen_nodes.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            pending.extend(node.value)
        elif isinstance(node, yaml.MappingNode):
            first: dict[str, yaml.Node] = {}
            for key, value in node.value:
                pending.append(value)
                if not isinstance(key, yaml.ScalarNode) or key.tag == "tag:yaml.org,2002:merge":
                    continue
                if key.value in first:
                    line = first[key.value].start_mark.line + 1
                    problems.append(
                        _at(key, file, f'"{key.value}" stands on line {line} already; keep one', Code.DUPLICATE_KEY)
                    )
                first.setdefault(key.value, key)
    if problems:
        raise InvalidInputError(problems)


def _at(place: yaml.Node | yaml.Event, file: str, message: str, code: Code) -> Problem:
    mark = place.start_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
    return Problem(file, line, column, "", message, code)
