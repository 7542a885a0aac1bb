"""What differs between what is declared and what a cluster has, said so that a person can act on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from slicewise.diagnostics.codes import Code
from slicewise.diagnostics.wording import plural, some

NO_ROOM = "would leave too little room for the plan"


class Severity(StrEnum):
    """How bad it is, the worst first."""

    ERROR = "error"
    """Accepted pods would stay Pending, or get something else than was declared."""
    WARNING = "warning"
    """It will work, and yet deserves a look."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference: one cause, however many nodes show it.

    Attributes:
        environment: The environment's name.
        node_pool: The pool's name; None where the whole cluster is meant.
        code: Which kind of difference, from SW601 on.
        severity: How bad it is.
        message: What was declared and what is there, with numbers and names.
        remedy: What to write or do.
    """

    environment: str
    node_pool: str | None
    code: Code
    severity: Severity
    message: str
    remedy: str

    @property
    def fixed_by_update(self) -> bool:
        """Whether `pulumi up` itself says it and puts it right."""
        return self.code in (Code.SERVICE_GONE, Code.SERVICE_CHANGED)

    @property
    def stops_update(self) -> bool:
        """Whether an update cannot do as the plan says."""
        return self.severity is Severity.ERROR and not self.fixed_by_update

    def __str__(self) -> str:
        """Write it on one line."""
        place = f"{self.environment}/{self.node_pool}" if self.node_pool else self.environment
        return f"{place}: {self.message} [{self.code.value}]"

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return {
            "environment": self.environment,
            "nodePool": self.node_pool,
            "code": self.code.value,
            "severity": self.severity.value,
            "message": self.message,
            "remedy": self.remedy,
        }


@dataclass(frozen=True, slots=True)
class Way:
    """A remedy, and which fields of the pool it writes anew: nothing may be short of room afterwards.

    Attributes:
        remedy: What to write or do.
        fields: The pool's fields, by their names in Python, with what is written.
    """

    remedy: str
    fields: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """A difference before it is known whose it is.

    Attributes:
        code: Which kind of difference.
        severity: How bad it is.
        message: What was declared and what is there.
        remedy: What to write or do.
        cause: What makes it one with the same difference of other pools, such as the names of nodes that several have;
            empty where it is the pool's alone.
        takes_room: Whether all that it does to pods is to leave fewer nodes or units to them, so that how bad it is
            depends on how much room the plan needs (`shortage.weighed`).
        ways: The remedies to choose from where it is a warning, the best first: the first that leaves the plan its room
            (`followed`). The last one writes nothing. Empty where `remedy` is the only one.
    """

    code: Code
    severity: Severity
    message: str
    remedy: str
    cause: tuple[str, ...] = ()
    takes_room: bool = False
    ways: tuple[Way, ...] = ()

    def at(self, environment: str, node_pool: str | None) -> Difference:
        """Return it as a difference of a pool, or of a whole environment."""
        return Difference(environment, node_pool, self.code, self.severity, self.message, self.remedy)


def merged(found: Iterable[tuple[str, Found]]) -> Iterator[tuple[str, Found]]:
    """Make one of what several pools show of one cause: the first pool's, which names the others.

    Args:
        found: Pools' names, each with a difference.
    """
    groups: dict[object, list[tuple[str, Found]]] = {}
    for number, (pool, each) in enumerate(found):
        groups.setdefault((each.code, each.cause) if each.cause else number, []).append((pool, each))
    for (pool, first), *rest in groups.values():
        others = [name for name, _ in rest]
        if not others:
            yield pool, first
            continue
        worst = min((first.severity, *(each.severity for _, each in rest)), key=list(Severity).index)
        message = f"{first.message}. The same holds for the {plural(len(others), 'node pool')} {some(others)}"
        yield pool, replace(first, severity=worst, message=message)


def by_place(differences: Iterable[Difference]) -> tuple[Difference, ...]:
    """Sort by environment, pool (the cluster's own first) and code."""
    return tuple(
        sorted(differences, key=lambda each: (each.environment, each.node_pool or "", each.code.value, each.message))
    )


def errors_first(differences: Iterable[Difference]) -> tuple[Difference, ...]:
    """Sort for people: what must be fixed before what deserves a look."""
    return tuple(sorted(by_place(differences), key=lambda each: each.severity is not Severity.ERROR))
