"""A pool of a plan with what runs on it, and where its document is to be changed: what advice on a plan goes by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from slicewise.diagnostics import FieldPath, Subject
from slicewise.documents import (
    Fleet,
    ModelDeployment,
    ModelSpec,
    PodSettings,
    ServingProfile,
    effective_pod,
    nodes_at_a_time,
    offered_as,
)
from slicewise.planning.capacity import PodSize, PoolLedger
from slicewise.planning.location import pool_in_words
from slicewise.planning.plan import Placement


class Tenant(NamedTuple):
    """A placement, and what its pods ask for."""

    placement: Placement
    deployment: ModelDeployment
    model: ModelSpec
    profile: ServingProfile
    """How it is served; of a prefill workload, the workload as a profile of its own."""
    pod: PodSize

    @property
    def pods(self) -> tuple[PodSize, int]:
        """What one pod takes, and how many they are."""
        return self.pod, self.placement.replicas * self.placement.nodes_per_replica


class OccupiedPool(NamedTuple):
    """A pool with everything charged to it that is on it."""

    ledger: PoolLedger
    nodes_at_a_time: int
    """How many nodes are added at a time: on GKE one in every zone."""
    tenants: Sequence[Tenant]
    """Those that have any pods."""
    field: FieldPath
    subject: Subject
    beside: Sequence[tuple[PoolLedger, Sequence[Tenant]]]
    """The other GPU resources of the same nodes, each with those that have any pods on it."""


def occupied_pools(fleet: Fleet, pools: Iterable[tuple[PoolLedger, Sequence[Tenant]]]) -> list[OccupiedPool]:
    """Return the pools of a finished plan, each with what runs there."""
    fields: dict[tuple[str, str], FieldPath] = {
        (environment.metadata.name, pool.name): ("spec", "nodePools", index)
        for environment in fleet.environments
        for index, pool in enumerate(environment.spec.node_pools)
    }
    found = [(ledger, [tenant for tenant in tenants if tenant.placement.replicas]) for ledger, tenants in pools]
    there = {id(ledger): tenants for ledger, tenants in found}
    return [
        OccupiedPool(
            ledger,
            nodes_at_a_time(ledger.pool, fleet.environment[ledger.environment].spec.cluster),
            tenants,
            fields[ledger.environment, ledger.name],
            Subject("InferenceEnvironment", ledger.environment, node_pool=ledger.name),
            [(each, there[id(each)]) for each in ledger.beside],
        )
        for ledger, tenants in found
    ]


def offers(pool: OccupiedPool) -> Sequence[tuple[PoolLedger, Sequence[Tenant]]]:
    """Return every GPU resource of the pool's nodes, each with those that have any pods on it."""
    return [(pool.ledger, pool.tenants), *pool.beside]


def name_of(pool: OccupiedPool) -> str:
    """Return the pool's name, with which of several GPU resources of its nodes is meant."""
    return pool_in_words(pool.ledger.name, offered_as(pool.ledger.pool))


def pod_of(pool: OccupiedPool, tenant: Tenant) -> PodSettings:
    """Return what is said of the pods of a placement."""
    return effective_pod(pool.ledger.pool, tenant.model, tenant.profile, tenant.deployment)


def ask_by_themselves(pools: Iterable[OccupiedPool]) -> list[tuple[OccupiedPool, Tenant]]:
    """Return what runs on each pool and asks for more than its model's CPU and memory and its units."""
    return [(pool, tenant) for pool in pools for tenant in pool.tenants if _asks_by_itself(pool, tenant)]


def _asks_by_itself(pool: OccupiedPool, tenant: Tenant) -> bool:
    """Return whether `pod.container.resources` of the deployment, its profile, its model or the pool says anything."""
    levels = (tenant.deployment.spec.pod, tenant.model.pod, pool.ledger.pool.pod, tenant.profile.pod)
    # Mostly none of them says anything.
    return any(levels) and any(pod and pod.container and pod.container.resources for pod in levels)
