"""What a pod takes of a node, and what a node has: a vector of everything that kube-scheduler or the kubelet counts."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple

Extended = tuple[tuple[str, int], ...]
"""Extended resources, such as rdma/ib, by name in order, with how many."""


class Counted(StrEnum):
    """What a node has beside GPU units and extended resources, as Kubernetes calls it."""

    CPU = "cpu"
    MEMORY = "memory"
    PODS = "pods"
    STORAGE = "ephemeral-storage"


def resource_in_words(resource: str) -> str:
    """Write a resource, given by Kubernetes' name, as a person says it."""
    return {Counted.CPU.value: "CPU", Counted.STORAGE.value: "ephemeral storage"}.get(resource, resource)


def extended_amounts(by_name: Mapping[str, int]) -> Extended:
    """Return extended resources in the one order in which they are compared; those of none are left out."""
    return tuple(sorted((name, number) for name, number in by_name.items() if number))


class PodAsks(NamedTuple):
    """What one pod asks for, before it is known on which pool."""

    units: int
    """GPU units."""
    cpu: int
    """Millicores."""
    memory: int
    """Bytes."""
    weights: int
    """Bytes of weights that it downloads."""
    fabric: bool = False
    """Whether it gets the pool's device for the network between nodes."""
    own: Extended = ()
    """What `pod.container.resources` asks for, by Kubernetes' names, without what the pool says."""


class PodSize(NamedTuple):
    """What one pod asks for; 0 or nothing where the pool does not say what its nodes have."""

    units: int
    """GPU units."""
    cpu: int = 0
    """Millicores."""
    memory: int = 0
    """Bytes."""
    storage: int = 0
    """Bytes of ephemeral storage."""
    extended: Extended = ()

    def of(self, resource: str) -> int:
        """Return how much of a resource it takes, by Kubernetes' name; every pod takes the place of one."""
        match resource:
            case Counted.CPU:
                return self.cpu
            case Counted.MEMORY:
                return self.memory
            case Counted.PODS:
                return 1
            case Counted.STORAGE:
                return self.storage
        return _of(self.extended, resource)

    def without(self, resources: Container[str]) -> PodSize:
        """Return the same pod if it asked for none of these resources, by Kubernetes' names."""
        return PodSize(
            self.units,
            0 if Counted.CPU in resources else self.cpu,
            0 if Counted.MEMORY in resources else self.memory,
            0 if Counted.STORAGE in resources else self.storage,
            tuple(each for each in self.extended if each[0] not in resources),
        )

    def or_more(self, other: PodSize) -> PodSize:
        """Return the smallest size that has what either asks for."""
        return PodSize(
            max(self.units, other.units),
            max(self.cpu, other.cpu),
            max(self.memory, other.memory),
            max(self.storage, other.storage),
            _largest(self.extended, other.extended) if self.extended or other.extended else (),
        )


@dataclass(frozen=True, slots=True)
class NodeSize:
    """What one node offers; None, or no such extended resource, where it is not known or never runs out.

    Attributes:
        units: GPU units.
        cpu: Millicores.
        memory: Bytes.
        pods: How many pods it takes, where that is fewer than it has units.
        storage: Bytes of ephemeral storage.
        extended: Extended resources. Of others it has none if it says of any how many it has.
        device: What a pod asks for that gets the network between nodes.
        asked: What the pool's own `pod.container.resources` asks for in every pod.
        limited: Whether anything but units can run out.
    """

    units: int
    cpu: int | None = None
    memory: int | None = None
    pods: int | None = None
    storage: int | None = None
    extended: Extended = ()
    device: Extended = ()
    asked: Extended = ()
    limited: bool = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Note once what is asked most often."""
        known = any(has is not None for has in (self.cpu, self.memory, self.pods, self.storage))
        object.__setattr__(self, "limited", known or bool(self.extended))

    def limits(self) -> Iterator[tuple[str, int]]:
        """Yield what it has beside units, by Kubernetes' names."""
        if not self.limited:
            return
        for name, has in (
            (Counted.CPU, self.cpu),
            (Counted.MEMORY, self.memory),
            (Counted.PODS, self.pods),
            (Counted.STORAGE, self.storage),
        ):
            if has is not None:
                yield name, has
        yield from self.extended

    def less(self, pod: PodSize, count: int) -> NodeSize:
        """Return what is left beside `count` pods of size `pod`."""
        return NodeSize(
            self.units - count * pod.units,
            None if self.cpu is None else self.cpu - count * pod.cpu,
            None if self.memory is None else self.memory - count * pod.memory,
            None if self.pods is None else self.pods - count,
            None if self.storage is None else self.storage - count * pod.storage,
            tuple((name, has - count * pod.of(name)) for name, has in self.extended),
            self.device,
            self.asked,
        )

    def without(self, resources: Iterable[str]) -> NodeSize:
        """Return a node on which these resources, by Kubernetes' names, never run out."""
        gone = frozenset(resources)
        return replace(
            self,
            cpu=None if Counted.CPU in gone else self.cpu,
            memory=None if Counted.MEMORY in gone else self.memory,
            pods=None if Counted.PODS in gone else self.pods,
            storage=None if Counted.STORAGE in gone else self.storage,
            extended=tuple(each for each in self.extended if each[0] not in gone),
        )

    def size_of(self, asks: PodAsks) -> PodSize:
        """Return what counts here of what a pod asks for.

        Of disk the more counts of what it downloads and what its container requests: the download is in the request.
        """
        if not self.limited:
            return PodSize(asks.units)
        wanted = self._wanted(asks) if asks.own or self.asked or asks.fabric else {}
        storage = max(asks.weights, wanted.pop(Counted.STORAGE, 0))
        extended = extended_amounts(wanted) if wanted else ()
        return self.known_part(PodSize(asks.units, asks.cpu, asks.memory, storage, extended))

    def _wanted(self, asks: PodAsks) -> dict[str, int]:
        # What a container says of a resource itself is what is rendered, whatever interNodeDevice counts.
        return {**(dict(self.device) if asks.fabric else {}), **dict(self.asked), **dict(asks.own)}

    def known_part(self, pod: PodSize) -> PodSize:
        """Return what counts here of what a pod asks for: nothing of what is not known of the node."""
        if not self.limited:
            return PodSize(pod.units)
        return PodSize(
            pod.units,
            0 if self.cpu is None else pod.cpu,
            0 if self.memory is None else pod.memory,
            0 if self.storage is None else pod.storage,
            pod.extended if self.extended else (),
        )

    def lacking(self, pod: PodSize) -> Sequence[str]:
        """Return the resources beside units, by Kubernetes' names, of which `pod` asks for more than the node has."""
        known = [name for name, has in self.limits() if pod.of(name) > has]
        return [*known, *(name for name, _ in pod.extended if not self.declares(name))]

    def declares(self, extended: str) -> bool:
        """Return whether the node says how many it has of an extended resource."""
        return any(name == extended for name, _ in self.extended)

    def is_light(self, pod: PodSize) -> bool:
        """Return whether `pod` takes no larger share of anything of the node than of its units.

        Where all pods are light, units run out first on every node, and nothing else needs to be counted.
        """
        return not self.limited or (
            (self.cpu is None or pod.cpu * self.units <= self.cpu * pod.units)
            and (self.memory is None or pod.memory * self.units <= self.memory * pod.units)
            and (self.pods is None or self.units <= self.pods * pod.units)
            and (self.storage is None or pod.storage * self.units <= self.storage * pod.units)
            and (
                not pod.extended
                or all(asks * self.units <= _of(self.extended, name) * pod.units for name, asks in pod.extended)
            )
        )

    def most(self, pod: PodSize) -> int:
        """Return how many pods of size `pod` it takes when it is empty."""
        most = self.units // pod.units
        if not self.limited:
            return most
        if self.cpu is not None and pod.cpu:
            most = min(most, self.cpu // pod.cpu)
        if self.memory is not None and pod.memory:
            most = min(most, self.memory // pod.memory)
        if self.pods is not None:
            most = min(most, self.pods)
        if self.storage is not None and pod.storage:
            most = min(most, self.storage // pod.storage)
        for name, asks in pod.extended:
            most = min(most, _of(self.extended, name) // asks)
        return most


def _of(extended: Extended, name: str) -> int:
    return next((number for each, number in extended if each == name), 0)


def _largest(one: Extended, other: Extended) -> Extended:
    return extended_amounts({name: max(_of(one, name), _of(other, name)) for name, _ in (*one, *other)})
