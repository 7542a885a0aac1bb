"""The short way from YAML nodes to data, for documents as nearly everyone writes them."""

from __future__ import annotations

from functools import lru_cache

import yaml
from yaml import MappingNode, ScalarNode, SequenceNode

from slicewise.sources.yaml_limits import MAX_DEPTH, MAX_NODES
from slicewise.sources.yaml_loader import (
    LONGEST_NUMBER,
    MAP_TAG,
    NULL_TAG,
    NUMBER_TAGS,
    SEQ_TAG,
    STR_TAG,
    decimal_number,
)

_CONSTRUCTOR = yaml.constructor.SafeConstructor()


class NotPlainError(Exception):
    """The document may be wrong, or has something rare in it: PyYAML's own constructor and all checks are for it."""


def plain_data(root: yaml.Node) -> object:
    """Return the data of a document, in one pass over its nodes.

    Raises:
        NotPlainError: it has aliases of collections, merges, keys that are not text or repeated, other tags, numbers
            that are not, or more values or levels than are allowed.
    """
    return _Pass().value(root, 0)


class _Pass:
    """One pass over the nodes of a document."""

    def __init__(self) -> None:
        self._size = 1
        self._seen: set[int] = set()

    def value(self, node: yaml.Node, depth: int) -> object:
        if isinstance(node, ScalarNode):
            return node.value if node.tag == STR_TAG else scalar(node.tag, node.value)
        if id(node) in self._seen or depth >= MAX_DEPTH:
            raise NotPlainError
        self._seen.add(id(node))
        self._size += len(node.value) * (2 if isinstance(node, MappingNode) else 1)
        if self._size > MAX_NODES:
            raise NotPlainError
        if isinstance(node, MappingNode) and node.tag == MAP_TAG:
            return self._mapping(node, depth + 1)
        if isinstance(node, SequenceNode) and node.tag == SEQ_TAG:
            return [self.value(child, depth + 1) for child in node.value]
        raise NotPlainError

    def _mapping(self, node: MappingNode, depth: int) -> dict[str, object]:
        data: dict[str, object] = {}
        for key, child in node.value:
            # A collection has another tag; one that claims to be text is caught by its value.
            name, text = key.value, child.value
            if key.tag != STR_TAG or not isinstance(name, str) or name in data:
                raise NotPlainError
            # Most values are text: these are not worth a call.
            data[name] = text if child.tag == STR_TAG and isinstance(text, str) else self.value(child, depth)
        return data


# The same numbers are everywhere.
@lru_cache(maxsize=2**14)
def scalar(tag: str, text: str) -> object:
    """Return what a scalar that is not text stands for.

    Raises:
        NotPlainError: it is not what its tag says, or not null, a truth value or a number.
    """
    if tag == NULL_TAG:
        return None
    if tag not in NUMBER_TAGS or len(text) > LONGEST_NUMBER:
        raise NotPlainError
    try:
        return decimal_number(_CONSTRUCTOR, ScalarNode(tag, text))
    except (ValueError, LookupError) as error:
        raise NotPlainError from error
