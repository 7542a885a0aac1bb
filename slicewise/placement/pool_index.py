"""Which pools could serve a profile: each distinct pair of what is asked and what pools are is matched once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from decimal import Decimal
from typing import Generic, NamedTuple, TypeVar

from slicewise.placement.matching import Reason, requirement_reason
from slicewise.placement.pool_state import PoolState, pod_asks
from slicewise.placement.room_queue import RoomQueue
from slicewise.placement.soundness import NodeSize, PodSize, fit_on_empty_node
from slicewise.spec import Fleet, ModelSpec, ServingProfile
from slicewise.spec.base import Selector
from slicewise.spec.environment import Capabilities
from slicewise.spec.model import ReplicaTopology

Labels = frozenset[tuple[str, str]]


def labels_of(*selectors: Selector) -> Labels:
    """Return every label that `selectors` ask for together."""
    return frozenset(item for selector in selectors for item in selector.match_labels.items())


class _PoolClass(NamedTuple):
    """All that requirements are compared with: pools of one class match the same profiles, for the same reasons."""

    capabilities: Capabilities
    accelerator_count: int
    node: NodeSize
    nodes: int


class Lane:
    """The pools of one class that one pair of selectors selects."""

    def __init__(
        self, pools: Sequence[PoolState], members: Sequence[int], asked: AbstractSet[PodSize], improved: Sequence[int]
    ) -> None:
        self.members = members
        self.node = pools[members[0]].node
        self.units = sum(pools[index].units for index in members)
        self.queues: dict[PodSize, RoomQueue] = {}
        self._pools = pools
        self._improved = improved
        # Of all the pods that may ever come here:
        self._one_size = len({pod.units for pod in asked}) == 1
        self._units_decide = all(self.node.is_light(pod) for pod in asked)

    def queue(self, pod: PodSize) -> RoomQueue:
        """Return the lane's pools in the order for pods of this size."""
        if self._units_decide:
            pod = PodSize(pod.units)
        queue = self.queues.get(pod)
        if queue is None:
            queue = self.queues[pod] = RoomQueue(
                pod, self._pools, self.members, self._improved, one_size=self._one_size
            )
        return queue


@dataclass(frozen=True, slots=True)
class Level:
    """Lanes among which memory and waste do not decide."""

    lanes: tuple[tuple[Lane, PodSize], ...]


class PoolIndex:
    """All pools, by number in the order of their names, and the lanes that they are in."""

    def __init__(self, fleet: Fleet) -> None:
        self.pools: list[PoolState] = [
            PoolState(environment.metadata.name, pool)
            for environment in fleet.environments
            for pool in sorted(environment.spec.node_pools, key=lambda pool: pool.name)
        ]
        self.index = {(pool.environment, pool.name): index for index, pool in enumerate(self.pools)}
        self.by_environment: dict[str, list[int]] = {
            environment.metadata.name: [] for environment in fleet.environments
        }
        for index, pool in enumerate(self.pools):
            self.by_environment[pool.environment].append(index)
        self._environments = _LabelIndex(
            (environment.metadata.name, environment.metadata.labels) for environment in fleet.environments
        )
        self._pool_labels = _LabelIndex((index, pool.pool.labels) for index, pool in enumerate(self.pools))
        self._topology_numbers: dict[ReplicaTopology, int] = {}
        self._topologies: dict[int, int] = {}
        asked = _asked(fleet)
        widest = max((topology.nodes for topology, _ in asked), default=1)
        numbers: dict[_PoolClass, int] = {}
        self._class_of = [numbers.setdefault(_pool_class(pool, widest), len(numbers)) for pool in self.pools]
        self._example = {number: index for index, number in reversed(list(enumerate(self._class_of)))}
        self._reasons: dict[tuple[int, int], Reason | None] = {}
        self._asked: dict[int, set[PodSize]] = {number: set() for number in numbers.values()}
        for topology, asks in asked:
            for number, index in self._example.items():
                if self.reason(topology, index) is None:
                    self._asked[number].add(self.pools[index].node.known_part(asks))
        self._selections: dict[tuple[Labels, Labels], dict[int, Lane]] = {}
        self._fits: dict[tuple[int, PodSize], dict[int, _Fit]] = {}
        self._levels: dict[tuple[Labels, Labels, int, PodSize], tuple[Level, ...]] = {}
        self.improved: list[int] = []
        """Pools that have become better for some pods: the queues measure them again."""

    def reason(self, topology: ReplicaTopology, index: int) -> Reason | None:
        """Return which requirement keeps `topology` off a pool; None if it could run there."""
        key = (self._topology_number(topology), self._class_of[index])
        if key not in self._reasons:
            self._reasons[key] = requirement_reason(topology, self.pools[index].pool)
        return self._reasons[key]

    def levels(self, profile: ServingProfile, environments: Labels, pools: Labels, model: ModelSpec) -> Sequence[Level]:
        """Return the lanes that `profile` of `model` could go to within the selected pools, tightest memory first."""
        topology = profile.replica_topology
        asks = pod_asks(topology, model)
        key = (environments, pools, self._topology_number(topology), asks)
        found = self._levels.get(key)
        if found is None:
            lanes = self._select(environments, pools)
            found = self._levels[key] = tuple(_levels(lanes, self._fits_of(topology, asks)))
        return found

    def _fits_of(self, topology: ReplicaTopology, asks: PodSize) -> Mapping[int, _Fit]:
        """Return how pods of this shape fit on each class of pool that could serve them."""
        key = (self._topology_number(topology), asks)
        fits = self._fits.get(key)
        if fits is None:
            fits = self._fits[key] = {}
            for number, index in self._example.items():
                pool = self.pools[index]
                pod = pool.node.known_part(asks)
                a_node = fit_on_empty_node(pool.node, pod)
                if a_node and self.reason(topology, index) is None:
                    wasted = 1 - a_node * pod.units / pool.node.units
                    fits[number] = _Fit((pool.pool.capabilities.memory_per_gpu.value, wasted), pod)
        return fits

    def _select(self, environments: Labels, pools: Labels) -> Mapping[int, Lane]:
        """Return the lanes of the pools with these labels in environments with those, by pool class."""
        key = (environments, pools)
        if key not in self._selections:
            members: dict[int, list[int]] = {}
            with_labels = self._pool_labels.select(pools)
            for name in sorted(self._environments.select(environments)):
                for index in self.by_environment[name]:
                    if index in with_labels:
                        members.setdefault(self._class_of[index], []).append(index)
            self._selections[key] = {
                number: Lane(self.pools, indices, self._asked[number], self.improved)
                for number, indices in members.items()
            }
        return self._selections[key]

    def _topology_number(self, topology: ReplicaTopology) -> int:
        # Hashing a document's part looks at all of it: once for each object.
        number = self._topologies.get(id(topology))
        if number is None:
            number = self._topology_numbers.setdefault(topology, len(self._topology_numbers))
            self._topologies[id(topology)] = number
        return number


class _Fit(NamedTuple):
    """How pods of one shape fit on pools of one class."""

    order: tuple[Decimal, float]
    """The memory of a unit, and which part of an empty node's units such pods cannot use: less of both is better."""
    pod: PodSize


def _levels(lanes: Mapping[int, Lane], fits: Mapping[int, _Fit]) -> Iterator[Level]:
    found: dict[tuple[Decimal, float], list[tuple[Lane, PodSize]]] = {}
    for number, lane in lanes.items():
        fit = fits.get(number)
        if fit:
            found.setdefault(fit.order, []).append((lane, fit.pod))
    for order in sorted(found):
        yield Level(tuple(found[order]))


def _asked(fleet: Fleet) -> list[tuple[ReplicaTopology, PodSize]]:
    """Return every shape of replica that a deployment may take, and what a pod of it asks for."""
    models = {id(model): model for model in map(fleet.model_of, fleet.deployments)}
    return [
        (profile.replica_topology, pod_asks(profile.replica_topology, model))
        for model in models.values()
        for profile in model.serving
    ]


def _pool_class(pool: PoolState, widest: int) -> _PoolClass:
    # More nodes than any replica spans make no difference to a requirement.
    nodes = min(pool.pool.nodes, widest)
    return _PoolClass(pool.pool.capabilities, pool.pool.accelerator_count, pool.node, nodes)


_Key = TypeVar("_Key")


class _LabelIndex(Generic[_Key]):
    """Who carries a label, and so who carries a set of them."""

    def __init__(self, labelled: Iterable[tuple[_Key, Mapping[str, str]]]) -> None:
        self._with: dict[tuple[str, str], set[_Key]] = {}
        everyone: set[_Key] = set()
        for key, labels in labelled:
            everyone.add(key)
            for item in labels.items():
                self._with.setdefault(item, set()).add(key)
        self._everyone: AbstractSet[_Key] = everyone

    def select(self, labels: Labels) -> AbstractSet[_Key]:
        """Return who carries all of `labels`."""
        found = [self._with.get(item, set()) for item in labels]
        found.sort(key=len)
        return set.intersection(*found) if found else self._everyone
