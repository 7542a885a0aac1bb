"""Why a pool that matches takes no more pods, as data with numbers."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from slicewise.diagnostics import counted
from slicewise.kubernetes import GIB
from slicewise.planning.capacity.soundness import NodeSize, PodSize
from slicewise.planning.reasons import Reason, ReasonWithNumbers, RejectionCode, spread


@dataclass(frozen=True)
class TooFewUnits(ReasonWithNumbers):
    """Fewer units are free than the pods take."""

    code: ClassVar[RejectionCode] = RejectionCode.CAPACITY
    free: int
    units: int
    """Units of all nodes."""
    needs: int
    """Units of all the pods."""

    @property
    def alike(self) -> Hashable:
        """What is needed."""
        return self.needs

    def said_of(self, group: Sequence[Self]) -> str:
        """Say how many are free, and how many are needed."""
        return f"{_free(group)}, needs {self.needs}"


@dataclass(frozen=True)
class NodeTooSmall(ReasonWithNumbers):
    """A node has less CPU or memory than one pod asks for, whatever else is on it."""

    code: ClassVar[RejectionCode] = RejectionCode.CAPACITY
    free: int
    units: int
    pod: PodSize
    node: NodeSize

    @property
    def alike(self) -> Hashable:
        """What a node has too little of, and what a pod asks for of it."""
        return (self.pod.cpu if self._short_of_cpu else 0, self.pod.memory if self._short_of_memory else 0)

    @property
    def _short_of_cpu(self) -> bool:
        return self.node.cpu is not None and self.pod.cpu > self.node.cpu

    @property
    def _short_of_memory(self) -> bool:
        return self.node.memory is not None and self.pod.memory > self.node.memory

    def said_of(self, group: Sequence[Self]) -> str:
        """Say what a pod asks for, and what a node has of it."""
        return f"{_free(group)}, but a pod asks for {' and '.join(self._too_much(group))}"

    def _too_much(self, group: Sequence[Self]) -> Iterator[str]:
        if self._short_of_cpu:
            has = spread((each.node.cpu or 0 for each in group), _cores)
            yield f"{_cpus(self.pod.cpu)} (a node has {has})"
        if self._short_of_memory:
            has = spread((each.node.memory or 0 for each in group), _gib)
            yield f"{_gib(self.pod.memory)}Gi of memory (a node has {has}Gi)"


@dataclass(frozen=True)
class TooFewPods(ReasonWithNumbers):
    """Units are free, but not all the pods are certain to find a node, in whatever order they are scheduled."""

    code: ClassVar[RejectionCode] = RejectionCode.CAPACITY
    free: int
    units: int
    pod: PodSize
    most: int
    """Pods of this size that are certain to find one."""
    needs: int
    """Pods."""

    @property
    def alike(self) -> Hashable:
        """What a pod asks for, and how many are needed."""
        return (self.pod, self.needs)

    def said_of(self, group: Sequence[Self]) -> str:
        """Say how many would find a node, and how many are needed."""
        most = [each.most for each in group]
        more = "more pod" if set(most) == {1} else "more pods"
        return (
            f"{_free(group)}, but only {spread(most)} {more} of {asks(self.pod)} each can be promised a node whatever "
            f"the order, needs {self.needs}"
        )


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
    """Write what a pod asks for; of CPU and memory nothing where the pool does not say what nodes have."""
    cpu = f", {_cpus(pod.cpu)}" if pod.cpu else ""
    memory = f", {_gib(pod.memory)}Gi" if pod.memory else ""
    return f"{counted(pod.units, 'unit')}{cpu}{memory}"


def _free(group: Sequence[TooFewUnits | NodeTooSmall | TooFewPods]) -> str:
    free, units = spread(each.free for each in group), spread(each.units for each in group)
    return f"{free} of {units} units free"


def _cpus(millis: int) -> str:
    cores = _cores(millis)
    return f"{cores} {'CPU' if cores == '1' else 'CPUs'}"


def _cores(millis: int) -> str:
    return f"{millis / 1000:g}"


def _gib(size: int) -> str:
    return f"{size / GIB:g}"
