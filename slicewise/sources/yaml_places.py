"""Where the parts of a YAML document are, by its nodes."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Protocol

import yaml

from slicewise.diagnostics import FieldPath
from slicewise.sources.yaml_fast_path import NotPlainError, plain_data
from slicewise.sources.yaml_loader import STR_TAG

_Child = tuple[yaml.Node | None, yaml.Node]
Locate = Callable[[FieldPath], tuple[int, int]]


class Places(Protocol):
    """Lines and columns, from 1, of all parts of one document."""

    @property
    def line(self) -> int:
        """The line on which it begins, or one between it and the document before."""

    def locate(self, path: FieldPath, *, key: bool = False) -> tuple[int, int]:
        """Return the place of the value at `path`, or of its nearest parent that exists; with `key`, of its key."""

    def lasting(self, paths: Sequence[FieldPath]) -> Locate:
        """Return what locates each of `paths`, and holds no nodes."""


class NodePlaces:
    """The places of the parts of a node, which was composed after `before` lines of its file."""

    __slots__ = ("_before", "_children", "_node")

    def __init__(self, node: yaml.Node, before: int = 0) -> None:
        self._node = node
        self._before = before
        self._children: dict[int, dict[str, _Child]] = {}

    @property
    def line(self) -> int:
        """The line on which the node begins."""
        return self._before + self._node.start_mark.line + 1

    def locate(self, path: FieldPath, *, key: bool = False) -> tuple[int, int]:
        """Return line and column of a part."""
        node = self._node
        place = node
        for part in path:
            found = self._child(node, part)
            if found is None:
                place = node
                break
            key_node, node = found
            place = key_node if key and key_node is not None else node
        return self._before + place.start_mark.line + 1, place.start_mark.column + 1

    def lasting(self, paths: Sequence[FieldPath]) -> Locate:
        """Locate them now: a lookup is cheaper than keeping all nodes, or parsing a file again."""
        return {path: self.locate(path) for path in paths}.__getitem__

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
