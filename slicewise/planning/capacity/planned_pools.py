"""A finished plan's pools with what is charged to them, to ask what would fit if one thing were different."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from slicewise.documents import DeploymentKey, Fleet, InferenceEnvironment, NodePool
from slicewise.planning.capacity.pool_ledger import PoolLedger
from slicewise.planning.capacity.sizes import PodSize
from slicewise.planning.plan import Placement, Plan

PoolName = tuple[str, str]
"""The names of an environment and of one of its pools."""


@dataclass(frozen=True, slots=True)
class PlannedCharge:
    """The pods of one deployment on a pool."""

    deployment: DeploymentKey
    profile: str
    pod: PodSize
    count: int
    is_prefill: bool = False
    """Whether they are those of its prefill workload: how many they are does not follow from its replicas."""


@dataclass(frozen=True)
class ChargedPool:
    """A pool of a finished plan. Changing one gives another: the plan's own stays as it is."""

    environment: InferenceEnvironment
    pool: NodePool
    charges: tuple[PlannedCharge, ...]

    @property
    def name(self) -> PoolName:
        """The names of environment and pool."""
        return (self.environment.metadata.name, self.pool.name)

    def __str__(self) -> str:
        """Write it as people do: environment/pool."""
        return "/".join(self.name)

    @cached_property
    def state(self) -> PoolLedger:
        """The pool's capacity with everything charged that is on it."""
        state = PoolLedger(self.environment.metadata.name, self.pool)
        for charge in self.charges:
            state.charge(charge.pod, charge.count)
        return state

    @property
    def holds(self) -> bool:
        """Whether the pool has the room for everything that is charged to it, beside what it reserves."""
        state = PoolLedger(self.environment.metadata.name, self.pool)
        if self.pool.reserved_units > state.units:
            return False
        return state.charge_all((charge.pod, charge.count) for charge in self.charges)

    def with_pool(self, **fields: object) -> ChargedPool:
        """Return the same with other values in some fields of the pool."""
        return replace(self, pool=self.pool.model_copy(update=fields))

    def with_capability(self, field: str, value: object) -> ChargedPool:
        """Return the same with another value in one field of the pool's capabilities."""
        return self.with_pool(capabilities=self.pool.capabilities.model_copy(update={field: value}))

    def with_label(self, key: str, value: str) -> ChargedPool:
        """Return the same with one label more on the environment."""
        metadata = self.environment.metadata
        labelled = metadata.model_copy(update={"labels": {**metadata.labels, key: value}})
        return replace(self, environment=self.environment.model_copy(update={"metadata": labelled}))

    @property
    def document(self) -> InferenceEnvironment:
        """The environment's document with this pool in it, as it then is."""
        spec = self.environment.spec
        pools = tuple(self.pool if each.name == self.pool.name else each for each in spec.node_pools)
        return self.environment.model_copy(update={"spec": spec.model_copy(update={"node_pools": pools})})

    def with_count(self, deployment: DeploymentKey, count: int) -> ChargedPool:
        """Return the same with `count` pods of `deployment` in place of those that it has.

        Its prefill pods stay as they are, and go where none of the others is left.
        """
        changed = (
            replace(c, count=count) if c.deployment == deployment and not (c.is_prefill and count) else c
            for c in self.charges
        )
        return replace(self, charges=tuple(charge for charge in changed if charge.count))


def charged_pools(fleet: Fleet, plan: Plan) -> Mapping[PoolName, ChargedPool]:
    """Return every pool of `fleet` with what `plan` charges to it, by name."""
    placed: dict[PoolName, list[Placement]] = defaultdict(list)
    for placement in plan.placements:
        for workload in placement.workloads:
            placed[workload.environment, workload.node_pool].append(workload)
    pools = {}
    for environment in fleet.environments:
        for pool in environment.spec.node_pools:
            empty = ChargedPool(environment, pool, ())
            here = placed.get(empty.name)
            pools[empty.name] = replace(empty, charges=_charges(fleet, empty.state, here)) if here else empty
    return pools


def _charges(fleet: Fleet, state: PoolLedger, placements: list[Placement]) -> tuple[PlannedCharge, ...]:
    return tuple(
        PlannedCharge(
            placement.deployment,
            placement.profile,
            _pod(fleet, state, placement),
            placement.replicas * placement.nodes_per_replica,
            placement.is_prefill,
        )
        for placement in placements
    )


def _pod(fleet: Fleet, state: PoolLedger, placement: Placement) -> PodSize:
    deployment = fleet.deployment[placement.deployment]
    model = fleet.model_of(deployment)
    return state.pod_size(model, placement.profile_of(model), deployment)
