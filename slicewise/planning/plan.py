"""What planning gives: placements, shortfalls, and how full every pool is. All of it is data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from slicewise.diagnostics import Diagnostic
from slicewise.documents import DeploymentKey, ModelSpec, Scheduling, ServingProfile, prefill_workload
from slicewise.planning.moves import Move


class Placement(NamedTuple):
    """One deployment in one environment: all its replicas, on one pool, with one serving profile."""

    deployment: DeploymentKey
    environment: str
    node_pool: str
    profile: str
    replicas: int
    """Replicas charged: the most there may ever be."""
    nodes_per_replica: int
    gpus_per_node: int
    resource: str
    """The Kubernetes resource of one unit; each pod asks for `gpus_per_node` of it."""
    retained: bool
    """Whether it stayed where the previous plan had it."""
    autoscaled: bool = False
    """Whether an autoscaler owns the number of replicas: the name of a long-named service depends on it."""
    prefill: Placement | None = None
    """Its prefill workload, in the same environment: the pods that compute prompts for those of this one."""
    is_prefill: bool = False
    """Whether it is the prefill workload of another placement."""

    @property
    def units(self) -> int:
        """Units charged, without those of the prefill workload."""
        return self.replicas * self.nodes_per_replica * self.gpus_per_node

    @property
    def workloads(self) -> tuple[Placement, ...]:
        """It, and its prefill workload if it has one: each has a pool of its own."""
        return (self, self.prefill) if self.prefill else (self,)

    def profile_of(self, model: ModelSpec) -> ServingProfile:
        """Return how the pods of this workload are served."""
        profile = model.profile(self.profile)
        return (prefill_workload(profile) or profile) if self.is_prefill else profile


class OnShortfall(StrEnum):
    """What happens when a deployment gets fewer environments than it asks for."""

    FAIL = "fail"
    WARN = "warn"


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A deployment that gets fewer environments than it asks for."""

    deployment: DeploymentKey
    wanted: int
    placed: int


@dataclass(frozen=True, slots=True)
class PoolUsage:
    """How full a pool is, in units, and what else keeps the rest of them from being used."""

    environment: str
    node_pool: str
    resource: str
    units_per_node: int
    nodes: int
    allocated: int
    reserved: int
    units_per_gpu: int | Fraction
    """Units of one physical GPU: its slices, or 1; an average where GPUs of one node are cut in several ways."""
    short: tuple[str, ...] = ()
    """What keeps one more of the smallest pods away though units are free, by Kubernetes' names: cpu, pods, rdma/ib."""
    is_one_of_several: bool = False
    """Whether the nodes offer other GPU resources beside this one."""
    blocked: int = 0
    """Units that cannot be promised beside the slices of other profiles, where GPUs are cut on demand."""
    gpus_on_demand: int = 0
    """GPUs of a node, where they are cut on demand into any of several profiles: all of these share them."""
    scheduling: Scheduling = Scheduling.ACTIVE
    """Whether it takes what is new, and keeps what it has."""

    @property
    def offered_as(self) -> str | None:
        """Which GPU resource of the nodes is meant; None where they offer one."""
        return self.resource if self.is_one_of_several else None

    @property
    def units(self) -> int:
        """Units of all nodes."""
        return self.units_per_node * self.nodes

    @property
    def kept_free(self) -> int:
        """Units that are there for what is reserved: fewer than that where a pool shrank under what runs there."""
        return max(min(self.reserved, self.units - self.allocated), 0)

    @property
    def free(self) -> int:
        """Units neither allocated, nor reserved, nor blocked."""
        return max(self.units - self.allocated - self.reserved - self.blocked, 0)


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole decision, sorted by names: the same input in any order gives the same plan."""

    placements: tuple[Placement, ...]
    shortfalls: tuple[Shortfall, ...]
    node_pools: tuple[PoolUsage, ...]
    warnings: tuple[Diagnostic, ...]
    moved: tuple[Move, ...] = ()
    """What an earlier plan had elsewhere."""


def placements_by_environment(plan: Plan) -> dict[str, list[Placement]]:
    """Return the placements of every environment that has any, by its name, in the order of names."""
    found: dict[str, list[Placement]] = {}
    for placement in plan.placements:
        found.setdefault(placement.environment, []).append(placement)
    return dict(sorted(found.items()))
