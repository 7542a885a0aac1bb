"""InferenceEnvironment: a cluster, its node pools and what one allocation unit of each can do."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final, Literal, Self

from pydantic import ConfigDict, Field, PrivateAttr, StrictInt, StrictStr, ValidationInfo, field_validator

from slicewise.documents.allocatable import Allocatable
from slicewise.documents.allocation import Allocation, ClusterVersion
from slicewise.documents.amounts import GpuMemory
from slicewise.documents.bandwidth import PoolBandwidth
from slicewise.documents.base import (
    ApiVersion,
    ClusterMetadata,
    Count,
    CountOrZero,
    DnsLabel,
    Flag,
    Frozen,
    LabelKey,
    Labels,
    LabelValue,
)
from slicewise.documents.cluster import CloudName, Cluster
from slicewise.documents.device_plugin import DevicePluginVersion, names_suffixes
from slicewise.documents.inter_node_device import InterNodeDevice
from slicewise.documents.node_selector import NodeSelector, SelectedLabels, selected_labels
from slicewise.documents.pod import BaseReference, PodSettings
from slicewise.documents.price import Price
from slicewise.documents.router import GatewayReference
from slicewise.documents.scheduling import Scheduling, stricter
from slicewise.documents.slices import ProfileNames, SliceCounts, SliceMemory, SliceReserves
from slicewise.mig import WHOLE_GPU_RESOURCE, MigStrategy, plain_profile, resource_name

# Every MIG-capable GPU so far has seven compute slices, or four (NVIDIA MIG User Guide, Supported MIG Profiles).
MOST_SLICES = 7
MAX_POOLS: Final = 64
"""The most node pools of an environment."""
ENVIRONMENT_LABEL: Final = "slicewise.dev/environment"
"""The label that every environment has by itself: its name."""


class Precision(StrEnum):
    """Number formats that a GPU computes in."""

    FP32 = "fp32"
    FP16 = "fp16"
    BF16 = "bf16"
    FP8 = "fp8"
    FP4 = "fp4"
    INT8 = "int8"
    INT4 = "int4"


QUANTISED: Final = frozenset({Precision.FP8, Precision.FP4, Precision.INT8, Precision.INT4})
"""Formats that weights alone may have, while the GPU computes in fp16 or bf16."""


class Interconnect(StrEnum):
    """How the GPUs in one node reach each other, from slow to fast: nvlink satisfies pcie."""

    PCIE = "pcie"
    NVLINK = "nvlink"

    def satisfies(self, required: Interconnect) -> bool:
        """Return whether this is at least as fast as `required`."""
        order = list(Interconnect)
        return order.index(self) >= order.index(required)


class MigConfiguration(Frozen):
    """How GPUs are cut into slices: all alike (`profile`), in several (`slices`), on demand (`dynamic`)."""

    enabled: Flag
    """Whether the pool's GPUs are cut into slices."""
    profile: StrictStr | None = None
    """The MIG profile of every slice, as NVIDIA's driver names it, for example 3g.40gb. Where all are cut alike."""
    strategy: MigStrategy = MigStrategy.MIXED
    """The device plugin's MIG strategy: mixed advertises nvidia.com/mig-<profile>, single advertises nvidia.com/gpu."""
    slices_per_gpu: Annotated[Count, Field(le=MOST_SLICES)] | None = None
    """Slices per GPU, for a profile that the catalogue does not know."""
    slices: SliceCounts | None = None
    """How many slices of each profile a node has, for example {3g.40gb: 8, 1g.10gb: 16}; instead of profile."""
    reserved_slices: SliceReserves | None = None
    """How many slices of each profile, of all nodes, Slicewise leaves alone; with slices in place of reservedUnits."""
    memory_per_slice: SliceMemory | None = None
    """The memory of one slice of a profile; needed only where the catalogue has no measurement of it."""
    whole_gpus: CountOrZero = 0
    """With slices: how many GPUs of a node are not cut."""
    dynamic: Flag = False
    """Whether NVIDIA's DRA driver cuts the GPUs when pods come, into any of profiles. Needs allocation by DRA."""
    profiles: ProfileNames | None = None
    """With dynamic: the MIG profiles that pods may ask for, for example [3g.40gb, 1g.10gb]."""
    fixed: Flag = False
    """Whether `slicewise layout` leaves the nodes cut as they are."""
    _names_suffixes: bool = PrivateAttr(default=True)

    @property
    def several(self) -> tuple[str, ...]:
        """The profiles of nodes that may have several: those of slices, or those that are cut on demand."""
        return tuple(self.slices or ()) or ((self.profiles or ()) if self.dynamic else ())

    def resource_of(self, profile: str | None) -> str:
        """Return the resource that slices of `profile` are advertised as; of None, whole GPUs."""
        named = profile if self._names_suffixes or profile is None else plain_profile(profile)
        return resource_name(named, self.strategy)

    def without_suffixes(self) -> Self:
        """Return the same for a device plugin that advertises slices with a suffix as those without one."""
        changed = self.model_copy()
        changed._names_suffixes = False  # noqa: SLF001 - a copy of itself
        return changed


class Capabilities(Frozen):
    """What one allocation unit (a MIG pool's slice, otherwise a whole GPU) and its node can do. Unset means unknown."""

    # A rule asks for the memory: slices of several profiles have none in common.
    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"required": ["memoryPerGpu"]},
                {
                    "required": ["migConfiguration"],
                    "properties": {
                        "migConfiguration": {
                            "type": "object",
                            "anyOf": [{"required": ["slices"]}, {"required": ["profiles"]}],
                        }
                    },
                },
            ]
        }
    )
    memory_per_gpu: GpuMemory | None = None
    """Memory of one allocation unit: the slice's on a MIG pool. Left out with migConfiguration.slices or .profiles."""
    interconnect: Interconnect | None = None
    """How the GPUs in one node reach each other."""
    precision_support: frozenset[Precision] = frozenset()
    """The number formats that the GPUs compute in."""
    multi_node_capable: Flag = False
    """Whether one replica may span several nodes of the pool."""
    nvlink_domain_size: Count | None = None
    """How many GPUs one NVLink domain joins."""
    inter_node_bandwidth: PoolBandwidth | None = None
    """The network between the nodes: fabric and Gbit/s, for example ib-400g."""
    inter_node_device: InterNodeDevice | None = None
    """What pods ask for to use the network between nodes; without it their traffic takes TCP."""
    mig_configuration: MigConfiguration | None = None
    """How the GPUs are cut into slices; leave it out for whole GPUs."""


class Toleration(Frozen):
    """A Kubernetes toleration (core/v1)."""

    key: LabelKey | None = None
    """The taint's key; every key if omitted (operator Exists)."""
    operator: Literal["Exists", "Equal"] = "Equal"
    """Whether the taint's value must equal `value`, or only the key must exist."""
    value: LabelValue | None = None
    """The taint's value, for operator Equal."""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    """The taint's effect; every effect if omitted."""
    toleration_seconds: Annotated[StrictInt, Field(ge=0, le=2**63 - 1)] | None = None
    """How long a NoExecute taint is tolerated."""


class NodePool(Frozen):
    """Nodes of one kind: the same GPUs, cut the same way."""

    name: Annotated[DnsLabel, Field(max_length=40)]
    """The pool's name, unique in its environment."""
    node_selector: NodeSelector = Field(default_factory=dict)
    """The labels that identify the pool's nodes, each with a value or a list of values; in every pod template."""
    labels: Labels = Field(default_factory=dict)
    """Labels of the pool in Slicewise, matched by nodePoolSelector."""
    tolerations: tuple[Toleration, ...] = ()
    """Tolerations that pods need to run on the pool's nodes, besides the one for nvidia.com/gpu."""
    accelerator_type: Annotated[StrictStr, Field(min_length=1, max_length=128)]
    """The GPU model, as GKE (nvidia-h100-80gb), GPU feature discovery (NVIDIA-H100-80GB-HBM3) or people write it."""
    accelerator_count: Count
    """Physical GPUs in one node, whether cut into slices or not."""
    node_count: CountOrZero = 1
    """Nodes in the pool."""
    max_node_count: CountOrZero | None = None
    """The number of nodes that an autoscaler may grow the pool to; capacity counts these."""
    allocatable: Allocatable = Allocatable()
    """What a node offers to pods besides its GPUs."""
    allocation: Allocation = Allocation.DEVICE_PLUGIN
    """How pods get their slices or GPUs: devicePlugin, or from NVIDIA's DRA driver by extendedResource or claim."""
    reserved_units: CountOrZero = 0
    """Units that Slicewise leaves alone: for other tenants' pods, and as room for rolling updates."""
    machine_type: CloudName | None = None
    """For clusters that the stack creates: the machine type (GKE) or instance type (EKS) of the pool's nodes."""
    disk_size_gb: Annotated[StrictInt, Field(ge=20, le=65536)] | None = None
    """For clusters that the stack creates: the size of a node's boot disk, in GB; 200 if omitted."""
    zones: Annotated[tuple[CloudName, ...], Field(max_length=8)] = ()
    """For clusters that the stack creates on GKE: the zones of the nodes; required if location is a region."""
    capabilities: Capabilities
    """What one allocation unit and its node can do."""
    pod: PodSettings | None = None
    """Settings of all pods on the pool's nodes besides what the plan decides."""
    price_per_hour: Price | None = None
    """What a node costs an hour: a number without a currency."""
    base_refs: tuple[BaseReference, ...] = ()
    """LLMInferenceServiceConfigs that KServe merges into every service on the pool."""
    scheduling: Scheduling = Scheduling.ACTIVE
    """What comes to the pool: Active, whatever fits; NoNew, nothing new; Drain, nothing, and what is there moves."""

    @property
    def selected(self) -> SelectedLabels:
        """What the nodeSelector requires of a node, by label."""
        return selected_labels(self.node_selector)

    @property
    def mig(self) -> MigConfiguration | None:
        """The MIG configuration in force; None for whole GPUs."""
        configuration = self.capabilities.mig_configuration
        return configuration if configuration and configuration.enabled else None

    @property
    def unit_memory(self) -> GpuMemory:
        """The memory of one allocation unit, of a valid pool whose nodes offer one GPU resource (`offers_of`)."""
        memory = self.capabilities.memory_per_gpu
        if memory is None:
            raise AssertionError(f"the units of {self.name} differ, or it passed validation without their memory")
        return memory

    @property
    def resource(self) -> str:
        """The Kubernetes resource that one allocation unit is advertised as, where nodes offer one (`offers_of`)."""
        return self.mig.resource_of(self.mig.profile) if self.mig else WHOLE_GPU_RESOURCE

    @property
    def nodes(self) -> int:
        """How many nodes the pool can have: an autoscaled pool at 0 nodes has room."""
        return self.node_count if self.max_node_count is None else self.max_node_count


class EnvironmentSpec(Frozen):
    """A cluster and its node pools."""

    cluster: Cluster
    kubernetes_version: ClusterVersion | None = None
    """The version of the cluster's Kubernetes, for what cannot be asked without the cluster."""
    device_plugin_version: DevicePluginVersion | None = None
    """The version of NVIDIA's device plugin; up to 0.19.3 slices of 1g.10gb+me are nvidia.com/mig-1g.10gb."""
    node_pools: Annotated[tuple[NodePool, ...], Field(min_length=1, max_length=MAX_POOLS)]
    """The pools that Slicewise may place models on."""
    gateway: GatewayReference | None = None
    """The Gateway that requests come through; the one of KServe's configuration if omitted."""
    scheduling: Scheduling = Scheduling.ACTIVE
    """What comes to any of its pools, as `nodePools[].scheduling`; where both are set, that which takes less holds."""

    @field_validator("node_pools", mode="after")
    @classmethod
    def _name_resources(cls, pools: tuple[NodePool, ...], info: ValidationInfo) -> tuple[NodePool, ...]:
        return pools if names_suffixes(info.data.get("device_plugin_version")) else tuple(map(_without_suffixes, pools))


def _without_suffixes(pool: NodePool) -> NodePool:
    mig = pool.capabilities.mig_configuration
    if mig is None or pool.allocation is not Allocation.DEVICE_PLUGIN:
        return pool
    capabilities = pool.capabilities.model_copy(update={"mig_configuration": mig.without_suffixes()})
    return pool.model_copy(update={"capabilities": capabilities})


class InferenceEnvironment(Frozen):
    """One cluster that serves models."""

    api_version: ApiVersion
    """The version of the document's format."""
    kind: Literal["InferenceEnvironment"]
    """The kind of document."""
    metadata: ClusterMetadata
    """The document's name and labels."""
    spec: EnvironmentSpec
    """What it declares."""

    @property
    def labels(self) -> dict[str, str]:
        """The labels that selectors match: the document's own, and its name."""
        return {**self.metadata.labels, ENVIRONMENT_LABEL: self.metadata.name}

    def scheduling_of(self, pool: NodePool) -> Scheduling:
        """Return what comes to one of its pools: what the pool or the environment says, whichever takes less."""
        return stricter(self.spec.scheduling, pool.scheduling)
