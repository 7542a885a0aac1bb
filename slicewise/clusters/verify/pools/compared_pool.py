"""A declared pool beside the nodes that it has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from slicewise.clusters.live import REPELS, UNSETTLED, Gpus, LiveNode, keeping_out, not_tolerated
from slicewise.clusters.verify.pools.membership import units_of
from slicewise.documents import DeploymentKey, NodePool, Requirements
from slicewise.manifests import pod_tolerations
from slicewise.mig import GpuModel, known_gpu_model
from slicewise.planning import Placement, PlannedCharge, node_units


@dataclass(frozen=True)
class ComparedPool:
    """A declared pool and what is there.

    Attributes:
        pool: What is declared.
        nodes: The nodes that belong to it, by name.
        placements: What the plan has on it.
        charges: The pods of these placements.
        required: What each deployment that has pods on it requires of a unit.
    """

    pool: NodePool
    nodes: tuple[LiveNode, ...]
    placements: Sequence[Placement]
    charges: Sequence[PlannedCharge] = ()
    required: Mapping[DeploymentKey, Requirements] = field(default_factory=dict)

    @property
    def resource(self) -> str:
        """What its pods ask for."""
        return self.pool.resource

    @property
    def profile(self) -> str | None:
        """The declared MIG profile; None for whole GPUs."""
        return self.pool.mig.profile if self.pool.mig else None

    @cached_property
    def units_per_node(self) -> int:
        """Units that each node should have."""
        return node_units(self.pool)

    @cached_property
    def gpu_nodes(self) -> tuple[LiveNode, ...]:
        """Its nodes that have GPUs, or labels that speak of some."""
        return tuple(node for node in self.nodes if node.gpus)

    @cached_property
    def bare_nodes(self) -> tuple[LiveNode, ...]:
        """Its nodes without any trace of GPUs."""
        return tuple(node for node in self.nodes if not node.gpus)

    @cached_property
    def offering(self) -> tuple[LiveNode, ...]:
        """Its nodes that offer what its pods ask for."""
        return tuple(node for node in self.nodes if units_of(node, self.resource))

    @cached_property
    def taking(self) -> tuple[LiveNode, ...]:
        """Those of `offering` that take its pods now: Ready, not cordoned or tainted, and not being cut anew."""
        tolerations = pod_tolerations(self.pool)
        return tuple(
            node
            for node in self.offering
            if node.ready
            and not node.cordoned
            and not keeping_out(node.taints, tolerations)
            and not any(taint.effect in REPELS for taint in not_tolerated(node.taints, tolerations))
            and not (node.gpus and node.gpus.mig_state in UNSETTLED)
        )

    @property
    def short(self) -> bool:
        """Whether fewer nodes offer what its pods ask for than are declared to be there at least."""
        return len(self.offering) < self.pool.node_count

    @property
    def units(self) -> int:
        """Units that are there."""
        return sum(units_of(node, self.resource) for node in self.nodes)

    @cached_property
    def model(self) -> GpuModel | None:
        """The catalogue's model of the declared GPUs, if it has one."""
        return known_gpu_model(self.pool.accelerator_type)

    @cached_property
    def largest_pod(self) -> int:
        """Units of the largest pod that the plan has on it; 1 without any."""
        return max((placement.gpus_per_node for placement in self.placements if placement.replicas), default=1)

    @cached_property
    def smallest_pod(self) -> int:
        """Units of the smallest pod that the plan has on it; 1 without any."""
        return min((placement.gpus_per_node for placement in self.placements if placement.replicas), default=1)

    @property
    def planned_units(self) -> int:
        """Units that the plan charges to it."""
        return sum(placement.units for placement in self.placements)


def gpu_facts(nodes: Sequence[LiveNode]) -> Iterator[tuple[LiveNode, Gpus]]:
    """Yield the nodes that have GPUs with these."""
    for node in nodes:
        if node.gpus:
            yield node, node.gpus
