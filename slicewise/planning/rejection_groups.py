"""Which candidates were rejected for which reason: those with one reason and the same numbers are one group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from slicewise.planning.reasons import Reason, RejectionCode


class RejectedPlace(NamedTuple):
    """A pool, or one of several GPU resources of its nodes, that a plan did not take; without pool: an environment."""

    number: int
    """Its place among all pools, or among all environments, sorted by name."""
    environment: str
    node_pool: str | None = None
    resource: str | None = None
    """The GPU resource, of a pool whose nodes offer several."""


class RejectionGroup(NamedTuple):
    """Candidates of one deployment that were rejected for one reason, with the same numbers, in the order of names."""

    reason: Reason
    profile: str | None
    """The serving profile; None of environments that are ruled out as a whole."""
    numbers: tuple[int, ...]
    """Which of all pools, or of all environments."""
    among: Sequence[RejectedPlace]
    """All pools, or all environments."""

    @property
    def code(self) -> RejectionCode:
        """Which kind of reason it is."""
        return self.reason.code

    @property
    def first(self) -> Rejection:
        """The first of the candidates."""
        return Rejection(self.among[self.numbers[0]], self.profile, self.reason)

    def each(self) -> Iterator[Rejection]:
        """Yield the candidates one by one."""
        return (Rejection(self.among[number], self.profile, self.reason) for number in self.numbers)


class Rejection(NamedTuple):
    """Why one pool cannot take a deployment with one profile; without profile: a whole environment."""

    place: RejectedPlace
    profile: str | None
    reason: Reason

    @property
    def code(self) -> RejectionCode:
        """Which kind of reason it is."""
        return self.reason.code

    @property
    def text(self) -> str:
        """The reason in words, with what to do."""
        return self.reason.text

    @property
    def order(self) -> tuple[int, str]:
        """Sort the candidates of a deployment by it: by environment and pool, and then by profile."""
        return (self.place.number, self.profile or "")
