"""What is declared of a node pool, and what the plan has on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from slicewise.documents import DeploymentKey, NodePool, Requirements, Scheduling
from slicewise.mig import GpuModel, known_gpu_model
from slicewise.planning import Placement, PlannedCharge, node_units


@dataclass(frozen=True)
class DeclaredPool:
    """A node pool as declared, with the plan's part of it.

    Attributes:
        pool: What is declared.
        placements: What the plan has on it.
        charges: The pods of these placements.
        required: What each deployment that has pods on it requires of a unit.
        scheduling: What may come to it.
    """

    pool: NodePool
    placements: Sequence[Placement]
    charges: Sequence[PlannedCharge] = ()
    required: Mapping[DeploymentKey, Sequence[Requirements]] = field(default_factory=dict)
    scheduling: Scheduling = Scheduling.ACTIVE

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
    def has_pods(self) -> bool:
        """Whether the plan has pods on it."""
        return any(placement.replicas for placement in self.placements)

    @property
    def is_left(self) -> bool:
        """Whether nothing is there by the plan, and nothing may come: its nodes may be cordoned, or gone."""
        return self.scheduling is not Scheduling.ACTIVE and not self.placements

    @property
    def planned_units(self) -> int:
        """Units that the plan charges to it."""
        return sum(placement.units for placement in self.placements)
