"""Who owns an object that exists where a plan puts something: the stack itself, another stack, or no stack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from slicewise.clusters.live import LiveObject, ObjectName


class Owner(StrEnum):
    """Whose an object is, as far as a stack is concerned."""

    OWN = "own"
    ANOTHER_STACK = "another-stack"
    ANOTHER_ENVIRONMENT = "another-environment"
    """Of the same stack: two of its environments are one cluster."""
    NOBODY = "nobody"
    """No stack says that it is its own: made by hand, or by what `slicewise render` has written."""


@dataclass(frozen=True, slots=True)
class StackClaim:
    """What a stack may call its own in one cluster.

    Attributes:
        stacks: The stack's name, and the one that it had when it was last applied.
        environments: The other environments that the stack declares.
        applied: The services that it has applied there, as its own plan says.
    """

    stacks: frozenset[str]
    environments: frozenset[str]
    applied: frozenset[ObjectName]


def owner(name: ObjectName, live: LiveObject, claim: StackClaim) -> Owner:
    """Return whose the object is."""
    if not live.stack:
        # Somebody removed the annotation: the stack keeps what its own plan has all the same.
        return Owner.OWN if name in claim.applied else Owner.NOBODY
    if live.stack not in claim.stacks:
        return Owner.ANOTHER_STACK
    return Owner.ANOTHER_ENVIRONMENT if live.environment in claim.environments else Owner.OWN


def has_all(found: object, declared: object) -> bool:
    """Return whether JSON `found` says all that `declared` says; the API server may have added to it."""
    if isinstance(declared, Mapping):
        return isinstance(found, Mapping) and all(has_all(found.get(key), value) for key, value in declared.items())
    if isinstance(declared, list):
        several: list[Any] = found if isinstance(found, list) else []
        return len(several) == len(declared) and all(map(has_all, several, declared))
    return found == declared
