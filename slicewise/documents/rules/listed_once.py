"""Rules of lists whose entries Kubernetes tells apart by one of their fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from slicewise.diagnostics import Code, Diagnostic, FieldPath, quoted


def check_listed_once(names: Iterable[str], path: FieldPath, field: str = "name") -> Iterator[Diagnostic]:
    """Yield the entries of the list at `path` whose `field` is that of an earlier one."""
    first: dict[str, int] = {}
    for number, name in enumerate(names):
        if (earlier := first.setdefault(name, number)) != number:
            message = f"{quoted(name)} is the {field} of {path[-1]}[{earlier}] already"
            remedy = "leave one of the two out"
            yield Diagnostic.error(Code.DUPLICATE_NAME, message, remedy, field=(*path, number, field))
