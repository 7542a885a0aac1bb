"""How the nodes of a fleet should be cut: proposed by an integer program, and judged by the plan that follows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from time import monotonic
from typing import Final

from slicewise.documents import DeploymentKey, Fleet
from slicewise.layouts.fleet_program import FleetProgram, ProgramAnswer
from slicewise.layouts.pool_proposal import PoolProposal
from slicewise.layouts.pool_states import PoolState, pool_states
from slicewise.layouts.proposal_search import PlannedProposal, ProposalSearch, priorities_of, served_by_priority
from slicewise.layouts.served_demands import UnplacedDemand, unplaced_demands
from slicewise.planning import Placement, Plan, PreviousPlacement, RejectionCode, Rejections, make_plan

_MOST_CHOICES: Final = 100_000


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
        bound: No layout serves more replicas of those that serve as many of every higher priority for which that is
            proved.
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
    as_now = PlannedProposal(fleet, now, tuple(map(PoolProposal, states)))
    search = ProposalSearch(states, demands, earlier, bounds, begun + seconds * 0.9, as_now)
    search.look()
    best = search.best
    bound = sum(bounds)
    if best.served != bounds and len(bounds) > 1:
        levels = zip(priorities_of(fleet), best.served, bounds, strict=True)
        reached = [level[0] for level in takewhile(lambda level: level[1] == level[2], levels)]
        bound = _most(running, states, demands, reached, begun + seconds - monotonic())
    pools = tuple(each for each in best.pools if each.state.pool.mig)
    unserved = _unserved(best.fleet, best.plan, states, demands)
    return FleetLayout(now, best.plan, best.fleet, pools, bound, best.served == bounds, unserved, monotonic() - begun)


def _most(
    running: Sequence[Placement],
    states: Sequence[PoolState],
    demands: Sequence[UnplacedDemand],
    reached: Sequence[int],
    seconds: float,
) -> int:
    """Return how many replicas no layout exceeds that serves as many of the priorities that are `reached`."""
    lowest = min((demand.priority for demand in demands), default=0)
    alike = [demand if demand.priority in reached else replace(demand, priority=lowest) for demand in demands]
    answer = FleetProgram(states, alike, split=True).solve(seconds)
    asked: Counter[int] = Counter()
    for demand in alike:
        asked[demand.priority] += demand.replicas * demand.missing
    known = answer.bounds if answer else asked
    more = sum(min(count, known.get(priority, count)) for priority, count in asked.items())
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


def _bounds(
    fleet: Fleet, running: Sequence[Placement], demands: Sequence[UnplacedDemand], answer: ProgramAnswer | None
) -> list[int]:
    """Return by priority, the highest first, how many replicas no layout exceeds: with what runs, and what is asked."""
    more: Counter[int] = Counter()
    for demand in demands:
        more[demand.priority] += demand.replicas * demand.missing
    known = answer.bounds if answer else more
    least = {priority: min(count, known.get(priority, count)) for priority, count in more.items()}
    kept = served_by_priority(fleet, running)
    return [count + least.get(priority, 0) for count, priority in zip(kept, priorities_of(fleet), strict=True)]


def _allowed(state: PoolState, wanted: Sequence[tuple[str, str]] | None) -> PoolState:
    if wanted is None or state.key in wanted or state.kept_because:
        return state
    return replace(state, kept_because="it was not asked for", free_nodes=0)
