"""One entry of a document's list, as far as it is right: rules run on what they can rely on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from slicewise.diagnostics import FieldPath
from slicewise.documents.base import Frozen

EntryT = TypeVar("EntryT", bound=Frozen)
_NOTHING: Final = frozenset[FieldPath]()


@dataclass(frozen=True, slots=True)
class JudgedEntry(Generic[EntryT]):
    """A node pool or a serving profile, as far as it fits the schema.

    Attributes:
        path: Where it is in the document.
        index: Which of its list it is, from 0.
        value: The entry: where a field is wrong it has the default, or a placeholder.
        wrong: The fields that do not fit the schema, as paths from the entry.
    """

    path: FieldPath
    index: int
    value: EntryT
    wrong: frozenset[FieldPath] = _NOTHING

    def fits(self, *fields: str) -> bool:
        """Return whether these fields, each a dotted path, and all that is in them are as they were written."""
        return not any(_touch(tuple(field.split(".")), path) for field in fields for path in self.wrong)


def _touch(one: FieldPath, other: FieldPath) -> bool:
    """Return whether one of the two paths leads through the other."""
    return all(mine == theirs for mine, theirs in zip(one, other, strict=False))
