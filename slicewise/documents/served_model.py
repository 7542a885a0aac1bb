"""ClusterModel and Model: what is served, and the ways of serving it in order of preference."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Final, Literal

from pydantic import Field, StrictStr, WithJsonSchema

from slicewise.documents.amounts import GpuMemory, Memory, PodCores
from slicewise.documents.architecture import ModelArchitecture
from slicewise.documents.bandwidth import Bandwidth
from slicewise.documents.base import (
    ApiVersion,
    ClusterMetadata,
    Count,
    DnsLabel,
    DnsSubdomain,
    Flag,
    Frozen,
    NamespacedMetadata,
    Selector,
)
from slicewise.documents.engine_judge import SizedEngine
from slicewise.documents.environment import Interconnect, Precision
from slicewise.documents.environment_variables import EnvironmentVariable
from slicewise.documents.image import Image
from slicewise.documents.lora import Lora
from slicewise.documents.model_source import (
    S3,
    HuggingFace,
    ModelSource,
    Oci,
    PersistentVolumeClaim,
    Weights,
)
from slicewise.documents.patterns import Pattern
from slicewise.documents.pod import BaseReference, PodSettings, StorageInitializer
from slicewise.kubernetes import Quantity

MOST_NODES: Final = 1024
"""The most nodes of one replica."""
MOST_GPUS_PER_NODE: Final = 1024
"""The most GPUs (or slices) of one pod."""
_PART = "[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?"
MODEL_NAME: Final = Pattern(
    f"^{_PART}(/{_PART})*$",
    "letters, digits, -, _, . and /, with a letter or digit at both ends and beside every /",
)
VERSION: Final = Pattern(
    r"^v?[0-9]{1,4}\.[0-9]{1,4}([.+-]?[A-Za-z0-9]+)*$",
    "a version of vLLM, for example 0.23.0",
)

ServedModelName = Annotated[StrictStr, MODEL_NAME.field(253)]
VllmVersionText = Annotated[StrictStr, VERSION.field(64)]
# Rules of their own refuse these: braces (SW218), a dash of text for hyphens, blanks around an option, control
# characters. For editors.
_NO_ARGUMENT = (
    r"\{\{|^[\u2013\u2014]|^\s+--?[A-Za-z]|^--?[A-Za-z][-\w]*\s+$|[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]"
)
Argument = Annotated[StrictStr, WithJsonSchema({"type": "string", "not": {"pattern": _NO_ARGUMENT}})]


class MigPreference(StrEnum):
    """Whether a profile may, must or must not run on a MIG slice."""

    ANY = "any"
    NEVER = "never"
    ONLY = "only"


class Spread(StrEnum):
    """Whether replicas prefer different nodes."""

    PREFERRED = "preferred"
    NONE = "none"


class Requirements(Frozen):
    """What one GPU (or slice) and its node must offer. Unset means "do not care"."""

    memory_per_gpu: GpuMemory | None = None
    """Memory that each GPU (or slice) must have."""
    precision_support: frozenset[Precision] = frozenset()
    """Number formats that the GPU must compute in."""
    interconnect: Interconnect | None = None
    """How the GPUs in one node must reach each other: nvlink also satisfies pcie."""
    inter_node_bandwidth: Bandwidth | None = None
    """The network between nodes: at least this many Gbit/s, and on the given fabric, if any (400g, ib-400g)."""
    nvlink_domain_size: Count | None = None
    """How many GPUs one NVLink domain must join."""
    mig: MigPreference = MigPreference.ANY
    """Whether a MIG slice will do: any, never or only."""


class Parallelism(Frozen):
    """How vLLM spreads one replica over its GPUs."""

    tensor: Count | None = None
    """Tensor parallel size; gpusPerNode if omitted (1 with data)."""
    pipeline: Count | None = None
    """Pipeline parallel size; nodes if omitted (1 with data)."""
    data: Count | None = None
    """Data parallel size over all nodes."""
    data_local: Count | None = None
    """Data parallel size on one node."""
    expert: Flag = False
    """Whether experts are spread over the data and tensor parallel ranks."""


@dataclass(frozen=True, slots=True)
class ParallelSizes:
    """The parallel sizes of one replica, with nothing left open."""

    tensor: int
    pipeline: int
    data: int
    data_local: int


class ReplicaTopology(Frozen):
    """The shape of one replica, and what it needs."""

    nodes: Annotated[Count, Field(le=MOST_NODES)] = 1
    """Nodes that one replica spans, with one pod on each."""
    gpus_per_node: Annotated[Count, Field(le=MOST_GPUS_PER_NODE)] = 1
    """GPUs (or slices) per pod."""
    requires: Requirements = Requirements()
    """What each GPU and node must offer."""
    parallelism: Parallelism = Parallelism()
    """How vLLM spreads one replica over its GPUs."""
    spread: Spread = Spread.PREFERRED
    """Whether replicas prefer different nodes."""

    @property
    def units(self) -> int:
        """GPUs (or slices) of one replica."""
        return self.nodes * self.gpus_per_node

    @property
    def uses_fabric(self) -> bool:
        """Whether a replica's pods need the network between nodes: they are on several, and it is required."""
        return self.nodes > 1 and self.requires.inter_node_bandwidth is not None

    @property
    def pipelined(self) -> bool:
        """Whether a replica's nodes are the stages of a pipeline; else each has a part of the data parallel ranks."""
        return self.nodes > 1 and self.parallel_sizes.pipeline > 1

    @property
    def parallel_sizes(self) -> ParallelSizes:
        """The sizes in force: what is left out follows from the shape of the replica."""
        given = self.parallelism
        by_data = given.data is not None
        return ParallelSizes(
            tensor=given.tensor or (1 if by_data else self.gpus_per_node),
            pipeline=given.pipeline or (1 if by_data else self.nodes),
            data=given.data or 1,
            data_local=given.data_local or given.data or 1,
        )


class Engine(Frozen):
    """The inference engine of one serving profile."""

    name: Literal["vLLM"] = "vLLM"
    """The engine."""
    image: Image | None = None
    """The engine's image; KServe's own choice if omitted."""
    version: VllmVersionText | None = None
    """vLLM's version, if the image's tag does not give it; if both are omitted, that of KServe's preset."""
    args: tuple[Argument, ...] = ()
    """The engine's arguments, exactly as it receives them: Slicewise adds the quotes that KServe's shell needs."""
    env: tuple[EnvironmentVariable, ...] = ()
    """Environment variables of the engine's container."""
    command: Annotated[tuple[Argument, ...], Field(min_length=1)] | None = None
    """What starts another engine, or vLLM in another way, instead of KServe's command; its memory is not judged."""


class Prefill(Frozen):
    """The pods that compute prompts, where others than those of the profile itself do that."""

    replicas: Count = 1
    """Replicas in each environment, beside those of the deployment, which generate the answers."""
    replica_topology: ReplicaTopology | None = None
    """The shape of one replica, and what it needs; that of the profile if omitted."""
    engine: Engine | None = None
    """Its inference engine; what is omitted in it is as in the profile's engine."""
    pod: PodSettings | None = None
    """Settings of these pods besides what the plan decides; they override the profile's."""


class ServingProfile(Frozen):
    """One way of serving a model."""

    name: DnsLabel
    """The profile's name, unique in its model."""
    environment_selector: Selector = Selector()
    """Environments that this profile may run in."""
    engine: Engine = Engine()
    """The inference engine."""
    replica_topology: ReplicaTopology = ReplicaTopology()
    """The shape of one replica, and what it needs."""
    prefill: Prefill | None = None
    """Further pods in the same environment that compute prompts; these then only generate (disaggregated serving)."""
    pod: PodSettings | None = None
    """Settings of the profile's pods besides what the plan decides; they override the model's and the pool's."""

    @cached_property
    def judged(self) -> dict[bool, JudgedProfile]:
        """What was found of its engine with adapters and without them."""
        return {}


@dataclass(frozen=True, eq=False)
class JudgedProfile:
    """A profile's engine, with the profile and the architecture that it is of: a copy of a profile has this, too."""

    profile: ServingProfile
    architecture: ModelArchitecture
    engine: SizedEngine


class ModelIdentity(Frozen):
    """What clients call the model."""

    name: ServedModelName
    """The name in API requests, unless a deployment sets another."""


class Resources(Frozen):
    """CPU and memory of each pod, besides its GPUs."""

    cpu: PodCores = Quantity.parse("4")
    """CPU cores of each pod."""
    memory: Memory = Quantity.parse("16Gi")
    """Main memory of each pod."""


class ModelSpec(Frozen):
    """A model and the ways of serving it."""

    model: ModelIdentity
    """What clients call the model."""
    source: ModelSource
    """Where the weights come from; the block of the same name goes with it."""
    hugging_face: HuggingFace | None = None
    """For source HuggingFace: the repository."""
    s3: S3 | None = None
    """For source S3: the directory."""
    persistent_volume_claim: PersistentVolumeClaim | None = None
    """For source PersistentVolumeClaim: the volume."""
    oci: Oci | None = None
    """For source OCI: the image."""
    lora: Lora | None = None
    """LoRA adapters that are served with the model."""
    architecture: ModelArchitecture | None = None
    """The model's architecture, from which Slicewise computes whether the model fits a slice or GPU."""
    resources: Resources = Resources()
    """CPU and memory of each pod."""
    pod: PodSettings | None = None
    """Settings of the model's pods besides what the plan decides; they override the pool's."""
    storage_initializer: StorageInitializer = StorageInitializer()
    """KServe's init container that fetches the weights."""
    base_refs: tuple[BaseReference, ...] = ()
    """LLMInferenceServiceConfigs that KServe merges into the model's services, after those of the pool."""
    serving: Annotated[tuple[ServingProfile, ...], Field(min_length=1, max_length=8)]
    """The ways of serving it, in order of preference."""

    @property
    def weights(self) -> Weights:
        """The block of the model's source, which a valid document has."""
        block: Weights = getattr(self, self.source.attribute)
        return block

    def profile(self, name: str) -> ServingProfile:
        """Return the serving profile called `name`, which is known to exist."""
        (found,) = [profile for profile in self.serving if profile.name == name]
        return found


class ClusterModelMetadata(ClusterMetadata):
    """Name and labels of a model that is available in all namespaces."""

    name: DnsSubdomain
    """The document's name, for example qwen2.5-7b; no object in a cluster gets this name."""


class ModelMetadata(NamespacedMetadata):
    """Name, namespace and labels of a model in one namespace."""

    name: DnsSubdomain
    """The document's name, for example qwen2.5-7b; no object in a cluster gets this name."""


class ClusterModel(Frozen):
    """A model that deployments in every namespace may use."""

    api_version: ApiVersion
    """The version of the document's format."""
    kind: Literal["ClusterModel"]
    """The kind of document."""
    metadata: ClusterModelMetadata
    """The document's name and labels."""
    spec: ModelSpec
    """What it declares."""


class Model(Frozen):
    """A model that deployments in its own namespace may use."""

    api_version: ApiVersion
    """The version of the document's format."""
    kind: Literal["Model"]
    """The kind of document."""
    metadata: ModelMetadata
    """The document's name and labels."""
    spec: ModelSpec
    """What it declares."""
