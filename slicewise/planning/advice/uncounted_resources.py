"""Resources that `pod.container.resources` asks for, which no plan counts: pods may wait for them on a full node."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import ceil

from slicewise.diagnostics import Code, Diagnostic, some
from slicewise.documents import Fleet, PodSettings, effective_pod
from slicewise.planning.advice.occupied_pool import OccupiedPool, Tenant


def uncounted_resource_advice(fleet: Fleet, pools: Iterable[OccupiedPool]) -> Iterator[Diagnostic]:
    """Yield, for each deployment on a pool, what its containers ask for and a node full of such pods may not have."""
    for pool in pools:
        asked = [(tenant, _asked(_pod(fleet, pool, tenant))) for tenant in pool.tenants]
        if not any(amounts for _, amounts in asked):
            continue
        node, has = pool.ledger.node, dict(pool.ledger.node.limits())
        most = node.units // min(tenant.pod.units for tenant in pool.tenants)
        most = most if node.pods is None else min(most, node.pods)
        # Others may ask for the same, counted or not, and a node takes any mixture.
        largest = {
            name: max(max(amounts.get(name, 0), tenant.pod.of(name)) for tenant, amounts in asked)
            for _, mine in asked
            for name in mine
        }
        for tenant, amounts in asked:
            short = sorted(name for name in amounts if largest[name] * most > has.get(name, 0))
            if short:
                yield _warning(pool, tenant, short)


def _pod(fleet: Fleet, pool: OccupiedPool, tenant: Tenant) -> PodSettings:
    placement, model = tenant.placement, tenant.model
    deployment = fleet.deployment[placement.deployment]
    return effective_pod(pool.ledger.pool, model, placement.profile_of(model), deployment)


def _asked(pod: PodSettings) -> dict[str, int]:
    """Return what kube-scheduler counts of the container's own resources: the request, or else the limit."""
    resources = pod.container.resources if pod.container else None
    if resources is None:
        return {}
    amounts = {**(resources.limits or {}), **(resources.requests or {})}
    return {name: ceil(amount.value) for name, amount in amounts.items()}


def _warning(pool: OccupiedPool, tenant: Tenant, short: list[str]) -> Diagnostic:
    placement = tenant.placement
    return Diagnostic.warning(
        Code.RESOURCE_NOT_COUNTED,
        f"its pods on {placement.environment}/{placement.node_pool} ask for {some(short)} in pod.container.resources, "
        "which the plan does not count: where nodes run out of it, pods stay Pending",
        "write in the pool's allocatable.pods for how many such pods a node has enough (kubectl describe node, "
        "Allocatable), and what it has in allocatable.extendedResources or ephemeralStorage; leave it out of "
        "container.resources if nodes have none",
        field=("spec",),
        subject=placement.deployment.subject,
        resources=short,
        nodePool=pool.ledger.name,
    )
