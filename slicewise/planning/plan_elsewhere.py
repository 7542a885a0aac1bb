"""A plan that was decided elsewhere, taken as it is: its placements, and how full these make the pools."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from slicewise.documents import Fleet, offers_of, prefill_workload
from slicewise.planning.capacity import charged_pools
from slicewise.planning.plan import Placement, Plan
from slicewise.planning.previous_placements import PreviousPlacement, PreviousPrefill


def decided_plan(fleet: Fleet, placements: Iterable[PreviousPlacement]) -> Plan:
    """Return the plan with exactly these placements: nothing is weighed, moved or added.

    The documents of `fleet` must have all that they name (`lacking`).
    """
    placed = sorted(map(_placement, placements), key=lambda each: (each.deployment, each.environment))
    plan = Plan(tuple(placed), (), (), ())
    usage = (
        replace(each.state.usage(), scheduling=each.environment.scheduling_of(each.pool))
        for each in charged_pools(fleet, plan).values()
    )
    return replace(plan, node_pools=tuple(usage))


def lacking(fleet: Fleet, placement: PreviousPlacement) -> str | None:
    """Return what a placement names and the documents do not have, in words; None where they have all of it."""
    deployment = fleet.deployment.get(placement.key)
    if deployment is None:
        return f"no deployment {placement.key}"
    serving = {each.name: each for each in fleet.model_of(deployment).serving}
    if placement.profile not in serving:
        return f"no serving profile {placement.profile} of its model"
    if placement.prefill and prefill_workload(serving[placement.profile]) is None:
        return f"no prefill workload in its serving profile {placement.profile}"
    for each in (placement, placement.prefill):
        if each and not _is_offered(fleet, placement.environment, each):
            return f"no {each.resource or 'GPU'} on {placement.environment}/{each.node_pool}"
    return None


def _is_offered(fleet: Fleet, environment: str, workload: PreviousPlacement | PreviousPrefill) -> bool:
    pool = fleet.node_pool.get((environment, workload.node_pool))
    return pool is not None and any(offer.resource == workload.resource for offer in offers_of(pool))


def _placement(earlier: PreviousPlacement) -> Placement:
    placement = _workload(earlier, earlier, earlier.autoscaled)
    prefill = earlier.prefill
    return placement._replace(prefill=_workload(earlier, prefill)._replace(is_prefill=True)) if prefill else placement


def _workload(
    earlier: PreviousPlacement, workload: PreviousPlacement | PreviousPrefill, autoscaled: bool = False
) -> Placement:
    return Placement(
        deployment=earlier.key,
        environment=earlier.environment,
        node_pool=workload.node_pool,
        profile=earlier.profile,
        replicas=workload.units // (workload.nodes_per_replica * workload.gpus_per_node),
        nodes_per_replica=workload.nodes_per_replica,
        gpus_per_node=workload.gpus_per_node,
        resource=workload.resource or "",
        retained=True,
        autoscaled=autoscaled,
    )
