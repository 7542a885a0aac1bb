"""Why a pool that matches takes no more pods, as data with numbers."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import ClassVar, Final, Self

from slicewise.diagnostics import counted
from slicewise.kubernetes import GIB, HUGE_PAGES, shown_amount
from slicewise.planning.capacity.sizes import Counted, NodeSize, PodSize, resource_in_words
from slicewise.planning.reasons import Reason, ReasonWithNumbers, RejectionCode, spread

_MOST_KEPT: Final = 1 << 14


@dataclass(frozen=True)
class NoRoom(ReasonWithNumbers):
    """A pool that matches takes no more."""

    code: ClassVar[RejectionCode] = RejectionCode.CAPACITY
    free: int
    units: int
    """Units of all nodes."""

    @property
    def holds_when_empty(self) -> bool:
        """Whether it surely holds where nothing is on the pool, too."""
        return self.free == self.units


@dataclass(frozen=True)
class TooFewUnits(NoRoom):
    """Fewer units are free than the pods take."""

    needs: int
    """Units of all the pods."""

    @property
    def holds_when_empty(self) -> bool:
        """Whether all units together are too few."""
        return self.units < self.needs

    @property
    def alike(self) -> Hashable:
        """What is needed."""
        return self.needs

    def said_of(self, group: Sequence[Self]) -> str:
        """Say how many are free, and how many are needed."""
        return f"{_free(group)}, needs {self.needs}"


@lru_cache(_MOST_KEPT)
def too_few_units(free: int, units: int, needs: int) -> TooFewUnits:
    """Return the one reason with these numbers: many pools of a fleet have it."""
    return TooFewUnits(free, units, needs)


@dataclass(frozen=True)
class TooFewPlaces(TooFewUnits):
    """Of GPUs that are cut on demand, fewer units are free than the pods take: others may lie where they could."""

    blocked: int
    """Units that cannot be promised beside the slices of other profiles; they are not free."""

    def said_of(self, group: Sequence[Self]) -> str:
        """Say how many are free and how many blocked, and how many are needed."""
        blocked = spread(each.blocked for each in group)
        return f"{_free(group)} ({blocked} blocked by other profiles), needs {self.needs}"


@dataclass(frozen=True)
class NodeTooSmall(NoRoom):
    """A node has less of something than one pod asks for, whatever else is on it."""

    pod: PodSize
    node: NodeSize

    @property
    def holds_when_empty(self) -> bool:
        """It always does."""
        return True

    @property
    def alike(self) -> Hashable:
        """What a node has too little of, and what a pod asks for of it."""
        return tuple((name, self.pod.of(name)) for name in self._short)

    @property
    def _short(self) -> Sequence[str]:
        return self.node.lacking(self.pod)

    def said_of(self, group: Sequence[Self]) -> str:
        """Say what a pod asks for, and what a node has of it."""
        return f"{_free(group)}, but a pod asks for {' and '.join(self._too_much(group))}"

    def _too_much(self, group: Sequence[Self]) -> Iterator[str]:
        for name in self._short:
            asked, declared = written(name, self.pod.of(name)), name in dict(self.node.limits())
            has = f"a node has {_of_nodes(name, group)}" if declared else "allocatable.extendedResources has none"
            yield f"{asked} ({has})"


@dataclass(frozen=True)
class TooFewPods(NoRoom):
    """Units are free, but not all the pods are certain to find a node, in whatever order they are scheduled."""

    pod: PodSize
    most: int
    """Pods of this size that are certain to find one."""
    needs: int
    """Pods."""
    node: NodeSize
    short: tuple[str, ...]
    """What is short beside units, by Kubernetes' names; nothing where it is units, or the order that costs them."""

    @property
    def alike(self) -> Hashable:
        """What a pod asks for, how many are needed, and what is short."""
        return (self.pod, self.needs, self.short)

    def said_of(self, group: Sequence[Self]) -> str:
        """Say how many would find a node, and how many are needed."""
        most = [each.most for each in group]
        more = "more pod" if set(most) == {1} else "more pods"
        return (
            f"{_free(group)}, but only {spread(most)} {more} of {asks(self.pod)} each can be promised a node whatever "
            f"the order, needs {self.needs}{self._said_short(group)}"
        )

    def _said_short(self, group: Sequence[Self]) -> str:
        said = [f"{resource_in_words(name)} (a node {_verb(name)} {_of_nodes(name, group)})" for name in self.short]
        return f"; short of {' and '.join(said)}" if said else ""


@dataclass(frozen=True, slots=True)
class PodTooLarge(Reason):
    """One pod asks for more than an empty node has."""

    code: ClassVar[RejectionCode] = RejectionCode.CAPACITY
    pod: PodSize

    @property
    def message(self) -> str:
        """Say what it asks for."""
        return f"a pod asks for {asks(self.pod)}: more than a node has"


def asks(pod: PodSize) -> str:
    """Write what a pod asks for; nothing of what the pool does not say that nodes have."""
    cpu = f", {written(Counted.CPU, pod.cpu)}" if pod.cpu else ""
    memory = f", {_gib(pod.memory)}Gi" if pod.memory else ""
    storage = f", {written(Counted.STORAGE, pod.storage)}" if pod.storage else ""
    extended = "".join(f", {written(name, number)}" for name, number in pod.extended)
    return f"{counted(pod.units, 'unit')}{cpu}{memory}{storage}{extended}"


def written(resource: str, amount: int) -> str:
    """Write so much of a resource: 4 CPUs, 16Gi of memory, 8 rdma/ib."""
    match resource:
        case Counted.CPU:
            cores = _cores(amount)
            return f"{cores} {'CPU' if cores == '1' else 'CPUs'}"
        case Counted.MEMORY | Counted.STORAGE:
            return f"{_gib(amount)}Gi of {resource_in_words(resource)}"
    if resource.startswith(HUGE_PAGES):
        return f"{shown_amount(resource, Decimal(amount))} of {resource}"
    return f"{amount} {resource}"


def _free(group: Sequence[NoRoom]) -> str:
    free, units = spread(each.free for each in group), spread(each.units for each in group)
    return f"{free} of {units} units free"


def _verb(resource: str) -> str:
    return "takes" if resource == Counted.PODS else "has"


def _of_nodes(resource: str, group: Sequence[NodeTooSmall | TooFewPods]) -> str:
    """Write what a node has, or the least and the most that one has of those in `group`, without the resource."""
    has = [dict(each.node.limits())[resource] for each in group]
    match resource:
        case Counted.CPU:
            return spread(has, _cores)
        case Counted.MEMORY | Counted.STORAGE:
            return f"{spread(has, _gib)}Gi"
    return spread(has, lambda amount: written(resource, amount)) if resource.startswith(HUGE_PAGES) else spread(has)


def _cores(millis: int) -> str:
    return f"{millis / 1000:g}"


def _gib(size: int) -> str:
    return f"{size / GIB:g}"
