"""One entry of a document's list, as far as it is right: rules run on what they can rely on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from pydantic import ValidationError

from slicewise.spec.base import Frozen
from slicewise.spec.problems import FieldPath

PartT = TypeVar("PartT", bound=Frozen)
_MOST: Final = 64
_NOTHING: Final = frozenset[str]()


@dataclass(frozen=True, slots=True)
class Part(Generic[PartT]):
    """A node pool or a serving profile, and where it stands in its list."""

    index: int
    value: PartT
    wrong: frozenset[str] = _NOTHING
    """Fields that do not fit the schema, by the names that documents have: `value` has anything there."""

    def right(self, *fields: str) -> bool:
        """Return whether all of these fields are as they were written."""
        return self.wrong.isdisjoint(fields)


def whole(values: Iterable[PartT]) -> list[Part[PartT]]:
    """Return the entries of a list that fits the schema."""
    return [Part(index, value) for index, value in enumerate(values)]


def mended(
    kind: type[PartT], least: Mapping[str, Any], entries: object, path: FieldPath, wrong: Iterable[FieldPath]
) -> list[Part[PartT]]:
    """Return the entries of the list at `path`, without what is wrong with them.

    Args:
        kind: What the entries are.
        least: Its required fields, each with any value that is allowed.
        entries: What the document has there.
        path: Where the list stands in the document.
        wrong: What does not fit the schema, anywhere in the document.
    """
    if not isinstance(entries, list):
        return []
    depth = len(path)
    by_index: dict[object, set[FieldPath]] = {}
    for each in wrong:
        if each[:depth] == path and len(each) > depth:
            by_index.setdefault(each[depth], set()).add(each[depth + 1 :])
    # More than any such list may have are an error of their own, and would be compared with each other.
    first = enumerate(entries[:_MOST])
    parts = (_part(kind, least, index, entry, by_index.get(index, set())) for index, entry in first)
    return [part for part in parts if part]


def _part(
    kind: type[PartT], least: Mapping[str, Any], index: int, entry: object, wrong: set[FieldPath]
) -> Part[PartT] | None:
    if not isinstance(entry, dict) or () in wrong:
        return None
    known = {info.alias or name for name, info in kind.model_fields.items()}
    names = {str(path[0]) for path in wrong}
    if names - known:
        # A field that nobody knows may be meant for any that is not there.
        names |= known - set(entry)
    data = {name: value for name, value in entry.items() if name in known and name not in names}
    value = validated(kind, {name: least[name] for name in names & set(least)} | data)
    return Part(index, value, frozenset(names)) if value else None


def validated(kind: type[PartT], data: object) -> PartT | None:
    """Return a part of a document, or None where it does not fit its schema."""
    try:
        return kind.model_validate(data, by_alias=True, by_name=False)
    except ValidationError:
        return None


def at(data: object, path: Sequence[str]) -> object:
    """Return what stands at `path` in plain data; None if there is nothing."""
    for name in path:
        data = data.get(name) if isinstance(data, dict) else None
    return data
