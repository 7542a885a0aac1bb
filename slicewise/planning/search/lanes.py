"""Where a serving profile could go: pools in lanes, by the two selectors of a deployment, and lanes in levels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Generic, TypeVar

from slicewise.documents import Fleet, ModelDeployment, Selector
from slicewise.planning.capacity import PodSize
from slicewise.planning.search.numbered_pools import NumberedPools
from slicewise.planning.search.pool_classes import Fit, PoolClass
from slicewise.planning.search.room_queue import RoomQueue

LabelSet = frozenset[tuple[str, str]]


def labels_of(*selectors: Selector) -> LabelSet:
    """Return every label that `selectors` ask for together."""
    return frozenset(item for selector in selectors for item in selector.match_labels.items())


class Lane:
    """Pools that no profile tells apart, of those that one pair of selectors selects."""

    def __init__(self, pools: NumberedPools, members: Sequence[int], kind: PoolClass) -> None:
        self.members = members
        self.units = sum(pools.ledgers[number].units for number in members)
        self.queues: dict[PodSize, RoomQueue] = {}
        self._pools = pools
        self._one_size = not kind.mixes
        # A remainder of reserved units has all the CPU of a larger pod, so units need not run out before that.
        reserves = {pools.ledgers[number].pool.reserved_units for number in members}
        whole = not any(reserved % size for reserved in reserves for size in kind.sizes)
        self._units_decide = kind.units_decide and whole

    def queue(self, pod: PodSize) -> RoomQueue:
        """Return the lane's pools in the order for pods of this size."""
        if self._units_decide:
            pod = PodSize(pod.units)
        queue = self.queues.get(pod)
        if queue is None:
            queue = self.queues[pod] = RoomQueue(pod, self._pools, self.members, one_size=self._one_size)
        return queue


@dataclass(frozen=True, slots=True)
class FreeLevel:
    """Lanes among which doubts, memory and waste do not decide."""

    doubted: bool
    """Whether the engine starts there only if its weights are smaller than computed."""
    memory: int
    """Of a unit, in bytes."""
    wasted: float
    """The part of an empty node's units that pods cannot use."""
    lanes: tuple[tuple[Lane, PodSize, RoomQueue], ...]
    """Each with what one pod takes there, and its pools in the order for such pods."""


class Lanes:
    """The lanes of each pair of selectors, and the levels that they form for each profile: each is made once."""

    def __init__(self, fleet: Fleet, pools: NumberedPools, classes: Sequence[PoolClass]) -> None:
        """Take all pools, and the class of each by its number."""
        self._pools = pools
        self._classes = classes
        self._environments = _LabelIndex((each.metadata.name, each.labels) for each in fleet.environments)
        self._pool_labels = _LabelIndex((number, pool.pool.labels) for number, pool in enumerate(pools.ledgers))
        self._selections: dict[tuple[LabelSet, LabelSet], dict[int, Lane]] = {}
        self._levels: dict[tuple[LabelSet, LabelSet, int], tuple[FreeLevel, ...]] = {}

    def selects(self, deployment: ModelDeployment) -> bool:
        """Return whether the selectors of `deployment` leave any pool that takes what is new."""
        spec = deployment.spec
        return bool(self._select(labels_of(spec.environment_selector), labels_of(spec.node_pool_selector)))

    def levels(self, environments: LabelSet, pools: LabelSet, fits: Mapping[int, Fit]) -> Sequence[FreeLevel]:
        """Return the lanes within the selected pools where pods fit as `fits` says, tightest memory first."""
        key = (environments, pools, id(fits))
        found = self._levels.get(key)
        if found is None:
            lanes = self._select(environments, pools)
            found = self._levels[key] = tuple(_levels(lanes, fits))
        return found

    def _select(self, environments: LabelSet, pools: LabelSet) -> Mapping[int, Lane]:
        """Return the lanes of what is selected and takes what is new, each by the number of its class."""
        key = (environments, pools)
        if key not in self._selections:
            members: dict[int, list[int]] = {}
            with_labels = self._pool_labels.select(pools)
            for name in sorted(self._environments.select(environments)):
                for number in self._pools.by_environment[name]:
                    if number in with_labels and self._pools.accepts(number):
                        members.setdefault(self._classes[number].number, []).append(number)
            self._selections[key] = {
                first: Lane(self._pools, numbers, self._classes[first]) for first, numbers in members.items()
            }
        return self._selections[key]


def _levels(lanes: Mapping[int, Lane], fits: Mapping[int, Fit]) -> Iterator[FreeLevel]:
    found: dict[tuple[bool, int, float], list[tuple[Lane, PodSize, RoomQueue]]] = {}
    for number, lane in lanes.items():
        fit = fits.get(number)
        if fit:
            found.setdefault(fit.order, []).append((lane, fit.pod, lane.queue(fit.pod)))
    for order in sorted(found):
        yield FreeLevel(*order, tuple(found[order]))


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
