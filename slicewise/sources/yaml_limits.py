"""YAML that is well-formed and yet refused: bombs, towers and repeated keys."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import yaml

from slicewise.diagnostics import Code, Diagnostic, InvalidInputError, Place, by_place, plural, quoted, some

# What aliases expand to: a few lines of nested aliases ("a billion laughs") can become gigabytes.
MAX_NODES: Final = 1_000_000
# libyaml and PyYAML recurse on nesting; no document here is more than a dozen levels deep.
MAX_DEPTH: Final = 100
MAX_DUPLICATES: Final = 100
_MOST_NAMES: Final = 5
# A line indented beyond all reason, or with a pile of block indicators. The first of the pile is matched alone so that
# the pattern begins with a set of characters, which `re` searches for six times as fast.
_STEEP_INDENT: Final = "\n" + " " * 400
_STEEP_PILE: Final = re.compile(r"[-?][ \t]+(?:[-?][ \t]+){19}")
_OPENING: Final = frozenset(b"[{")
_Pair = tuple[yaml.ScalarNode, yaml.Node]
_NO_BRACKETS: Final = bytes(sorted(set(range(256)) - set(b"[]{}")))


def refuse_deep_nesting(text: str, file: str) -> None:
    """Refuse nesting that would overflow the stack of the parser, which recurses; its event stream does not."""
    depth = 0
    if not may_nest_deeply(text):
        return
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise InvalidInputError([_too_deep(event, file)])


def may_nest_deeply(text: str) -> bool:
    """Tell cheaply whether `text` could be nested deeply; brackets in quoted text only cost a closer look."""
    depth = 0
    for bracket in text.encode().translate(None, _NO_BRACKETS):
        depth = depth + 1 if bracket in _OPENING else max(depth - 1, 0)
        if depth > MAX_DEPTH:
            return True
    return _STEEP_INDENT in text or text.startswith(_STEEP_INDENT[1:]) or _STEEP_PILE.search(text) is not None


def refuse_expansion(root: yaml.Node, file: str) -> None:
    """Refuse a document whose aliases expand to more than MAX_NODES nodes or MAX_DEPTH levels, without expanding it."""
    known: dict[int, tuple[int, int]] = {}

    def measure(node: yaml.Node, depth: int) -> tuple[int, int]:
        """Return how many nodes `node` expands to, and on how many levels."""
        size, height = known.get(id(node), (1, 1))
        if id(node) not in known and isinstance(node, yaml.CollectionNode) and depth <= MAX_DEPTH:
            mapping = isinstance(node, yaml.MappingNode)
            children = [child for pair in node.value for child in pair] if mapping else node.value
            for child in children:
                child_size, child_height = measure(child, depth + 1)
                size, height = size + child_size, max(height, child_height + 1)
            known[id(node)] = size, height
        if depth + height > MAX_DEPTH + 1:
            raise InvalidInputError([_too_deep(node, file)])
        return size, height

    if measure(root, 0)[0] > MAX_NODES:
        message = f"it has more than {MAX_NODES:,} values, what its aliases refer to included"
        raise InvalidInputError([_at(root, file, Code.TOO_LARGE, message, "split the file", most=MAX_NODES)])


def duplicate_keys(root: yaml.Node, file: str) -> list[Diagnostic]:
    """Return where keys are repeated in one mapping, at most MAX_DUPLICATES: YAML parsers silently keep the last."""
    problems: list[Diagnostic] = []
    # Each with whether it is an entry of a list.
    pending = [(root, False)]
    seen_nodes: set[int] = set()
    while pending:
        node, entry = pending.pop()
        if id(node) in seen_nodes:
            continue
        seen_nodes.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            pending.extend((child, True) for child in node.value)
        elif isinstance(node, yaml.MappingNode):
            pending.extend((value, False) for _, value in node.value)
            problems += _duplicates_in(node, file, entry=entry, document=node is root)
    if len(problems) > MAX_DUPLICATES:
        rest = len(problems) - MAX_DUPLICATES
        message = f"{rest:,} more {plural(rest, 'mistake')}, keys of this document that repeat"
        remedy = "fix these first"
        problems = by_place(problems)
        first = replace(problems[MAX_DUPLICATES], message=message, remedy=remedy, facts={"more": rest})
        problems[MAX_DUPLICATES:] = [first]
    return problems


def _duplicates_in(mapping: yaml.MappingNode, file: str, *, entry: bool, document: bool) -> Iterator[Diagnostic]:
    first: dict[str, _Pair] = {}
    for pairs in _repeats(mapping, first):
        key, value = pairs[0]
        names = list(dict.fromkeys(key.value for key, _ in pairs))
        if len(names) == 1:
            line, remedy = first[key.value][0].start_mark.line + 1, _keep(first[key.value][1], value)
            yield _at(
                key, file, Code.DUPLICATE_KEY, f"{quoted(key.value)} is on line {line} already", remedy, line=line
            )
        else:
            message, remedy = f"{_listed(names)} are in this mapping already", _beginning(names, entry, document)
            yield _at(key, file, Code.DUPLICATE_KEY, message, remedy, names=names)


def _repeats(mapping: yaml.MappingNode, first: dict[str, _Pair]) -> list[list[_Pair]]:
    """Return the pairs whose keys repeat, one list for each time that the keys begin anew; put the others in `first`.

    What is copied without the `---` or `- ` that begins it repeats many keys at once, and is one mistake.
    """
    repeats: list[list[_Pair]] = []
    since: set[str] = set()
    for key, value in mapping.value:
        if not isinstance(key, yaml.ScalarNode) or key.tag == "tag:yaml.org,2002:merge":
            continue
        if key.value in since:
            since.clear()
            repeats.append([])
        since.add(key.value)
        if key.value in first:
            repeats[-1].append((key, value))
        else:
            first[key.value] = key, value
    return repeats


def _beginning(names: list[str], entry: bool, document: bool) -> str:
    """Say what seems to begin where `names` are repeated."""
    if document and {"apiVersion", "kind"}.issubset(names):
        return "a line `---` is missing before this line: another document begins here; write it"
    if entry:
        return "a new entry seems to begin here: its `- ` is missing; write it, or keep one of each"
    return "keep one of each"


def _keep(earlier: yaml.Node, later: yaml.Node) -> str:
    """Say how two values of one key become one, without losing what is in either."""
    for collection, parts in ((yaml.SequenceNode, "entries"), (yaml.MappingNode, "fields")):
        if isinstance(earlier, collection) and isinstance(later, collection):
            return f"put the {parts} of both under one"
    return "keep one"


def _listed(names: list[str]) -> str:
    if len(names) > _MOST_NAMES:
        return some(list(map(quoted, names)), _MOST_NAMES)
    return f"{', '.join(map(quoted, names[:-1]))} and {quoted(names[-1])}"


def _too_deep(place: yaml.Node | yaml.Event, file: str) -> Diagnostic:
    message, remedy = f"nested more than {MAX_DEPTH} deep", "no document needs that: make it flat"
    return _at(place, file, Code.TOO_LARGE, message, remedy, most=MAX_DEPTH)


def _at(
    place: yaml.Node | yaml.Event,
    file: str,
    code: Code,
    message: str,
    remedy: str,
    **facts: Any,  # noqa: ANN401 - data for programs
) -> Diagnostic:
    mark = place.start_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
    return Diagnostic.error(code, message, remedy, place=Place(file, line, column), **facts)
