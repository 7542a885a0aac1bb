"""libyaml's safe loader, for plain data only: text, numbers, true, false, null, lists and mappings."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

import yaml
from yaml import ScalarNode

# A 64-bit number has twenty digits. int() takes time on thousands of them, and refuses more.
LONGEST_NUMBER: Final = 40
_TAG: Final = "tag:yaml.org,2002:"
STR_TAG: Final = _TAG + "str"
SEQ_TAG: Final = _TAG + "seq"
MAP_TAG: Final = _TAG + "map"
NULL_TAG: Final = _TAG + "null"
# The tags of numbers and truth values, which not every text can be.
NUMBER_TAGS: Final = frozenset(_TAG + kind for kind in ("bool", "int", "float"))
# 010, 0x10, 0b10, 1_0 and 1:30: octal, hexadecimal, binary, spaced and sexagesimal in YAML 1.1.
_OTHER_NOTATION: Final = re.compile(r"[-+]?0[0-9xb]|[^_:]*[_:]")
_RESOLVERS: Final = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != _TAG + "timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


class PlainLoader(yaml.CSafeLoader):
    """The loader.

    It has no dates: `2026-01-01` is text in a label, as it is in Kubernetes' own YAML. It has no sets, ordered mappings
    or binary either, which pydantic would take for lists, in an order that changes from run to run. Numbers are
    decimal; what YAML 1.1 reads as another number than YAML 1.2 is text.
    """

    def resolve(self, kind: type[yaml.Node], value: str, implicit: Any) -> str:  # noqa: ANN401 - as PyYAML has it
        """Return the tag of a node that has none written: a plain scalar's is what its text looks like."""
        if kind is ScalarNode and implicit[0]:
            return plain_tag(value)
        tag: str = super().resolve(kind, value, implicit)  # type: ignore[no-untyped-call]
        return tag

    def construct_number(self, node: yaml.ScalarNode) -> object:
        """Make a number or a truth value, and say where it is if it is neither (`!!int x`)."""
        kind = node.tag.rpartition(":")[2]
        if len(node.value) > LONGEST_NUMBER:
            longest = f"expected at most {LONGEST_NUMBER}; if it is text, put it in quotes"
            message = f"a number of {len(node.value):,} characters, {longest}"
            raise yaml.constructor.ConstructorError(None, None, message, node.start_mark)
        try:
            return decimal_number(self, node)
        except (ValueError, LookupError) as error:
            message = f"this is not what the tag !!{kind} says; remove the tag, or correct the value"
            raise yaml.constructor.ConstructorError(None, None, message, node.start_mark) from error


def decimal_number(constructor: yaml.constructor.SafeConstructor, node: yaml.ScalarNode) -> object:
    """Make a number or a truth value.

    Raises:
        ValueError: it is not one, or not written as every YAML reads it; so does LookupError.
    """
    if _OTHER_NOTATION.match(node.value):
        raise ValueError(node.value)
    value: object = yaml.SafeLoader.yaml_constructors[node.tag](constructor, node)
    return value


# The same few thousand texts are everywhere, and PyYAML tries its patterns on each in Python.
@lru_cache(maxsize=2**16)
def plain_tag(text: str) -> str:
    """Return the tag of a plain scalar that has none written: what its text looks like."""
    tag = next((tag for tag, pattern in _RESOLVERS.get(text[:1], ()) if pattern.match(text)), STR_TAG)
    return STR_TAG if tag in NUMBER_TAGS and _OTHER_NOTATION.match(text) else tag


PlainLoader.yaml_implicit_resolvers = _RESOLVERS
PlainLoader.yaml_constructors = {
    **{tag: yaml.SafeLoader.yaml_constructors[tag] for tag in (NULL_TAG, STR_TAG, SEQ_TAG, MAP_TAG)},
    **dict.fromkeys(NUMBER_TAGS, PlainLoader.construct_number),
    None: yaml.SafeLoader.yaml_constructors[None],
}
