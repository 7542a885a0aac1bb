"""What a proposal does not serve, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from slicewise.documents import DeploymentKey, Fleet
from slicewise.layouts.pool_proposal import PoolProposal
from slicewise.layouts.served_demands import LargestPools, UnplacedDemand
from slicewise.planning import Plan, RejectionCode, Rejections


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


def unserved_deployments(
    fleet: Fleet, plan: Plan, pools: Sequence[PoolProposal], demands: Sequence[UnplacedDemand]
) -> tuple[UnservedDeployment, ...]:
    """Return what `plan` lacks.

    Args:
        fleet: The documents with the proposal.
        plan: Their plan.
        pools: What is proposed for every pool.
        demands: What was to be served on them.
    """
    states = [each.state for each in pools]
    cut = {
        demand.key: {states[unit.pool].key for unit in demand.units if states[unit.pool].pool.mig} for demand in demands
    }
    largest = LargestPools(fleet, states)
    rejections = Rejections(fleet, plan)
    of_parts = {(each.state.key[0], part.name): each.state.key for each in pools for part in each.pools}
    # The highest priority that is newly served on each pool.
    highest: dict[tuple[str, str], int] = {}
    for placement in plan.placements:
        if not placement.retained:
            pool = of_parts[placement.environment, placement.node_pool]
            priority = fleet.deployment[placement.deployment].spec.priority
            highest[pool] = max(priority, highest.get(pool, priority))

    def why(key: DeploymentKey) -> str:
        if fleet.quotas and any(group.code is RejectionCode.QUOTA for group in rejections.of(key)):
            return "a quota leaves it no more"
        if not cut.get(key):
            return "no pool can be cut for it"
        asking = fleet.deployment[key]
        replicas, room, own = asking.replicas, largest.most_replicas(asking), asking.spec.priority
        if room < replicas:
            return f"one pool must hold all {replicas:,} replicas, and none has room for more than {room:,}"
        if any(highest.get(pool, own) > own for pool in cut[key]):
            return "the nodes that could be cut for it serve deployments of a higher priority"
        return "too few nodes can be cut for it"

    return tuple(
        UnservedDeployment(each.deployment, each.wanted - each.placed, why(each.deployment)) for each in plan.shortfalls
    )
