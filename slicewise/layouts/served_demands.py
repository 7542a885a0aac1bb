"""What deployments ask for, and the units that could serve each: those of pools as they are cut, or may be cut."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from slicewise.documents import (
    DeploymentKey,
    Fleet,
    ModelDeployment,
    NodePool,
    ServingProfile,
    model_key,
    offers_of,
)
from slicewise.layouts.pool_states import PoolState
from slicewise.mig import parse_profile_name
from slicewise.planning import Placement, judged_engine, reject_candidate
from slicewise.sizing import FitVerdict

# Programs of as many choices are solved in a second or two.
_MOST_APART: Final = 5_000


@dataclass(frozen=True, slots=True)
class ServingUnit:
    """One kind of unit that a deployment could get.

    Attributes:
        pool: The number of the pool.
        resource: What it is called as the pool is cut now; empty where it would have to be cut.
        profile: The MIG profile to cut; empty where it is there.
        units: How many of them a replica takes.
    """

    pool: int
    resource: str
    profile: str
    units: int


@dataclass(frozen=True, slots=True)
class UnplacedDemand:
    """A deployment that lacks environments.

    Attributes:
        key: The deployment.
        priority: Higher is served first.
        replicas: In each environment.
        missing: How many environments it lacks.
        units: What could serve it, in environments that do not.
        stays: Where it runs, if that is what it is about: it must have a place, and rather this one.
        merged: Of several deployments, how many replicas they lack in all environments; `replicas` are then theirs in
            one environment, and any part of them may be served. 0 for one deployment, which is served as a whole.
    """

    key: DeploymentKey
    priority: int
    replicas: int
    missing: int
    units: tuple[ServingUnit, ...]
    stays: ServingUnit | None = None
    merged: int = 0


def program_demands(demands: Sequence[UnplacedDemand]) -> list[UnplacedDemand]:
    """Return `demands` as programs are made of them: if they are many, merged where the same units could serve them.

    Those of one priority are; what serves them also serves what they are merged into, so that bounds hold.
    """
    if sum(len(demand.units) for demand in demands) <= _MOST_APART:
        return list(demands)
    found: dict[tuple[object, ...], UnplacedDemand] = {}
    for each in demands:
        kind = each.key if each.stays else None, each.priority, each.units
        more = each if each.stays else replace(each, merged=each.replicas * each.missing)
        old = found.get(kind)
        if old:
            more = replace(old, replicas=old.replicas + more.replicas, merged=old.merged + more.merged)
        found[kind] = more
    return list(found.values())


def unplaced_demands(fleet: Fleet, states: Sequence[PoolState], running: Iterable[Placement]) -> list[UnplacedDemand]:
    """Return what the deployments of `fleet` ask for besides what is `running`."""
    placed: dict[DeploymentKey, set[str]] = {}
    for placement in running:
        placed.setdefault(placement.deployment, set()).add(placement.environment)
    options = _Options(fleet, states)
    found = []
    for deployment in fleet.deployments:
        here = placed.get(deployment.key, set())
        missing = deployment.spec.environments - len(here)
        units = tuple(each for each in options.of(deployment) if states[each.pool].key[0] not in here)
        if missing > 0 and deployment.replicas and units:
            found.append(UnplacedDemand(deployment.key, deployment.spec.priority, deployment.replicas, missing, units))
    return found


def moving_demands(fleet: Fleet, states: Sequence[PoolState], moving: Iterable[Placement]) -> Iterator[UnplacedDemand]:
    """Yield for everything that may move what it needs in its environment; none of it has a prefill workload."""
    options = _Options(fleet, states)
    numbers = {state.key: number for number, state in enumerate(states)}
    for placement in moving:
        deployment = fleet.deployment[placement.deployment]
        pool = numbers[placement.environment, placement.node_pool]
        own = ServingUnit(pool, placement.resource, "", placement.nodes_per_replica * placement.gpus_per_node)
        others = (each for each in options.of(deployment) if states[each.pool].key[0] == placement.environment)
        units = tuple(dict.fromkeys((own, *others)))
        yield UnplacedDemand(deployment.key, deployment.spec.priority, placement.replicas, 1, units, own)


class _Options:
    """The units of each deployment; those of one model and one selection are looked for once."""

    def __init__(self, fleet: Fleet, states: Sequence[PoolState]) -> None:
        self._fleet, self._states = fleet, states
        self._possible = [_possible(state) for state in states]
        self._known: dict[tuple[object, ...], tuple[ServingUnit, ...]] = {}

    def of(self, deployment: ModelDeployment) -> tuple[ServingUnit, ...]:
        spec = deployment.spec
        selectors = (spec.environment_selector, spec.node_pool_selector)
        key = (model_key(deployment), *(tuple(sorted(each.match_labels.items())) for each in selectors))
        if key not in self._known:
            found = (each for number in range(len(self._states)) for each in self._on(deployment, number))
            self._known[key] = tuple(dict.fromkeys(found))
        return self._known[key]

    def _on(self, deployment: ModelDeployment, number: int) -> Iterator[ServingUnit]:
        model = self._fleet.model_of(deployment)
        state = self._states[number]
        for profile in model.serving:
            units = profile.replica_topology.units
            for offer in offers_of(state.pool):
                if reject_candidate(deployment, model, profile, state.environment, offer) is None:
                    yield ServingUnit(number, offer.resource, "", units)
            fitting = [
                (name, offer)
                for name, offer in self._possible[number].items()
                if reject_candidate(deployment, model, profile, state.environment, offer) is None
            ]
            smallest = self._smallest(deployment, profile, fitting, state)
            if smallest:
                yield ServingUnit(number, "", smallest, units)

    def _smallest(
        self,
        deployment: ModelDeployment,
        profile: ServingProfile,
        fitting: Sequence[tuple[str, NodePool]],
        state: PoolState,
    ) -> str:
        """Return the smallest slice on which the engine surely starts, else the smallest that is not ruled out."""
        model = self._fleet.model_of(deployment)
        judged = [(name, judged_engine(model, profile, offer)) for name, offer in fitting]
        sure = [name for name, found in judged if found is None or found.verdict is FitVerdict.FITS]
        return min(sure or [name for name, _ in judged], key=lambda name: _size(state, name), default="")


class LargestPools:
    """What pools would hold of a deployment if nothing else were on them, however their nodes may be cut."""

    def __init__(self, fleet: Fleet, states: Sequence[PoolState]) -> None:
        """Take the pools of `fleet`."""
        self._states = [
            state if state.kept_because else replace(state, free_nodes=state.pool.nodes) for state in states
        ]
        self._options = _Options(fleet, self._states)

    def most_replicas(self, deployment: ModelDeployment) -> int:
        """Return how many replicas the pool would have that holds most of them."""
        return max((self._units(each) // each.units for each in self._options.of(deployment)), default=0)

    def _units(self, unit: ServingUnit) -> int:
        state = self._states[unit.pool]
        if not unit.profile:
            return state.offered[unit.resource] * state.pool.nodes
        known = state.board.profile(unit.profile) if state.board else None
        return (known.per_gpu if known else 0) * state.gpus * state.pool.nodes


def _possible(state: PoolState) -> Mapping[str, NodePool]:
    """Return what a pool could offer, by profile."""
    if not state.free_nodes:
        return {}
    choices = state.choices
    offers = offers_of(state.cut_into(dict.fromkeys(choices, 1))) if choices else ()
    return {str(each.mig.profile): each for each in offers if each.mig and each.mig.profile in choices}


def _size(state: PoolState, name: str) -> tuple[int, int]:
    profile, parsed = (state.board.profile(name) if state.board else None), parse_profile_name(name)
    return profile.memory_slices if profile else 0, parsed.compute if parsed else 0


def narrowed(demand: UnplacedDemand, chosen: Sequence[ServingUnit], states: Sequence[PoolState]) -> UnplacedDemand:
    """Return `demand` with no other units than those that are `chosen` in their environments.

    Where as many are chosen as are missing, no other environment has any. What runs may still stay.
    """
    if demand.stays:
        return demand
    environments = {states[unit.pool].key[0] for unit in chosen}
    if len(chosen) >= demand.missing:
        return replace(demand, units=tuple(chosen))
    others = [unit for unit in demand.units if states[unit.pool].key[0] not in environments]
    return replace(demand, units=(*chosen, *others))
