"""Proposals written into the documents: the text of each file as it is, comments included, with other pools.

Only what changes is written anew: `profile` or `slices`, the memory of a unit that no longer has one, and of a pool
that is split its number of nodes, its labels and the other pools after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from slicewise.layouts.fleet_program import NewCut
from slicewise.layouts.pool_proposal import PoolProposal
from slicewise.layouts.split_pools import CUT_LABEL, KEPT, part_name

_Edit = tuple[int, int, str]
# The stubs of PyYAML know neither its marks nor its flow styles.
_Node = Any
_OF_OTHER_CUTS = ("profile", "slicesPerGpu", "slices", "reservedSlices")


def proposed_documents(text: str, proposals: Mapping[tuple[str, str], PoolProposal]) -> list[str]:
    """Return the InferenceEnvironments of a file as text, with the proposals for their pools.

    Args:
        text: What the file has: documents that were loaded without a mistake.
        proposals: By the names of environment and pool.
    """
    composed = (_composed(document, has_aliases) for document, has_aliases in _documents(text))
    return [
        _edited(document, node, proposals)
        for document, node in composed
        if node is not None and _text(node, "kind") == "InferenceEnvironment"
    ]


def _edited(text: str, node: _Node, proposals: Mapping[tuple[str, str], PoolProposal]) -> str:
    environment = _text(_child(node, "metadata"), "name")
    pools = _child(_child(node, "spec"), "nodePools")
    edits = [
        edit
        for pool in pools.value
        for edit in _Pool(text, pools, pool).edits(proposals.get((environment, _text(pool, "name"))))
    ]
    return _applied(text, edits).strip("\n")


def _documents(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the text of each document without what separates it from the one before, and whether it has aliases."""
    events: list[Any] = list(yaml.parse(text, yaml.SafeLoader))
    begun = [number for number, each in enumerate(events) if isinstance(each, yaml.DocumentStartEvent)]
    # Comments above the first document are its own.
    starts = [0, *(events[number].start_mark.index for number in begun[1:]), len(text)]
    for first, number in enumerate(begun):
        rest = events[number : begun[first + 1] if first + 1 < len(begun) else len(events)]
        at = events[number].start_mark.index
        head = text[starts[first] : at]
        # Above what separates documents there may be directives, which mean nothing without it.
        end = text.index("---", at) + len("---") if events[number].explicit else at
        yield head + text[end : starts[first + 1]], any(isinstance(each, yaml.AliasEvent) for each in rest)


class _Plain(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:  # noqa: ANN401, ARG002 - as PyYAML has it
        return True


def _composed(text: str, has_aliases: bool) -> tuple[str, _Node]:
    """Return a document, written anew where an alias stands for what is elsewhere: it has no text of its own there."""
    if has_aliases:
        text = yaml.dump(yaml.safe_load(text), Dumper=_Plain, sort_keys=False, allow_unicode=True)
    return text, yaml.compose(text, yaml.SafeLoader)


def _find(node: _Node, key: str) -> tuple[_Node, _Node] | None:
    return next(((name, value) for name, value in node.value if name.value == key), None)


def _child(node: _Node, key: str) -> _Node:
    found = _find(node, key)
    if found is None:
        raise AssertionError(f"a document that was loaded has no {key}")
    return found[1]


def _text(node: _Node, key: str) -> str:
    found = _find(node, key)
    return str(found[1].value) if found else ""


def _end(node: _Node) -> int:
    """Return where a node's text ends: the mark of a block is after the comments that follow it."""
    if isinstance(node, yaml.ScalarNode) or node.flow_style:
        return int(node.end_mark.index)
    last = node.value[-1]
    return _end(last[1] if isinstance(node, yaml.MappingNode) else last)


def _applied(text: str, edits: Sequence[_Edit]) -> str:
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text


@dataclass(frozen=True)
class _Pool:
    """A pool's text in its file."""

    text: str
    pools: _Node
    node: _Node

    def edits(self, proposal: PoolProposal | None) -> Iterator[_Edit]:
        """Yield what is written in place of what."""
        if proposal is None or not proposal.new:
            return
        if not proposal.is_split:
            yield from self._cut(proposal.new[0].slices)
            return
        copies = proposal.new
        if proposal.kept:
            if CUT_LABEL not in proposal.state.pool.node_selector:
                yield from self._selected(KEPT)
            yield self._number(proposal.kept)
        else:
            yield from self._part(copies[0], proposal.name_of(copies[0]))
            copies = copies[1:]
        yield self._copies([(each, proposal.name_of(each)) for each in copies])

    def _part(self, new: NewCut, cut: str) -> Iterator[_Edit]:
        """Yield what makes it the pool of some nodes that are cut anew."""
        name = _child(self.node, "name")
        yield from self._cut(new.slices)
        yield from self._selected(cut)
        yield self._number(new.nodes)
        yield name.start_mark.index, _end(name), part_name(str(name.value), cut)

    def _copies(self, parts: Sequence[tuple[NewCut, str]]) -> _Edit:
        """Return the pool some more times, as those of nodes that are cut anew."""
        start, end = self.node.start_mark.index, _end(self.node)
        copies = [
            _applied(
                self.text[start:end],
                [(first - start, last - start, new) for first, last, new in self._part(part, name)],
            )
            for part, name in parts
        ]
        if self.pools.flow_style:
            return end, end, "".join(f", {copy}" for copy in copies)
        indent = " " * self.pools.start_mark.column
        between = self.text[self.text.rindex("-", 0, start) + 1 : start]
        line_end = self._line_end(end)
        return line_end, line_end, "".join(f"\n{indent}-{between}{copy}" for copy in copies)

    def _cut(self, slices: Mapping[str, int]) -> Iterator[_Edit]:
        capabilities = _child(self.node, "capabilities")
        mig = _child(capabilities, "migConfiguration")
        written = [each for each in mig.value if each[0].value in _OF_OTHER_CUTS]
        if _find(mig, "wholeGpus") is None:
            yield from self._without(capabilities, "memoryPerGpu")
        first, *others = written
        yield first[0].start_mark.index, _end(first[1]), f"slices: {_flow(slices)}"
        for key, _ in others:
            yield from self._without(mig, key.value)
        yield from self._without(self.node, "reservedUnits")

    def _selected(self, value: str) -> Iterator[_Edit]:
        found = _find(self.node, "nodeSelector")
        if found is None or not found[1].value:
            label = f"nodeSelector: {{{CUT_LABEL}: {value}}}"
            yield from (
                self._after_name(label) if found is None else [(found[0].start_mark.index, _end(found[1]), label)]
            )
            return
        labels = found[1]
        there = _find(labels, CUT_LABEL)
        if there:
            yield there[1].start_mark.index, _end(there[1]), value
            return
        end = _end(labels.value[-1][1])
        if labels.flow_style:
            yield end, end, f", {CUT_LABEL}: {value}"
        else:
            line_end = self._line_end(end)
            yield line_end, line_end, f"\n{' ' * labels.value[0][0].start_mark.column}{CUT_LABEL}: {value}"

    def _number(self, nodes: int) -> _Edit:
        count = _child(self.node, "nodeCount")
        return count.start_mark.index, _end(count), str(nodes)

    def _after_name(self, field: str) -> Iterator[_Edit]:
        name = _child(self.node, "name")
        end = _end(name)
        if self.node.flow_style:
            yield end, end, f", {field}"
        else:
            line_end = self._line_end(end)
            yield line_end, line_end, f"\n{' ' * self.node.value[0][0].start_mark.column}{field}"

    def _without(self, mapping: _Node, key: str) -> Iterator[_Edit]:
        """Yield the removal of a field, with its line in a block."""
        number = next((number for number, each in enumerate(mapping.value) if each[0].value == key), None)
        if number is None:
            return
        name, value = mapping.value[number]
        start, end = name.start_mark.index, _end(value)
        if not mapping.flow_style:
            before = self.text.rfind("\n", 0, start) + 1
            if self.text[before:start].strip():
                following = mapping.value[number + 1][0].start_mark.index
                yield start, following, ""
            else:
                yield before - 1, self._line_end(end), ""
        elif number + 1 < len(mapping.value):
            yield start, mapping.value[number + 1][0].start_mark.index, ""
        else:
            yield _end(mapping.value[number - 1][1]) if number else start, end, ""

    def _line_end(self, index: int) -> int:
        found = self.text.find("\n", index)
        return len(self.text) if found < 0 else found


def _flow(slices: Mapping[str, int]) -> str:
    return f"{{{', '.join(f'{name}: {count}' for name, count in slices.items())}}}"
