"""What a rule is, what it looks at and what it can say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from slicewise.diagnostics import printable

PACK: Final = "slicewise"
"""What the pack of all rules is called."""


class Unknown:
    """Stands where a preview does not know the value yet."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()


class Level(StrEnum):
    """What a finding does; the values are Pulumi's."""

    ADVISORY = "advisory"
    MANDATORY = "mandatory"
    REMEDIATE = "remediate"
    DISABLED = "disabled"


class PolicySeverity(StrEnum):
    """How bad a finding is; the values are Pulumi's."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of a stack as plain data.

    Attributes:
        type: Pulumi's type token, such as `kubernetes:core/v1:Pod`.
        name: The resource's name in the stack.
        properties: Its inputs (for stack rules its outputs), with `UNKNOWN` where a preview does not know a value.
        urn: Pulumi's identity of it.
        cluster: The URN of the provider that applies it: resources of one cluster share it. Empty if not told.
        provider: The name of that provider in the stack. Empty if not told.
        secrets: The properties that are secret as a whole.
    """

    type: str
    name: str
    properties: Mapping[str, Any]
    urn: str = ""
    cluster: str = ""
    provider: str = ""
    secrets: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that breaks a rule: where, what is wrong, and what to do."""

    path: str
    problem: str
    remedy: str
    urn: str = ""
    """The resource it is about, where that is not the one that was checked."""

    @property
    def message(self) -> str:
        """The finding as one line, which the engine shows as it is."""
        return printable(f"{self.path}: {self.problem}; {self.remedy}")


@dataclass(frozen=True, slots=True)
class Unchecked:
    """Something that a rule would have looked at and could not; it never blocks."""

    path: str
    reason: str = "not known in a preview"

    @property
    def message(self) -> str:
        """What was not checked, and why."""
        return printable(f"{self.path} ({self.reason})")


def not_checked(unchecked: Iterable[Unchecked]) -> str:
    """Return on one line what a policy could not look at."""
    return "not checked: " + ", ".join(item.message for item in unchecked)


Outcome = Finding | Unchecked
Config = Mapping[str, Any]
Schema = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class ResourceRule:
    """A rule about one resource at a time.

    Attributes:
        name: What users configure it by.
        description: What holds where it is kept.
        remedy: What to do where it is not.
        severity: How bad a finding is.
        level: What a finding does unless the configuration says otherwise.
        applies: Whether it is about resources of a type; cheap, for it is asked for every resource of a stack.
        check: Yields what it finds in a resource.
        config: JSON schemas of what can be configured beside the level.
        fix: Fixes the properties in place, as far as it is safe, and returns whether it changed any.
    """

    name: str
    description: str
    remedy: str
    severity: PolicySeverity
    level: Level
    applies: Callable[[str], bool]
    check: Callable[[Resource, Config], Iterator[Outcome]]
    config: Schema = field(default_factory=dict)
    fix: Callable[[Resource, Config], bool] | None = None


@dataclass(frozen=True, slots=True)
class StackRule:
    """A rule about all resources of a stack together; attributes as in `ResourceRule`."""

    name: str
    description: str
    remedy: str
    severity: PolicySeverity
    level: Level
    check: Callable[[Sequence[Resource], Config], Iterator[Outcome]]
    config: Schema = field(default_factory=dict)
