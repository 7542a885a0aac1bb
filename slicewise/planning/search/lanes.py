"""Which pools could serve a profile: each distinct pair of what is asked and what pools are is matched once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from slicewise.documents import (
    Fleet,
    ModelDeployment,
    ModelSpec,
    ReplicaTopology,
    Selector,
    ServingProfile,
)
from slicewise.planning.capacity import PodSize, PoolLedger, fit_on_empty_node, pod_asks
from slicewise.planning.matching import MatchedRequirements
from slicewise.planning.reasons import Reason
from slicewise.planning.search.room_queue import RoomQueue

LabelSet = frozenset[tuple[str, str]]


def labels_of(*selectors: Selector) -> LabelSet:
    """Return every label that `selectors` ask for together."""
    return frozenset(item for selector in selectors for item in selector.match_labels.items())


class Lane:
    """Pools that no profile tells apart, of those that one pair of selectors selects."""

    def __init__(
        self, pools: Sequence[PoolLedger], members: Sequence[int], asked: AbstractSet[PodSize], improved: Sequence[int]
    ) -> None:
        self.members = members
        self.node = pools[members[0]].node
        self.units = sum(pools[index].units for index in members)
        self.queues: dict[PodSize, RoomQueue] = {}
        self._pools = pools
        self._improved = improved
        # For all pod sizes that the fleet's models can ask of this pool:
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
class FreeLevel:
    """Lanes among which memory and waste do not decide."""

    memory: int
    """Of a unit, in bytes."""
    wasted: float
    """The part of an empty node's units that pods cannot use."""
    lanes: tuple[tuple[Lane, PodSize, RoomQueue], ...]
    """Each with what one pod takes there, and its pools in the order for such pods."""


class PoolIndex:
    """All pools, by number in the order of their names, and the lanes that they are in."""

    def __init__(self, fleet: Fleet, models: Iterable[ModelSpec]) -> None:
        self.pools: list[PoolLedger] = [
            PoolLedger(environment.metadata.name, pool)
            for environment in fleet.environments
            for pool in sorted(environment.spec.node_pools, key=lambda pool: pool.name)
        ]
        self.number_of = {(pool.environment, pool.name): index for index, pool in enumerate(self.pools)}
        self.by_environment: dict[str, list[int]] = {
            environment.metadata.name: [] for environment in fleet.environments
        }
        for index, pool in enumerate(self.pools):
            self.by_environment[pool.environment].append(index)
        self._environments = _LabelIndex(
            (environment.metadata.name, environment.metadata.labels) for environment in fleet.environments
        )
        self._pool_labels = _LabelIndex((index, pool.pool.labels) for index, pool in enumerate(self.pools))
        asked = _asked(models)
        widest = max((topology.nodes for topology, _ in asked), default=1)
        self._matched = MatchedRequirements([pool.pool for pool in self.pools], widest)
        self._lane_class: list[int] = self._alike(asked)
        """For each pool the first one that every shape of replica treats alike, with as much memory and such nodes."""
        self._asked: dict[int, set[PodSize]] = {number: set() for number in self._lane_class}
        for topology, asks in asked:
            for index, pods in self._asked.items():
                if self.reason(topology, index) is None:
                    pods.add(self.pools[index].node.known_part(asks))
        self.mixes = [len({pod.units for pod in self._asked[number]}) > 1 for number in self._lane_class]
        """For each pool whether pods of several sizes may come there."""
        self._selections: dict[tuple[LabelSet, LabelSet], dict[int, Lane]] = {}
        self._fits: dict[tuple[int, PodSize], dict[int, _Fit]] = {}
        self._same_fits: dict[tuple[tuple[int, _Fit], ...], dict[int, _Fit]] = {}
        self._levels: dict[tuple[LabelSet, LabelSet, int], tuple[FreeLevel, ...]] = {}
        self.improved: list[int] = []
        """Pools that have become better for some pods: the queues measure them again."""

    def reason(self, topology: ReplicaTopology, index: int) -> Reason | None:
        """Return which requirement keeps `topology` off a pool; None if it could run there."""
        return self._matched.reason(topology, index)

    def _alike(self, asked: Iterable[tuple[ReplicaTopology, PodSize]]) -> list[int]:
        topologies = {self._matched.shape_number(topology): topology for topology, _ in asked}
        classes = [(number, self.pools[index].node) for index, number in enumerate(self._matched.class_of)]
        examples = {each: index for index, each in reversed(list(enumerate(classes)))}
        first: dict[tuple[object, ...], int] = {}
        by_class = {}
        for each, index in sorted(examples.items(), key=lambda item: item[1]):
            pool = self.pools[index]
            serves = frozenset(n for n, topology in topologies.items() if self.reason(topology, index) is None)
            memory = pool.pool.capabilities.memory_per_gpu.bytes
            by_class[each] = first.setdefault((serves, memory, pool.node), index)
        return [by_class[each] for each in classes]

    def selects(self, deployment: ModelDeployment) -> bool:
        """Return whether the selectors of `deployment` leave any pool."""
        spec = deployment.spec
        return bool(self._select(labels_of(spec.environment_selector), labels_of(spec.node_pool_selector)))

    def levels(
        self, profile: ServingProfile, environments: LabelSet, pools: LabelSet, model: ModelSpec
    ) -> Sequence[FreeLevel]:
        """Return the lanes that `profile` of `model` could go to within the selected pools, tightest memory first."""
        topology = profile.replica_topology
        asks = pod_asks(topology, model)
        fits = self._fits_of(topology, asks)
        key = (environments, pools, id(fits))
        found = self._levels.get(key)
        if found is None:
            found = self._levels[key] = tuple(_levels(self._select(environments, pools), fits))
        return found

    def _fits_of(self, topology: ReplicaTopology, asks: PodSize) -> Mapping[int, _Fit]:
        """Return how pods of this shape fit on each class of pool that could serve them."""
        key = (self._matched.shape_number(topology), asks)
        fits = self._fits.get(key)
        if fits is None:
            fits = {}
            for index in self._asked:
                pool = self.pools[index]
                pod = pool.node.known_part(asks)
                a_node = fit_on_empty_node(pool.node, pod)
                if a_node and self.reason(topology, index) is None:
                    wasted = pool.node.units - a_node * pod.units
                    fits[index] = _Fit((pool.pool.capabilities.memory_per_gpu.bytes, wasted / pool.node.units), pod)
            # Many shapes fit on the same pools in the same way: they share their lanes.
            fits = self._fits[key] = self._same_fits.setdefault(tuple(fits.items()), fits)
        return fits

    def _select(self, environments: LabelSet, pools: LabelSet) -> Mapping[int, Lane]:
        """Return the lanes of what is selected, each by the first of all pools that is like its own."""
        key = (environments, pools)
        if key not in self._selections:
            members: dict[int, list[int]] = {}
            with_labels = self._pool_labels.select(pools)
            for name in sorted(self._environments.select(environments)):
                for index in self.by_environment[name]:
                    if index in with_labels:
                        members.setdefault(self._lane_class[index], []).append(index)
            self._selections[key] = {
                number: Lane(self.pools, indices, self._asked[number], self.improved)
                for number, indices in members.items()
            }
        return self._selections[key]


class _Fit(NamedTuple):
    """How pods of one shape fit on pools of one class."""

    order: tuple[int, float]
    """The memory of a unit, and which part of an empty node's units such pods cannot use: less of both is better."""
    pod: PodSize


def _levels(lanes: Mapping[int, Lane], fits: Mapping[int, _Fit]) -> Iterator[FreeLevel]:
    found: dict[tuple[int, float], list[tuple[Lane, PodSize, RoomQueue]]] = {}
    for number, lane in lanes.items():
        fit = fits.get(number)
        if fit:
            found.setdefault(fit.order, []).append((lane, fit.pod, lane.queue(fit.pod)))
    for order in sorted(found):
        yield FreeLevel(*order, tuple(found[order]))


def _asked(models: Iterable[ModelSpec]) -> list[tuple[ReplicaTopology, PodSize]]:
    """Return every shape of replica that a deployment may take, and what a pod of it asks for."""
    return [
        (profile.replica_topology, pod_asks(profile.replica_topology, model))
        for model in models
        for profile in model.serving
    ]


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

    def select(self, labels: LabelSet) -> AbstractSet[_Key]:
        """Return who carries all of `labels`."""
        found = [self._with.get(item, set()) for item in labels]
        found.sort(key=len)
        return set.intersection(*found) if found else self._everyone
