"""Parts of objects that many placements have in common: made for each, or once where nobody changes the objects."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, Protocol, TypeVar

PartT = TypeVar("PartT")


class Maker(Protocol):
    """What makes a part of an object of documents, or parts of them, and of values."""

    def __call__(self, make: Callable[..., PartT], documents: Sequence[object], *values: Hashable) -> PartT:
        """Return what `make` makes of nothing else than these."""


def make_anew(make: Callable[..., PartT], documents: Sequence[object], *values: Hashable) -> PartT:
    """Make it, so that it is nobody else's."""
    return make(*documents, *values)


class MadeOnce:
    """Makes each part once: whatever is made of the same documents is shared, and not to be changed."""

    def __init__(self) -> None:
        # Documents that are kept here keep their ids, too.
        self._made: dict[tuple[Hashable, ...], tuple[Any, Sequence[object]]] = {}
        self._shared: set[int] = set()

    def __call__(self, make: Callable[..., PartT], documents: Sequence[object], *values: Hashable) -> PartT:
        """Return the part; documents are told apart by identity, since hashing one looks at all of it."""
        key = (make, *map(id, documents), *values)
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = make(*documents, *values), documents
            self._shared.add(id(made[0]))
        part: PartT = made[0]
        return part

    def shares(self, part: object) -> bool:
        """Return whether a part was made here: of it there is only this one."""
        return id(part) in self._shared
