"""How the nodes of a fleet should be cut: proposed by an integer program, and judged by the plan that follows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from time import monotonic
from typing import Final

from slicewise.documents import DeploymentKey, Fleet, InferenceEnvironment, NodePool
from slicewise.layouts.filled_pools import filled_pools
from slicewise.layouts.fleet_program import FleetProgram, NewCut, ProgramAnswer
from slicewise.layouts.pool_states import PoolState, pool_states
from slicewise.layouts.served_demands import UnplacedDemand, unplaced_demands
from slicewise.layouts.split_pools import cut_name, kept_part, new_part
from slicewise.planning import Placement, Plan, PreviousPlacement, RejectionCode, Rejections, make_plan

_MOST_CHOICES: Final = 100_000


@dataclass(frozen=True)
class PoolProposal:
    """What is proposed for a pool.

    Attributes:
        state: The pool as it is.
        new: What becomes of some of its nodes; None where it stays as it is.
    """

    state: PoolState
    new: NewCut | None = None

    @property
    def recut(self) -> int:
        """How many nodes are cut anew."""
        return self.new.nodes if self.new else 0

    @property
    def cut_name(self) -> str:
        """What MIG manager's configuration calls the new cut; empty where there is none."""
        return cut_name(self.new.gpus) if self.new else ""

    @property
    def groups(self) -> list[tuple[int, Mapping[str, int]]]:
        """How many nodes have which slices."""
        kept = self.state.pool.nodes - self.recut
        groups: list[tuple[int, Mapping[str, int]]] = [(kept, self.state.slices)] if kept else []
        return [*groups, (self.new.nodes, self.new.slices)] if self.new else groups

    @property
    def pools(self) -> tuple[NodePool, ...]:
        """The pools of the document, the nodes that keep their slices first."""
        if self.new is None:
            return (self.state.pool,)
        if self.recut == self.state.pool.nodes:
            return (self.state.cut_into(self.new.slices),)
        return kept_part(self.state.pool, self.recut), new_part(
            self.state.pool, self.recut, self.new.slices, self.cut_name
        )


@dataclass(frozen=True, slots=True)
class UnservedDeployment:
    """A deployment that the proposal does not serve in all environments that it asks for.

    Attributes:
        key: The deployment.
        missing: How many environments it lacks.
        why: Why.
    """

    key: DeploymentKey
    missing: int
    why: str


@dataclass(frozen=True)
class FleetLayout:
    """What is proposed for a fleet.

    Attributes:
        now: The plan as nodes are cut now.
        proposed: The plan as they would be cut.
        fleet: The documents with the proposal.
        pools: Every pool whose GPUs are cut into slices.
        bound: No layout serves more replicas; where it is proven, none of those that serve as many of every higher
            priority.
        proven: Whether no layout serves more of the highest priority, or as many and more of the next, and so on.
        unserved: What it does not serve, and why.
        seconds: How long it took.
    """

    now: Plan
    proposed: Plan
    fleet: Fleet
    pools: tuple[PoolProposal, ...]
    bound: int
    proven: bool
    unserved: tuple[UnservedDeployment, ...]
    seconds: float


def served_replicas(plan: Plan) -> int:
    """Return how many replicas have a place."""
    return sum(placement.replicas for placement in plan.placements)


def propose_for_fleet(
    fleet: Fleet, previous: Iterable[PreviousPlacement], wanted: Sequence[tuple[str, str]] | None, seconds: float
) -> FleetLayout:
    """Return how the nodes of `fleet` should be cut.

    By priority the most replicas, then the fewest nodes cut anew. What runs stays: nodes that may have pods keep their
    slices. The proposal is what the plan of the changed documents serves, which is never less than now.

    Args:
        fleet: What is declared.
        previous: What runs.
        wanted: The pools that may be cut anew, by environment and name; None for all.
        seconds: How long OR-Tools may look.
    """
    begun = monotonic()
    earlier = tuple(previous)
    now = make_plan(fleet, earlier)
    running = [placement for placement in now.placements if placement.retained]
    states = [_allowed(state, wanted) for state in pool_states(fleet, running)]
    demands = unplaced_demands(fleet, states, running)
    # Programs of more than that are not solved in seconds.
    seconds = 0 if sum(len(demand.units) for demand in demands) > _MOST_CHOICES else seconds
    bounds = _bounds(fleet, running, demands, FleetProgram(states, demands, split=True).solve(seconds * 0.3))
    best: tuple[Plan, Fleet, dict[int, NewCut]] = (now, fleet, {})
    if _by_priority(fleet, now.placements) < bounds:
        answer = FleetProgram(states, demands).solve(seconds * 0.4)
        for proposed in (*(answer.cuts if answer else ()), *_beside(fleet, states, now, seconds * 0.2)):
            best = _better(best, fleet, states, proposed, earlier)
    plan, changed, cuts = best
    pools = tuple(PoolProposal(state, cuts.get(number)) for number, state in enumerate(states) if state.pool.mig)
    proven = _by_priority(fleet, plan.placements) == bounds
    bound = sum(bounds) if proven or len(bounds) <= 1 else _most(running, states, demands, seconds * 0.1)
    return FleetLayout(
        now, plan, changed, pools, bound, proven, _unserved(changed, plan, states, demands), monotonic() - begun
    )


def _most(
    running: Sequence[Placement], states: Sequence[PoolState], demands: Sequence[UnplacedDemand], seconds: float
) -> int:
    """Return a number of replicas that no layout exceeds, whatever their priorities."""
    alike = [replace(demand, priority=0) for demand in demands]
    answer = FleetProgram(states, alike, split=True).solve(seconds)
    asked = sum(demand.replicas * demand.missing for demand in demands)
    more = min(asked, answer.bounds.get(0, 0)) if answer else asked
    return sum(placement.replicas for placement in running) + more


def _unserved(
    fleet: Fleet, plan: Plan, states: Sequence[PoolState], demands: Sequence[UnplacedDemand]
) -> tuple[UnservedDeployment, ...]:
    cut = {demand.key for demand in demands if any(states[unit.pool].pool.mig for unit in demand.units)}
    rejections = Rejections(fleet, plan)

    def why(key: DeploymentKey) -> str:
        if fleet.quotas and any(group.code is RejectionCode.QUOTA for group in rejections.of(key)):
            return "a quota leaves it no more"
        return "too few nodes may be cut for it" if key in cut else "no pool can be cut for it"

    return tuple(
        UnservedDeployment(each.deployment, each.wanted - each.placed, why(each.deployment)) for each in plan.shortfalls
    )


def _beside(fleet: Fleet, states: Sequence[PoolState], now: Plan, seconds: float) -> Sequence[Mapping[int, NewCut]]:
    """Return what is cut anew where everything stays that has a place now, on as few nodes as hold it."""
    used = pool_states(fleet, now.placements)
    spare = [
        replace(each, free_nodes=max(0, min(state.free_nodes, each.pool.nodes - each.nodes_needed)))
        for each, state in zip(used, states, strict=True)
    ]
    demands = unplaced_demands(fleet, spare, now.placements)
    answer = FleetProgram(spare, demands).solve(seconds)
    return answer.cuts if answer else [filled_pools(spare, demands)]


def _bounds(
    fleet: Fleet, running: Sequence[Placement], demands: Sequence[UnplacedDemand], answer: ProgramAnswer | None
) -> list[int]:
    """Return by priority, the highest first, how many replicas no layout exceeds: with what runs, and what is asked."""
    more: Counter[int] = Counter()
    for demand in demands:
        more[demand.priority] += demand.replicas * demand.missing
    known = answer.bounds if answer else more
    least = {priority: min(count, known.get(priority, 0)) for priority, count in more.items()}
    kept = _by_priority(fleet, running)
    return [count + least.get(priority, 0) for count, priority in zip(kept, _priorities(fleet), strict=True)]


def _allowed(state: PoolState, wanted: Sequence[tuple[str, str]] | None) -> PoolState:
    if wanted is None or state.key in wanted or state.kept_because:
        return state
    return replace(state, kept_because="it was not asked for", free_nodes=0)


def _better(
    best: tuple[Plan, Fleet, dict[int, NewCut]],
    fleet: Fleet,
    states: Sequence[PoolState],
    proposed: Mapping[int, NewCut],
    previous: Sequence[PreviousPlacement],
) -> tuple[Plan, Fleet, dict[int, NewCut]]:
    """Return what is proposed with its plan, if that serves more by priority."""
    if not proposed:
        return best
    changed = with_proposals(fleet, [PoolProposal(state, proposed.get(n)) for n, state in enumerate(states)])
    plan = make_plan(changed, previous)
    if _by_priority(fleet, plan.placements) > _by_priority(fleet, best[0].placements):
        return plan, changed, dict(proposed)
    return best


def _priorities(fleet: Fleet) -> list[int]:
    return sorted({each.spec.priority for each in fleet.deployments}, reverse=True)


def _by_priority(fleet: Fleet, placements: Iterable[Placement]) -> list[int]:
    served = dict.fromkeys(_priorities(fleet), 0)
    for placement in placements:
        served[fleet.deployment[placement.deployment].spec.priority] += placement.replicas
    return list(served.values())


def with_proposals(fleet: Fleet, proposals: Sequence[PoolProposal]) -> Fleet:
    """Return `fleet` with the pools that are proposed."""
    by_key = {each.state.key: each for each in proposals}

    def changed(environment: InferenceEnvironment) -> InferenceEnvironment:
        name = environment.metadata.name
        pools = tuple(part for pool in environment.spec.node_pools for part in by_key[name, pool.name].pools)
        return environment.model_copy(update={"spec": environment.spec.model_copy(update={"node_pools": pools})})

    return replace(fleet, environments=tuple(map(changed, fleet.environments)))
