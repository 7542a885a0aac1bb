"""Which pools could serve which deployment: the static rules of docs/placement.md, read a second time.

Nothing of `slicewise.planning` is used here. A baseline that asked the planner what matches would share its mistakes,
and every speed-up of the planner would speed the baseline up too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bench.hardware import SLICES
from slicewise.documents import (
    DeploymentKey,
    Fleet,
    InferenceEnvironment,
    MigPreference,
    ModelDeployment,
    NodePool,
    ReplicaTopology,
    ServingProfile,
)
from slicewise.kubernetes import GIB

_SLICES_PER_NODE: Final = {hardware.mig_profile: hardware.units_per_node for hardware in SLICES}


def slices_or_gpus(pool: NodePool) -> int:
    """Return the allocation units of one node."""
    return _SLICES_PER_NODE[pool.mig.profile] if pool.mig else pool.accelerator_count


Shape = tuple[DeploymentKey, str, str, int, int]


@dataclass(frozen=True, slots=True)
class Option:
    """One way of serving a deployment in an environment, if there were room."""

    deployment: ModelDeployment
    environment: str
    pool: NodePool
    profile: ServingProfile

    @property
    def shape(self) -> Shape:
        """What it takes from which pool: two profiles of one shape are the same to capacity."""
        topology = self.profile.replica_topology
        return self.deployment.key, self.environment, self.pool.name, topology.nodes, topology.gpus_per_node

    @property
    def pods(self) -> int:
        """Pods of all replicas."""
        return self.deployment.replicas * self.profile.replica_topology.nodes

    @property
    def units(self) -> int:
        """Units of all replicas."""
        return self.deployment.replicas * self.profile.replica_topology.units

    @property
    def stranded(self) -> float:
        """GiB of the units' memory that the profile does not ask for."""
        needs = self.profile.replica_topology.requires.memory_per_gpu
        unused = self.pool.unit_memory.value - (needs.value if needs else 0)
        return float(unused * self.units / GIB)


def options(fleet: Fleet, deployment: ModelDeployment, environment: InferenceEnvironment) -> Iterator[Option]:
    """Yield the ways of serving `deployment` in `environment`, in the model's order of profiles, then of the pools."""
    labels = environment.metadata.labels
    if not deployment.spec.environment_selector.selects(labels):
        return
    for profile in fleet.model_of(deployment).serving:
        if profile.environment_selector.selects(labels):
            for pool in environment.spec.node_pools:
                if deployment.spec.node_pool_selector.selects(pool.labels) and _serves(pool, profile.replica_topology):
                    yield Option(deployment, environment.metadata.name, pool, profile)


def _serves(pool: NodePool, topology: ReplicaTopology) -> bool:
    return _has_shape(pool, topology) and _has_capabilities(pool, topology)


def _has_shape(pool: NodePool, topology: ReplicaTopology) -> bool:
    if pool.mig:
        return topology.units == 1 and topology.requires.mig is not MigPreference.NEVER
    return (
        topology.requires.mig is not MigPreference.ONLY
        and topology.gpus_per_node <= pool.accelerator_count
        and topology.nodes <= pool.nodes
        and (topology.nodes == 1 or pool.capabilities.multi_node_capable)
    )


def _has_capabilities(pool: NodePool, topology: ReplicaTopology) -> bool:
    needs, has = topology.requires, pool.capabilities
    link, network = has.interconnect, has.inter_node_bandwidth
    return (
        (needs.memory_per_gpu is None or pool.unit_memory >= needs.memory_per_gpu)
        and needs.precision_support <= has.precision_support
        and (needs.interconnect is None or (link is not None and link.satisfies(needs.interconnect)))
        and (
            needs.inter_node_bandwidth is None
            or (network is not None and network.satisfies(needs.inter_node_bandwidth))
        )
        and (needs.nvlink_domain_size or 0) <= (has.nvlink_domain_size or 0)
    )
