"""Rules of the names in one list: each is there once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slicewise.diagnostics import Code, Diagnostic
from slicewise.documents.environment import NodePool
from slicewise.documents.rules.judged_entry import JudgedEntry
from slicewise.documents.served_model import ServingProfile


def check_unique_names(
    entries: Sequence[JudgedEntry[NodePool]] | Sequence[JudgedEntry[ServingProfile]],
) -> Iterator[Diagnostic]:
    """Yield the pools of an environment, or the serving profiles of a model, whose name an earlier one has."""
    first_index: dict[str, int] = {}
    for entry in entries:
        name = entry.value.name
        if (first := first_index.setdefault(name, entry.index)) != entry.index:
            message = f'"{name}" is the name of {entry.path[-2]}[{first}] already'
            remedy = "rename one of the two"
            yield Diagnostic.error(Code.DUPLICATE_NAME, message, remedy, field=(*entry.path, "name"))
