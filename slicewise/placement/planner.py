"""Planning: what runs stays, then by priority and scarcity, each deployment where it fits tightest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from slicewise.placement.advice import plan_advice
from slicewise.placement.matching import reject_environment, reject_pool
from slicewise.placement.plan import Placement, Plan, Rejection, RejectionCode, Shortfall
from slicewise.placement.plan_json import PreviousPlacement
from slicewise.placement.pool_state import PoolState
from slicewise.placement.soundness import PodSize
from slicewise.spec import DeploymentKey, Fleet, InferenceEnvironment, ModelDeployment, ModelSpec, ServingProfile


@dataclass(frozen=True)
class _Candidate:
    """A pool that could serve a deployment with a profile if it has room."""

    rank: int
    """The profile's place in the model's order of preference."""
    profile: ServingProfile
    pool: PoolState
    pod: PodSize
    pods: int

    @property
    def fits(self) -> bool:
        return self.pool.takes(self.pod, self.pods)

    @property
    def tightness(self) -> tuple[object, ...]:
        """Sort pools by it: least memory unused, then fewest units stranded, then name."""
        return (self.pool.pool.capabilities.memory_per_gpu, self.pool.stranded_by(self.pod, self.pods), self.pool.name)


class _Demand:
    """One deployment, and where it could go."""

    def __init__(self, deployment: ModelDeployment, model: ModelSpec, board: _Board) -> None:
        self.deployment = deployment
        self.model = model
        self.key = deployment.key
        self.wanted = deployment.spec.environments
        self._board = board

    def units(self, profile: ServingProfile) -> int:
        """Return the units of all replicas in one environment."""
        return self.deployment.replicas * profile.replica_topology.units

    @cached_property
    def candidates(self) -> dict[str, list[_Candidate]]:
        """The pools that match, by environment, in the model's order of profiles."""
        found: dict[str, list[_Candidate]] = {}
        for environment in self._board.environments:
            if reject_environment(self.deployment, environment) is None:
                matching = list(self._matching(environment))
                if matching:
                    found[environment.metadata.name] = matching
        return found

    def _matching(self, environment: InferenceEnvironment) -> Iterator[_Candidate]:
        for rank, profile in enumerate(self.model.serving):
            for pool in self._board.pools[environment.metadata.name]:
                if reject_pool(self.deployment, profile, environment, pool.pool) is None:
                    yield self.candidate(rank, profile, pool)

    def candidate(self, rank: int, profile: ServingProfile, pool: PoolState) -> _Candidate:
        """Return what placing this on `pool` with `profile` would take."""
        pods = self.deployment.replicas * profile.replica_topology.nodes
        return _Candidate(rank, profile, pool, pool.pod_size(self.model, profile), pods)

    @cached_property
    def order(self) -> tuple[object, ...]:
        """Sort deployments by it: priority, then scarcest (fewest units that could take it), largest, name."""
        pools = {id(item.pool): item.pool for items in self.candidates.values() for item in items}
        scarcity = sum(pool.units for pool in pools.values())
        largest = max(self.units(profile) for profile in self.model.serving) * self.wanted
        return (-self.deployment.spec.priority, scarcity, -largest, self.key)


class _Board:
    """Everything that a plan in the making knows."""

    def __init__(self, fleet: Fleet) -> None:
        self.environments = fleet.environments
        self.pools = {
            environment.metadata.name: [
                PoolState(environment.metadata.name, pool) for pool in environment.spec.node_pools
            ]
            for environment in fleet.environments
        }
        self.demands = [_Demand(deployment, fleet.model_of(deployment), self) for deployment in fleet.deployments]
        self.placed: dict[DeploymentKey, dict[str, Placement]] = {demand.key: {} for demand in self.demands}

    def place(self, demand: _Demand, candidate: _Candidate, *, retained: bool) -> None:
        topology = candidate.profile.replica_topology
        candidate.pool.charge(candidate.pod, candidate.pods)
        self.placed[demand.key][candidate.pool.environment] = Placement(
            deployment=demand.key,
            environment=candidate.pool.environment,
            node_pool=candidate.pool.name,
            profile=candidate.profile.name,
            replicas=demand.deployment.replicas,
            nodes_per_replica=topology.nodes,
            gpus_per_node=topology.gpus_per_node,
            resource=candidate.pool.pool.resource,
            retained=retained,
        )


def make_plan(fleet: Fleet, previous: Iterable[PreviousPlacement] = ()) -> Plan:
    """Decide where every deployment of `fleet` runs, keeping what `previous` has wherever it still fits.

    A pure function: the same input, in whatever order, gives the same plan (design, section 4).
    """
    board = _Board(fleet)
    _retain(board, previous)
    for demand in sorted(board.demands, key=lambda demand: demand.order):
        _place(board, demand)
    pools = [pool for pools in board.pools.values() for pool in pools]
    placements = [placement for placed in board.placed.values() for placement in placed.values()]
    return Plan(
        placements=tuple(sorted(placements, key=lambda item: (item.deployment, item.environment))),
        shortfalls=tuple(
            _shortfall(board, demand)
            for demand in sorted(board.demands, key=lambda demand: demand.key)
            if len(board.placed[demand.key]) < demand.wanted
        ),
        node_pools=tuple(sorted((pool.usage() for pool in pools), key=lambda item: (item.environment, item.node_pool))),
        warnings=tuple(sorted([*fleet.advice, *plan_advice(fleet, pools, placements)])),
    )


def _retain(board: _Board, previous: Iterable[PreviousPlacement]) -> None:
    """Keep the placements of the previous plan that still match and fit.

    What asks for more units than it had, or for other pods, comes last: its growth must move no other.
    """
    demands = {demand.key: demand for demand in board.demands}
    kept: list[tuple[tuple[object, ...], _Demand, _Candidate]] = []
    for old in previous:
        demand = demands.get(old.key)
        candidate = _same_candidate(demand, old) if demand else None
        if demand and candidate:
            grew = demand.units(candidate.profile) > old.units or candidate.pod.units != old.gpus_per_node
            names = (demand.key, old.environment, old.node_pool, old.profile)
            order = (grew, -demand.deployment.spec.priority, names)
            kept.append((order, demand, candidate))
    for _, demand, candidate in sorted(kept, key=lambda item: item[0]):
        placed = board.placed[demand.key]
        if len(placed) < demand.wanted and candidate.pool.environment not in placed and candidate.fits:
            board.place(demand, candidate, retained=True)


def _same_candidate(demand: _Demand, old: PreviousPlacement) -> _Candidate | None:
    candidates = demand.candidates.get(old.environment, [])
    return next((c for c in candidates if c.pool.name == old.node_pool and c.profile.name == old.profile), None)


def _place(board: _Board, demand: _Demand) -> None:
    """Place `demand` in the environments that it still lacks, as far as there is room."""
    placed = board.placed[demand.key]
    missing = demand.wanted - len(placed)
    if missing == 0:
        return
    options = [
        option
        for environment, candidates in demand.candidates.items()
        if environment not in placed and (option := _choose(candidates))
    ]
    # The model's preference first; among equals spread, most free units first.
    options.sort(key=lambda option: (option.rank, -option.pool.free, option.pool.environment))
    for option in options[:missing]:
        board.place(demand, option, retained=False)


def _choose(candidates: Sequence[_Candidate]) -> _Candidate | None:
    """Return the first profile's tightest pool that has room, of the `candidates` of one environment."""
    for rank in sorted({candidate.rank for candidate in candidates}):
        feasible = [candidate for candidate in candidates if candidate.rank == rank and candidate.fits]
        if len(feasible) == 1:
            return feasible[0]
        if feasible:
            return min(feasible, key=lambda candidate: candidate.tightness)
    return None


def _shortfall(board: _Board, demand: _Demand) -> Shortfall:
    placed = board.placed[demand.key]
    rejections = [
        rejection
        for environment in board.environments
        if environment.metadata.name not in placed
        for rejection in _rejections(board, demand, environment)
    ]
    rejections.sort(key=lambda item: (item.environment, item.node_pool or "", item.profile or ""))
    return Shortfall(demand.key, demand.wanted, len(placed), tuple(rejections))


def _rejections(board: _Board, demand: _Demand, environment: InferenceEnvironment) -> Iterator[Rejection]:
    whole = reject_environment(demand.deployment, environment)
    if whole:
        yield whole
        return
    name = environment.metadata.name
    for rank, profile in enumerate(demand.model.serving):
        for pool in board.pools[name]:
            reason = reject_pool(demand.deployment, profile, environment, pool.pool)
            if reason is None:
                candidate = demand.candidate(rank, profile, pool)
                reason = (RejectionCode.CAPACITY, pool.full_message(candidate.pod, candidate.pods))
            yield Rejection(name, pool.name, profile.name, *reason)
