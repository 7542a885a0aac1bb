"""Pools that are alike for selectors and requirements: a deployment that one of them cannot serve, none of them can."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from slicewise.documents import InferenceEnvironment, ModelDeployment, NodePool, ServingProfile
from slicewise.planning.acceptance import NotAccepting, acceptance_reason
from slicewise.planning.capacity import ChargedPool


class UnitsOfPool(NamedTuple):
    """The units of a pool."""

    free: int
    units: int


class AlikePools(NamedTuple):
    """Pools with the same of the labels that some selectors ask for, that fail the same requirements."""

    environment: InferenceEnvironment
    """That of the first."""
    pool: NodePool
    """The first."""
    requirements: int
    """Their class in `MatchedRequirements`."""
    closed: NotAccepting | None
    """That they take nothing new, if that is so."""
    numbers: tuple[int, ...]
    """Which of all pools they are, in order."""
    by_room: Mapping[UnitsOfPool, Sequence[int]]
    """The same, by how many units they have and how many of these are free."""


class AskedLabels(NamedTuple):
    """The labels that a deployment and its profiles select by."""

    of_environments: AbstractSet[str]
    of_pools: AbstractSet[str]


def asked_labels(deployment: ModelDeployment, serving: Sequence[ServingProfile]) -> AskedLabels:
    """Return the labels that a deployment selects by with these profiles."""
    selectors = [deployment.spec.environment_selector, *(profile.environment_selector for profile in serving)]
    keys = frozenset(key for selector in selectors for key in selector.match_labels)
    return AskedLabels(keys, frozenset(deployment.spec.node_pool_selector.match_labels))


class AlikeByLabels:
    """All pools of a fleet, as those that are alike for what a deployment selects by."""

    def __init__(self, pools: Sequence[ChargedPool], classes: Sequence[int]) -> None:
        """Take all pools in their order, and for each the class of requirements that it fails."""
        self._pools = pools
        self._classes = classes
        self._closed = [acceptance_reason(pool.environment, pool.pool) for pool in pools]
        self._known: dict[AskedLabels, Sequence[AlikePools]] = {}

    def of(self, asked: AskedLabels) -> Sequence[AlikePools]:
        """Return them for one choice of labels."""
        if asked not in self._known:
            self._known[asked] = self._find(asked)
        return self._known[asked]

    def _find(self, asked: AskedLabels) -> Sequence[AlikePools]:
        found: defaultdict[object, list[int]] = defaultdict(list)
        for number, (place, requirements, closed) in enumerate(
            zip(self._pools, self._classes, self._closed, strict=True)
        ):
            there = _values(asked.of_environments, place.environment.labels) if asked.of_environments else ()
            own = _values(asked.of_pools, place.pool.labels) if asked.of_pools else ()
            found[requirements, there, own, closed].append(number)
        return [
            AlikePools(
                self._pools[numbers[0]].environment,
                self._pools[numbers[0]].pool,
                self._classes[numbers[0]],
                self._closed[numbers[0]],
                tuple(numbers),
                self._by_room(numbers),
            )
            for numbers in found.values()
        ]

    def _by_room(self, numbers: Iterable[int]) -> Mapping[UnitsOfPool, Sequence[int]]:
        found: defaultdict[UnitsOfPool, list[int]] = defaultdict(list)
        for number in numbers:
            state = self._pools[number].state
            found[UnitsOfPool(state.free, state.units)].append(number)
        return found


def _values(keys: AbstractSet[str], labels: Mapping[str, str]) -> tuple[str | None, ...]:
    return tuple(labels.get(key) for key in keys)
