"""How the nodes of a fleet should be cut: proposed by an integer program, and judged by the plan that follows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from time import monotonic
from typing import Final

from slicewise.documents import Fleet
from slicewise.layouts.fleet_program import FleetProgram, ProgramAnswer
from slicewise.layouts.pool_proposal import PoolProposal
from slicewise.layouts.pool_states import PoolState, pool_states
from slicewise.layouts.proposal_search import PlannedProposal, ProposalSearch, priorities_of, served_by_priority
from slicewise.layouts.rollout import RolloutStep
from slicewise.layouts.served_demands import UnplacedDemand, moving_demands, program_demands, unplaced_demands
from slicewise.layouts.unserved import UnservedDeployment, unserved_deployments
from slicewise.planning import Placement, Plan, PreviousPlacement, make_plan

_MOST_CHOICES: Final = 100_000
# Parts of the time: for the bound, for what is looked for last, and, where things may move, for what needs no move.
_BOUND: Final = 0.3
_LAST: Final = 0.1
_STAYING: Final = 0.4


@dataclass(frozen=True)
class FleetLayout:
    """What is proposed for a fleet.

    Attributes:
        now: The plan as nodes are cut now.
        proposed: The plan as they would be cut.
        fleet: The documents with the proposal.
        pools: Every pool whose GPUs are cut into slices.
        steps: What is done one after the other until the proposal is there.
        bound: No layout serves more replicas of those that serve as many of every higher priority for which that is
            proved.
        proven: Whether no layout serves more of the highest priority, or as many and more of the next, and so on.
        bound_at_equal_priority: No layout serves more replicas, whatever their priorities; None where that was not
            looked for.
        unserved: What it does not serve, and why.
        seconds: How long it took.
    """

    now: Plan
    proposed: Plan
    fleet: Fleet
    pools: tuple[PoolProposal, ...]
    steps: tuple[RolloutStep, ...]
    bound: int
    proven: bool
    bound_at_equal_priority: int | None
    unserved: tuple[UnservedDeployment, ...]
    seconds: float


def served_replicas(plan: Plan) -> int:
    """Return how many replicas have a place."""
    return sum(placement.replicas for placement in plan.placements)


def propose_for_fleet(
    fleet: Fleet,
    previous: Iterable[PreviousPlacement],
    wanted: Sequence[tuple[str, str]] | None,
    seconds: float,
    *,
    move: bool = False,
) -> FleetLayout:
    """Return how the nodes of `fleet` should be cut.

    By priority the most replicas, then the fewest nodes cut anew. What runs stays, and nodes that may have pods keep
    their slices; with `move` only where as much is served so. The proposal is what the plan of the changed documents
    serves, which is never less than now.

    Args:
        fleet: What is declared.
        previous: What runs.
        wanted: The pools that may be cut anew, by environment and name; None for all.
        seconds: How long OR-Tools may look.
        move: Whether what runs may move, if that serves more.
    """
    begun = monotonic()
    earlier = tuple(previous)
    now = make_plan(fleet, earlier)
    running = [placement for placement in now.placements if placement.retained]
    states = [_allowed(state, wanted) for state in pool_states(fleet, running, _leaving(earlier, running))]
    as_now = PlannedProposal(fleet, now, tuple(map(PoolProposal, states)))
    question = _Question(as_now, earlier, running, states)
    found = _searched(question, as_now, seconds * (_STAYING if move else 1))
    if move and found.best.plan.shortfalls:
        moving = _movable(states, running)
        others = [each for each in running if each not in moving]
        states = [_allowed(state, wanted) for state in pool_states(fleet, others, _leaving(earlier, running))]
        question = _Question(as_now, earlier, running, states, moving)
        found = _searched(question, found.best, begun + seconds - monotonic())
    best, bounds = found.best, found.bounds
    pools = tuple(each for each in best.pools if each.state.pool.mig)
    unserved = unserved_deployments(best.fleet, best.plan, best.pools, found.demands)
    proven = best.served == bounds
    equal = None
    if unserved and len(bounds) > 1:
        equal = _most(running, found.question.states, found.demands, (), begun + seconds - monotonic())
    return FleetLayout(
        now=now,
        proposed=best.plan,
        fleet=best.fleet,
        pools=pools,
        steps=best.steps,
        bound=found.bound,
        proven=proven,
        bound_at_equal_priority=equal,
        unserved=unserved,
        seconds=monotonic() - begun,
    )


@dataclass(frozen=True, slots=True)
class _Question:
    """What is looked for: how the pools of a fleet should be cut beside what runs.

    Attributes:
        now: The documents as they are.
        earlier: What runs, as an earlier plan says.
        running: The same, as the plan of the documents has it.
        states: The pools.
        moving: What of `running` may move.
    """

    now: PlannedProposal
    earlier: tuple[PreviousPlacement, ...]
    running: Sequence[Placement]
    states: Sequence[PoolState]
    moving: Sequence[Placement] = ()


@dataclass(frozen=True, slots=True)
class _Found:
    """The answer: the best proposal, by priority and in all what none exceeds, and what was to be served."""

    question: _Question
    demands: Sequence[UnplacedDemand]
    best: PlannedProposal
    bounds: list[int]
    bound: int


def _searched(question: _Question, known: PlannedProposal, seconds: float) -> _Found:
    """Look for something better than what is known."""
    until = monotonic() + seconds
    fleet, states, running = question.now.fleet, question.states, question.running
    new = unplaced_demands(fleet, states, running)
    demands = [*new, *moving_demands(fleet, states, question.moving)]
    # Programs of more than that are not solved in seconds.
    seconds = 0 if sum(len(demand.units) for demand in program_demands(demands)) > _MOST_CHOICES else seconds
    answer = FleetProgram(states, program_demands(demands), split=True).solve(seconds * _BOUND)
    bounds = _bounds(fleet, running, new, answer)
    end = until - seconds * _LAST
    search = ProposalSearch(states, demands, question.earlier, running, bounds, end, question.now, known)
    search.look()
    best = search.best
    bound = sum(bounds)
    if best.served != bounds and len(bounds) > 1:
        levels = zip(priorities_of(fleet), best.served, bounds, strict=True)
        reached = [level[0] for level in takewhile(lambda level: level[1] == level[2], levels)]
        most = _most(running, states, demands, reached, until - monotonic())
        bound = sum(served_by_priority(fleet, running)) + sum(_asked(new).values()) if most is None else most
    return _Found(question, demands, best, bounds, bound)


def _leaving(earlier: Iterable[PreviousPlacement], running: Iterable[Placement]) -> list[PreviousPlacement]:
    """Return what the documents move away from where it is: until that is applied, its pods are there."""
    staying = {(each.deployment, each.environment) for each in running}
    return [each for each in earlier if (each.key, each.environment) not in staying]


def _movable(states: Sequence[PoolState], running: Iterable[Placement]) -> list[Placement]:
    """Return what may move: what is on nodes that could be cut anew without it."""
    cut = {state.key for state in states if not state.kept_because}
    return [each for each in running if each.prefill is None and (each.environment, each.node_pool) in cut]


def _most(
    running: Sequence[Placement],
    states: Sequence[PoolState],
    demands: Sequence[UnplacedDemand],
    reached: Sequence[int],
    seconds: float,
) -> int | None:
    """Return how many replicas no layout exceeds that serves as many of the priorities that are `reached`.

    None where there is no time to find out.
    """
    new = [demand for demand in demands if demand.stays is None]
    lowest = min((demand.priority for demand in new), default=0)
    kept = [demand for demand in demands if demand.stays]
    alike = [demand if demand.priority in reached else replace(demand, priority=lowest) for demand in new]
    answer = FleetProgram(states, program_demands([*alike, *kept]), split=True).solve(seconds)
    if answer is None or answer.bounds.keys() < {demand.priority for demand in alike}:
        return None
    asked = _asked(alike)
    more = sum(min(count, answer.bounds[priority]) for priority, count in asked.items())
    return sum(placement.replicas for placement in running) + more


def _asked(demands: Iterable[UnplacedDemand]) -> Counter[int]:
    """Return how many replicas are asked for, by priority."""
    asked: Counter[int] = Counter()
    for demand in demands:
        asked[demand.priority] += demand.replicas * demand.missing
    return asked


def _bounds(
    fleet: Fleet, running: Sequence[Placement], demands: Sequence[UnplacedDemand], answer: ProgramAnswer | None
) -> list[int]:
    """Return by priority, the highest first, how many replicas no layout exceeds: with what runs, and what is asked."""
    more = _asked(demands)
    known = answer.bounds if answer else more
    least = {priority: min(count, known.get(priority, count)) for priority, count in more.items()}
    kept = served_by_priority(fleet, running)
    return [count + least.get(priority, 0) for count, priority in zip(kept, priorities_of(fleet), strict=True)]


def _allowed(state: PoolState, wanted: Sequence[tuple[str, str]] | None) -> PoolState:
    if wanted is None or state.key in wanted or state.kept_because:
        return state
    return replace(state, kept_because="it was not asked for", free_nodes=0)
