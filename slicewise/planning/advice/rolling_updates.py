"""Pools on which a rolling update would wait forever: no room is left for one more pod."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from slicewise.diagnostics import Code, Diagnostic, some
from slicewise.documents import reserved_field, with_fields
from slicewise.planning.advice.occupied_pool import OccupiedPool, name_of
from slicewise.planning.capacity import PodSize

# A Deployment's maxUnavailable is 25 %, rounded down: with fewer replicas than this, none may be missing in an update.
ROLLS_WITHOUT_SURGE = 4


def rolling_update_advice(pools: Iterable[OccupiedPool]) -> Iterator[Diagnostic]:
    """Yield the pools with Deployments that start a new pod before they stop an old one, and no room for that."""
    for pool in pools:
        # LeaderWorkerSets take one group away first (maxSurge 0), so only Deployments wait for a free unit.
        careful = [
            tenant
            for tenant in pool.tenants
            if tenant.placement.replicas < ROLLS_WITHOUT_SURGE and tenant.placement.nodes_per_replica == 1
        ]
        rolls = {pod: pool.ledger.has_room_to_roll(pod) for pod in {tenant.pod for tenant in careful}}
        stuck = [tenant.placement for tenant in careful if not rolls[tenant.pod]]
        if stuck:
            reserve = max(pool.ledger.pool.reserved_units, *(placement.gpus_per_node for placement in stuck))
            field, nodes = _more_nodes(pool, rolls, reserve)
            names = sorted({str(placement.deployment) for placement in stuck})
            message = (
                f"no room is left on {name_of(pool)} for one more pod, and a Deployment of fewer than "
                f"{ROLLS_WITHOUT_SURGE} replicas starts a new pod before it stops an old one: the next update of "
                f"{some(names)} would wait forever"
            )
            remedy = (
                f"{_reserve(pool, reserve)}make room for it: {field}: {nodes} (now {pool.ledger.pool.nodes}), or fewer "
                "replicas there"
            )
            facts: dict[str, Any] = {
                "deployments": names,
                "reservedUnits": reserve,
                "now": pool.ledger.pool.nodes,
                field: nodes,
            }
            yield Diagnostic.warning(
                Code.NO_UNIT_FOR_ROLLING_UPDATE,
                message,
                remedy,
                field=pool.field,
                subject=pool.subject,
                **facts,
            )


def _reserve(pool: OccupiedPool, reserve: int) -> str:
    field = reserved_field(pool.ledger.pool)
    return f"write {field}: {reserve} in the pool, and " if field else ""


def _more_nodes(pool: OccupiedPool, sizes: Iterable[PodSize], reserve: int) -> tuple[str, int]:
    """Return the field and the number of nodes that hold the tenants beside the `reserve`, which updates then use."""
    declared = pool.ledger.pool
    if declared.max_node_count is None:
        field, name, step = "node_count", "nodeCount", pool.nodes_at_a_time
    else:
        # An autoscaler's limit is for all zones together.
        field, name, step = "max_node_count", "maxNodeCount", 1
    nodes = declared.nodes + step
    pods = Counter[PodSize]()
    for tenant in pool.tenants:
        pod, count = tenant.pods
        pods[pod] += count
    while True:
        larger = pool.ledger.emptied(with_fields(declared, {field: nodes, "reserved_units": reserve}))
        if larger.charge_all(pods.items()) and all(map(larger.has_room_to_roll, sizes)):
            return name, nodes
        nodes += step
