"""Which declared fields of an object are not what the API server makes of it whenever it is applied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from slicewise.kubernetes import mapping

KeyPath = tuple[str, ...]
"""The keys that lead to a field."""


def rewritten(declared: Mapping[str, Any], made: Mapping[str, Any]) -> Iterator[KeyPath]:
    """Yield the fields that are declared and come out otherwise, each as short as it can be without naming another.

    A list is one field: an element that a webhook adds moves the others. What is beside the declared fields is none.

    Args:
        declared: What is declared.
        made: What the API server says that applying it makes of it.
    """
    for key, value in declared.items():
        if isinstance(value, Mapping) and isinstance(made.get(key), Mapping):
            yield from ((key, *path) for path in rewritten(value, mapping(made[key])))
        elif not _same(value, made.get(key)):
            yield (key,)


def _same(declared: object, made: object) -> bool:
    """Return whether JSON `made` is what is declared, but for defaults within the elements of a list."""
    if isinstance(declared, Mapping):
        return isinstance(made, Mapping) and not any(rewritten(declared, made))
    if isinstance(declared, list):
        return isinstance(made, list) and len(declared) == len(made) and all(map(_same, declared, made))
    return declared == made
