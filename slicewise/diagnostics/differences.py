"""What differs between what is declared and what a cluster has: diagnostics of environments and their node pools."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from slicewise.diagnostics.codes import Code
from slicewise.diagnostics.diagnostic import Diagnostic, Severity, Subject
from slicewise.diagnostics.wording import plural, some

NO_ROOM = "would leave too little room for the plan"


def fixed_by_update(difference: Diagnostic) -> bool:
    """Return whether `pulumi up` itself says it and puts it right."""
    return difference.code in (Code.SERVICE_GONE, Code.SERVICE_CHANGED)


def stops_update(difference: Diagnostic) -> bool:
    """Return whether an update cannot do as the plan says."""
    return difference.is_error and not fixed_by_update(difference)


def lacks_rights(difference: Diagnostic) -> bool:
    """Return whether it names rights without which something could not be compared."""
    return "rights" in difference.facts


def difference_line(difference: Diagnostic) -> str:
    """Write what differs on one line, without what to do: `east/small: ...`."""
    where = "/".join(filter(None, (difference.subject.name, difference.subject.node_pool)))
    return f"{where}: {difference.message} [{difference.code.value}]"


def difference_to_dict(difference: Diagnostic) -> dict[str, Any]:
    """Return it as JSON data."""
    return {
        "environment": difference.subject.name,
        "nodePool": difference.subject.node_pool,
        "code": difference.code.value,
        "severity": difference.severity.value,
        "message": difference.message,
        "remedy": difference.remedy,
        "facts": dict(difference.facts),
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
        facts: The numbers that the message has in words; of several pools with one cause, those of the first.
    """

    code: Code
    severity: Severity
    message: str
    remedy: str
    cause: tuple[str, ...] = ()
    takes_room: bool = False
    ways: tuple[Way, ...] = ()
    facts: Mapping[str, object] = field(default_factory=dict, compare=False)

    def at(self, environment: str, node_pool: str | None) -> Diagnostic:
        """Return it as a difference of a pool, or of a whole environment."""
        subject = Subject("InferenceEnvironment", environment, node_pool=node_pool)
        return Diagnostic(self.code, self.severity, self.message, self.remedy, subject, facts=self.facts)


def merged(found: Iterable[tuple[str, Found]]) -> Iterator[tuple[str, Found]]:
    """Make one of what several pools show of one cause: that of the pool where it is worst, which names the others.

    Args:
        found: Pools' names, each with a difference.
    """
    groups: dict[object, list[tuple[str, Found]]] = {}
    for number, (pool, each) in enumerate(found):
        groups.setdefault((each.code, each.cause) if each.cause else number, []).append((pool, each))
    for alike in groups.values():
        members = sorted(alike, key=lambda member: _badness(member[1]))
        pool = members[0][0]
        own = [each for name, each in members if name == pool]
        # What each GPU resource of a pool lacks is told; that a node is out is told once.
        first, *rest = [each for each in own if each.severity is Severity.ERROR] or own[:1]
        others = list(dict.fromkeys(name for name, _ in members if name != pool))
        if others:
            message = f"{first.message}. The same holds for the {plural(len(others), 'node pool')} {some(others)}"
            first = replace(first, message=message)
        yield from ((pool, each) for each in (first, *rest))


def _badness(found: Found) -> int:
    return list(Severity).index(found.severity)


def by_pool(differences: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Sort by environment, pool (the cluster's own first) and code."""
    return tuple(
        sorted(
            differences,
            key=lambda each: (each.subject.name, each.subject.node_pool or "", each.code.value, each.message),
        )
    )


def errors_first(differences: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Sort for people: what must be fixed before what deserves a look."""
    return tuple(sorted(by_pool(differences), key=lambda each: not each.is_error))
