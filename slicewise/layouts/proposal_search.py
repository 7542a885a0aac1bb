"""The search for the best proposal: integer programs propose, and plans of the changed documents say what is served."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from time import monotonic
from typing import Final

from slicewise.documents import DeploymentKey, Fleet, offers_of
from slicewise.layouts.filled_pools import filled_pools
from slicewise.layouts.fleet_program import FleetProgram, NewCut, ProgramAnswer
from slicewise.layouts.pool_proposal import PoolProposal, with_proposals
from slicewise.layouts.pool_states import PoolState, pool_states
from slicewise.layouts.rollout import CutStep, MoveStep, RolloutStep, rollout
from slicewise.layouts.served_demands import ServingUnit, UnplacedDemand, narrowed, program_demands, unplaced_demands
from slicewise.planning import Placement, Plan, PreviousPlacement, make_plan

_Cuts = Mapping[int, tuple[NewCut, ...]]
# One way to cut a pool's nodes anew is nearly always enough, and several take longer to find.
_GROUPS: Final = (1, 2, 3)
_ROUNDS: Final = 6
# Of the time that is left.
_SHARE: Final = 0.7


@dataclass(frozen=True)
class PlannedProposal:
    """A proposal for all pools, and what it serves.

    Attributes:
        fleet: The documents with it.
        plan: Their plan.
        pools: What is proposed for each pool.
        steps: How it comes about.
    """

    fleet: Fleet
    plan: Plan
    pools: tuple[PoolProposal, ...]
    steps: tuple[RolloutStep, ...] = ()

    @property
    def served(self) -> list[int]:
        """How many replicas are served, by priority, the highest first."""
        return served_by_priority(self.fleet, self.plan.placements)

    @property
    def newly_served(self) -> list[int]:
        """How many of them do not run yet."""
        return served_by_priority(self.fleet, (each for each in self.plan.placements if not each.retained))

    @property
    def rank(self) -> tuple[list[int], int, int, int, int, int]:
        """What is compared: the best is the largest."""
        moved = sum(isinstance(each, MoveStep) for each in self.steps)
        occupied = sum(each.occupied for each in self.steps if isinstance(each, CutStep))
        cut = [(new.nodes, gpu, each.state) for each in self.pools for new in each.new for gpu in new.gpus]
        recut = sum(each.recut for each in self.pools)
        left = sum(nodes * state.left_by(gpu) for nodes, gpu, state in cut)
        return self.served, -moved, -occupied, -recut, -sum(nodes for nodes, _, _ in cut), -left


@dataclass
class ProposalSearch:
    """A search that ends at a time, or where nothing better can be found.

    Attributes:
        states: The pools.
        demands: What is not served by what stays.
        previous: What runs.
        running: Where it is in the plan of the documents as they are.
        bounds: By priority, the highest first, what no proposal exceeds of those that reach the higher ones.
        until: When it ends, by the monotonic clock.
        now: The documents as they are.
        best: What was found; in the beginning what is known already.
    """

    states: Sequence[PoolState]
    demands: Sequence[UnplacedDemand]
    previous: tuple[PreviousPlacement, ...]
    running: Sequence[Placement]
    bounds: list[int]
    until: float
    now: PlannedProposal
    best: PlannedProposal

    def look(self) -> None:
        """Look for a better proposal, with more groups of nodes where fewer do not reach the bounds."""
        for groups in _GROUPS:
            if self._is_best:
                return
            answer = self._take(self.demands, groups, self._left * _SHARE)
            if answer is None:
                # Programs of more groups are larger; those for what is planned are smaller.
                self._try(self._filled())
                self._follow(groups)
                break
            if self._falls_short(answer):
                self._follow(groups)
        for propose in (self._filled, self._beside):
            if not self._is_best:
                self._try(propose())

    @property
    def _is_best(self) -> bool:
        return self.best.served == self.bounds

    @property
    def _left(self) -> float:
        return self.until - monotonic()

    def _follow(self, groups: int) -> None:
        """Cut for the places that the plan chose, where it serves less than it could: it looks at no other ones."""
        for _ in range(_ROUNDS):
            if self._is_best:
                return
            before = self.best
            chosen = _chosen_units(before)
            planned = [narrowed(each, chosen.get(each.key, ()), self.states) for each in self.demands]
            self._take(planned, groups, self._left / 3)
            if self.best is before:
                return

    def _take(self, demands: Sequence[UnplacedDemand], groups: int, seconds: float) -> ProgramAnswer | None:
        """Plan what a program proposes."""
        answer = FleetProgram(self.states, program_demands(demands), groups=groups).solve(seconds)
        for each in answer.cuts if answer else ():
            self._try(each)
        return answer

    def _falls_short(self, answer: ProgramAnswer) -> bool:
        """Return whether the program means to serve more than the best plan does."""
        return self.best.newly_served < [answer.served.get(each, 0) for each in priorities_of(self.best.fleet)]

    def _try(self, cuts: _Cuts) -> None:
        """Plan the documents with new cuts, and keep them if that is better."""
        if not cuts:
            return
        pools = tuple(PoolProposal(state, cuts.get(number, ())) for number, state in enumerate(self.states))
        changed = with_proposals(self.now.fleet, pools)
        plan = make_plan(changed, self.previous)
        found = PlannedProposal(changed, plan, pools)
        if found.served < self.best.served:
            return
        steps = rollout(self.now.fleet, pools, self.running, plan)
        if steps is not None and (found := replace(found, steps=steps)).rank > self.best.rank:
            self.best = found

    def _filled(self) -> _Cuts:
        """Return what is cut anew where pools are cut one after the other."""
        return filled_pools(self.states, self.demands)

    def _beside(self) -> _Cuts:
        """Return what is cut anew where everything stays that has a place now, on as few nodes as hold it."""
        fleet, placements = self.now.fleet, self.now.plan.placements
        used = pool_states(fleet, placements)
        spare = [
            replace(each, free_nodes=max(0, min(state.free_nodes, each.pool.nodes - each.nodes_needed)))
            for each, state in zip(used, self.states, strict=True)
        ]
        demands = unplaced_demands(fleet, spare, placements)
        answer = FleetProgram(spare, program_demands(demands)).solve(self._left)
        return answer.cuts[0] if answer else filled_pools(spare, demands)


def _chosen_units(proposal: PlannedProposal) -> dict[DeploymentKey, list[ServingUnit]]:
    """Return the units that the plan of a proposal chose for each deployment."""
    units = {
        (each.state.key[0], pool.name, offer.resource): ServingUnit(
            number, *(("", str(offer.mig.profile)) if pool in each.new_pools and offer.mig else (offer.resource, "")), 0
        )
        for number, each in enumerate(proposal.pools)
        for pool in each.pools
        for offer in offers_of(pool)
    }
    found: dict[DeploymentKey, list[ServingUnit]] = {}
    for placement in proposal.plan.placements:
        # One of no replicas takes nothing.
        if placement.replicas and not placement.retained:
            for workload in placement.workloads:
                unit = units[workload.environment, workload.node_pool, workload.resource]
                own = replace(unit, units=workload.units // placement.replicas)
                found.setdefault(placement.deployment, []).append(own)
    return found


def priorities_of(fleet: Fleet) -> list[int]:
    """Return the priorities of deployments, the highest first."""
    return sorted({each.spec.priority for each in fleet.deployments}, reverse=True)


def served_by_priority(fleet: Fleet, placements: Iterable[Placement]) -> list[int]:
    """Return how many replicas have a place, by priority, the highest first."""
    served = dict.fromkeys(priorities_of(fleet), 0)
    for placement in placements:
        served[fleet.deployment[placement.deployment].spec.priority] += placement.replicas
    return list(served.values())
