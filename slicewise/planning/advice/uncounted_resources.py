"""Resources of `pod.container.resources` that the plan cannot count, because the pool does not say what nodes have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from slicewise.diagnostics import Code, Diagnostic, some
from slicewise.documents import container_amounts
from slicewise.planning.advice.occupied_pool import OccupiedPool, Tenant, pod_of
from slicewise.planning.capacity import Counted


def uncounted_resource_advice(asking: Iterable[tuple[OccupiedPool, Tenant]]) -> Iterator[Diagnostic]:
    """Yield, for each deployment on a pool, what its containers ask for and the pool does not declare."""
    for pool, tenant in asking:
        known = dict(pool.ledger.node.limits())
        uncounted = sorted(name for name in container_amounts(pod_of(pool, tenant)) if name not in known)
        if uncounted:
            yield _warning(pool, tenant, uncounted)


def _warning(pool: OccupiedPool, tenant: Tenant, uncounted: list[str]) -> Diagnostic:
    placement = tenant.placement
    return Diagnostic.warning(
        Code.RESOURCE_NOT_COUNTED,
        f"its pods on {placement.environment}/{placement.node_pool} ask for {some(uncounted)} in "
        "pod.container.resources, and the pool does not say how much of it a node has, so the plan does not count it: "
        "where nodes run out of it, pods stay Pending",
        f"write what a node has (kubectl describe node, Allocatable) in {_fields(uncounted)} of the pool, or leave it "
        "out of container.resources if nodes have none",
        field=("spec",),
        subject=placement.deployment.subject,
        resources=uncounted,
        nodePool=pool.ledger.name,
    )


def _fields(uncounted: Iterable[str]) -> str:
    """Return the fields of a pool that say how much of `uncounted` a node has."""
    storage = {Counted.STORAGE.value: "allocatable.ephemeralStorage"}
    return " and ".join(dict.fromkeys(storage.get(name, "allocatable.extendedResources") for name in uncounted))
