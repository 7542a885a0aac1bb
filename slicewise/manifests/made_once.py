"""Parts of objects that many placements have in common: made for each, or once where nobody changes the objects."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Sequence
from functools import lru_cache
from typing import Any, Final, Protocol, TypeVar

PartT = TypeVar("PartT")

_SORTED: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"))
_MOST_KEPT: Final = 1 << 10


class Maker(Protocol):
    """What makes a part of an object of documents, or parts of them, and of values."""

    def __call__(self, make: Callable[..., PartT], documents: Sequence[object], *values: Hashable) -> PartT:
        """Return what `make` makes of nothing else than these."""

    def json_of(self, value: Any) -> str:  # noqa: ANN401 - an object, or a part of one
        """Return an object, or a part of one, as JSON: sorted, and without blanks."""


class MadeAnew:
    """Makes each part anew, so that it is nobody else's."""

    def __call__(self, make: Callable[..., PartT], documents: Sequence[object], *values: Hashable) -> PartT:
        """Return the part."""
        return make(*documents, *values)

    def json_of(self, value: Any) -> str:  # noqa: ANN401 - an object, or a part of one
        """Return an object, or a part of one, as JSON."""
        return _SORTED.encode(value)


class MadeOnce:
    """Makes each part once: whatever is made of the same documents is shared, and not to be changed."""

    def __init__(self) -> None:
        # Documents that are kept here keep their ids, too.
        self._made: dict[tuple[Hashable, ...], tuple[Any, Sequence[object]]] = {}
        self._shared: set[int] = set()
        self._texts: dict[int, str] = {}

    def __call__(self, make: Callable[..., PartT], documents: Sequence[object], *values: Hashable) -> PartT:
        """Return the part; documents are told apart by identity, since hashing one looks at all of it."""
        key = (make, *map(id, documents), *values)
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = make(*documents, *values), documents
            fields = made[0].values() if isinstance(made[0], dict) else ()
            self._shared.update(map(id, (made[0], *fields)))
        part: PartT = made[0]
        return part

    def shares(self, part: object) -> bool:
        """Return whether a list or mapping was made here, or is a field of what was: of it there is only this one."""
        return id(part) in self._shared

    def json_of(self, value: Any) -> str:  # noqa: ANN401 - an object, or a part of one
        """Return an object, or a part of one, as JSON: what is shared is written once."""
        text = self._texts.get(id(value))
        if text is not None:
            return text
        if self.shares(value):
            text = self._texts[id(value)] = _SORTED.encode(value)
            return text
        if not isinstance(value, dict):
            return _SORTED.encode(value)
        known = self._texts.get
        fields = [
            f"{begin}{known(id(value[name])) or self.json_of(value[name])}" for name, begin in _beginnings(tuple(value))
        ]
        return f"{{{','.join(fields)}}}"


@lru_cache(_MOST_KEPT)
def _beginnings(names: tuple[str, ...]) -> Sequence[tuple[str, str]]:
    """Return the names of fields, sorted, each with how it begins in JSON; most services have the same of them."""
    return [(name, f"{_SORTED.encode(name)}:") for name in sorted(names)]
