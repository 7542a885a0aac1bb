"""The numbers and names of a reason as JSON data, so that no program reads them out of its sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from enum import StrEnum
from functools import cache
from operator import attrgetter
from typing import Any

from pydantic.alias_generators import to_camel

from slicewise.kubernetes import Quantity, readable
from slicewise.planning.capacity import NodeSize, PodSize
from slicewise.planning.moves import MoveReason
from slicewise.planning.reasons import Reason


def reason_facts(reason: Reason | MoveReason) -> dict[str, object]:
    """Return what a reason was made of, by its fields' names in camelCase; its code is not among them.

    Args:
        reason: Its amounts are given in Kubernetes' canonical form; sizes of pods and nodes in units, millicores and
            bytes, null where they are not known.
    """
    return {name: _plain(value(reason)) for name, value in _facts_of(type(reason))}


@cache
def _facts_of(kind: Any) -> Sequence[tuple[str, Callable[[object], object]]]:  # noqa: ANN401 - the type of all dataclasses
    """Return the facts of reasons of a kind, and how to get each."""
    found: list[tuple[str, str]] = []
    for field in fields(kind):
        if "facts" in field.metadata:
            found += [(name, f"{field.name}.{name}") for name in field.metadata["facts"]]
        elif field.name != "kind":
            found.append((field.name, field.name))
    return [(to_camel(name), attrgetter(path)) for name, path in found]


def _plain(value: object) -> object:
    if isinstance(value, PodSize | NodeSize):
        return _size(value)
    if isinstance(value, Quantity):
        return readable(value)
    if isinstance(value, frozenset):
        return sorted(map(str, value))
    if isinstance(value, tuple):
        return list(map(str, value))
    return value.value if isinstance(value, StrEnum) else value


def _size(size: PodSize | NodeSize) -> Mapping[str, object]:
    return {
        "units": size.units,
        "cpuMillis": size.cpu,
        "memoryBytes": size.memory,
        "ephemeralStorageBytes": size.storage,
        "pods": size.pods if isinstance(size, NodeSize) else 1,
        "extendedResources": dict(size.extended),
    }
