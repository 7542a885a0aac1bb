"""What is known of a live node and its GPUs, whoever labelled it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from slicewise.clusters.live.gateways import LiveGateway
from slicewise.clusters.live.named_objects import NamedObjects
from slicewise.clusters.live.namespace_rules import NamespaceRules, Priority
from slicewise.clusters.live.routes import LiveRoute
from slicewise.clusters.live.served_kinds import ApiKind
from slicewise.clusters.live.services import LiveService, ServiceKey
from slicewise.kubernetes import NO_RESOURCES, PodResources
from slicewise.mig import WHOLE_GPU_RESOURCE, GpuModel, MigStrategy

UNSETTLED: Final = frozenset({"pending", "rebooting"})
"""What MIG manager says of a node that it cuts anew (`nvidia.com/mig.config.state`)."""


class LabelledBy(StrEnum):
    """Who told what GPUs a node has; the first that says it."""

    GFD = "GPU feature discovery"
    GKE = "GKE"
    EKS = "EKS"
    ALLOCATABLE = "the node's allocatable resources alone"


@dataclass(frozen=True, slots=True)
class Offer:
    """One GPU resource that a node offers.

    Attributes:
        resource: Its name, such as `nvidia.com/mig-3g.40gb` or `nvidia.com/gpu`.
        units: How many the node has for pods (`status.allocatable`).
        profile: The MIG profile of a unit in the driver's spelling; None for a whole GPU.
        memory_mib: Memory of one unit in MiB as the driver reports it; None where no label says it.
        supposed: Whether no label says `profile`, and it is the only one of which the GPUs hold as many slices as there
            are units.
        model: The catalogue's model that the resource's own label says; None where none does.
    """

    resource: str
    units: int
    profile: str | None
    memory_mib: int | None = None
    supposed: bool = False
    model: GpuModel | None = None


@dataclass(frozen=True, slots=True)
class Gpus:
    """The GPUs of a node.

    Attributes:
        told_by: Who said so.
        accelerator: The GPU model as the label writes it, without what the device plugin appends
            (`NVIDIA-H100-80GB-HBM3`, `nvidia-h100-80gb`), or as the machine type says it; None where nothing says it.
        model: The catalogue's model of it; None where it has none, or the name fits several boards and no label says
            how much memory a GPU has.
        physical: Physical GPUs in the node; None where it cannot be known. Units of which no label says that each is a
            GPU count for nothing here.
        strategy: How slices are advertised; None where there are none.
        offers: What the node offers, sorted by resource. Empty where the device plugin offers nothing (yet).
        mig_config: The layout that MIG manager was asked for (`nvidia.com/mig.config`); None without MIG manager.
        mig_state: How far it is (`nvidia.com/mig.config.state`): pending, rebooting, success, failed.
        invalid: Whether GPU feature discovery says that the node's slices do not fit the strategy (`MIG-INVALID`).
        shared: Whether a unit is a share of a GPU or slice (time-slicing, MPS).
    """

    told_by: LabelledBy
    accelerator: str | None
    model: GpuModel | None
    physical: int | None
    strategy: MigStrategy | None
    offers: tuple[Offer, ...]
    mig_config: str | None = None
    mig_state: str | None = None
    invalid: bool = False
    shared: bool = False

    def units(self, resource: str) -> int:
        """Return how many units of `resource` the node offers."""
        return next((offer.units for offer in self.offers if offer.resource == resource), 0)

    def is_exceeded_by(self, offer: Offer) -> bool:
        """Return whether there are more units than GPUs, though no label says that they are slices or shares."""
        return (
            offer.resource == WHOLE_GPU_RESOURCE
            and (offer.profile is None or offer.supposed)
            and not self.shared
            and self.physical is not None
            and offer.units > self.physical
        )

    def models_of(self, resource: str) -> tuple[GpuModel, ...]:
        """Return the node's model and, where that is another, the one of which the units of `resource` are."""
        own = next((offer.model for offer in self.offers if offer.resource == resource), None)
        return tuple(dict.fromkeys(model for model in (self.model, own) if model))


@dataclass(frozen=True, slots=True)
class Taint:
    """A taint of a node (core/v1)."""

    key: str
    value: str
    effect: str


@dataclass(frozen=True, slots=True)
class LiveNode:
    """A node of a live cluster.

    Attributes:
        name: Its name.
        labels: Its labels.
        taints: Its taints, those for a condition of the node (node.kubernetes.io/...) included.
        ready: Whether its Ready condition is True.
        cordoned: Whether it takes no new pods (`spec.unschedulable`).
        cpu: Cores for pods, as a Kubernetes quantity.
        memory: Memory for pods, as a Kubernetes quantity.
        gpus: Its GPUs; None where it has none and no label speaks of any.
        provider_id: What the cloud calls the machine: `gce://project/zone/name`, `aws:///zone/i-0123`; may be empty.
        pods: The most pods that it takes, whatever they ask for; None where it does not say it.
        storage: Ephemeral storage for pods, as a Kubernetes quantity.
        extended: What it has besides that a pool can declare: devices by number, huge pages by bytes.
        daemons: How many pods of DaemonSets and of the node itself run there; 0 where pods may not be read.
    """

    name: str
    labels: Mapping[str, str]
    taints: tuple[Taint, ...]
    ready: bool
    cordoned: bool
    cpu: str
    memory: str
    gpus: Gpus | None
    provider_id: str = ""
    pods: int | None = None
    storage: str = "0"
    extended: Mapping[str, int] = field(default_factory=dict)
    daemons: int = 0

    @property
    def room_for_pods(self) -> int | None:
        """The most pods that it takes beside those of daemons; None where it does not say it."""
        return None if self.pods is None else max(self.pods - self.daemons, 0)

    def units(self, resource: str) -> int:
        """Return how many units of `resource` the node offers."""
        return self.gpus.units(resource) if self.gpus else 0


@dataclass(frozen=True, slots=True)
class GpuPod:
    """A pod that asks for GPUs or slices and has not ended.

    Attributes:
        namespace: Its namespace.
        name: Its name.
        node: The node it is bound to; None where it waits for one.
        requests: Units by resource name.
        service: The LLMInferenceService of Slicewise that it belongs to; None for everybody else's pods.
        counts_for: All that it counts for, CPU and memory too.
        priority: Its priority.
        preempts: Whether room may be made for it at the expense of pods of lower priority.
        is_prefill: Whether it is of a prefill workload.
    """

    namespace: str
    name: str
    node: str | None
    requests: Mapping[str, int]
    service: str | None
    counts_for: PodResources = NO_RESOURCES
    priority: int = 0
    preempts: bool = True
    is_prefill: bool = False


@dataclass(frozen=True, slots=True)
class NodeGroupBounds:
    """How far cluster-autoscaler may grow a group of nodes, as its status in `kube-system` says.

    Attributes:
        group: The cloud's name of the group.
        smallest: The fewest nodes.
        largest: The most nodes.
    """

    group: str
    smallest: int
    largest: int


class Readable(StrEnum):
    """What is read of a cluster beside its nodes, as the API calls it; a user may be refused each by itself."""

    PODS = "pods"
    CONFIG_MAPS = "configmaps"
    SERVICES = "llminferenceservices"
    NAMESPACES = "namespaces"
    LIMIT_RANGES = "limitranges"
    RESOURCE_QUOTAS = "resourcequotas"
    PRIORITY_CLASSES = "priorityclasses"


@dataclass(frozen=True, slots=True)
class LiveCluster:
    """What was read of a cluster.

    Attributes:
        nodes: Its nodes, by name.
        pods: The pods that hold or wait for GPUs, by namespace and name.
        bounds: What cluster-autoscaler says of its node groups; empty where it does not run.
        serves_kserve: Whether the API server knows LLMInferenceServices.
        namespaces: The names of its namespaces.
        services: Its LLMInferenceServices, by namespace and name.
        rules: What each namespace allows, by its name.
        priorities: Its priority classes.
        unread: What this user may not read; then what depends on it is not known, and is given above as if there were
            none. Nodes are always read.
        uid: The cluster's identity, the uid of its namespace kube-system; None where namespaces may not be read.
        known_uid: That of the cluster that has the environment's services, as an earlier plan knows it.
        unserved: The kinds that plans may need and the API server does not know, each with the versions of its group
            that it does; as far as this user may ask.
        gateways: Its Gateways, by namespace and name; None where this user may not read them.
        routes: The HTTPRoutes that KServe made, each by its service; None where this user may not read them.
        named: What was looked for by name, as far as this user may read it.
    """

    nodes: tuple[LiveNode, ...]
    pods: tuple[GpuPod, ...]
    bounds: tuple[NodeGroupBounds, ...]
    serves_kserve: bool
    namespaces: frozenset[str]
    unread: tuple[Readable, ...] = ()
    services: Mapping[ServiceKey, LiveService] = field(default_factory=dict)
    rules: Mapping[str, NamespaceRules] = field(default_factory=dict)
    priorities: tuple[Priority, ...] = ()
    uid: str | None = None
    known_uid: str | None = None
    unserved: Mapping[ApiKind, tuple[str, ...]] = field(default_factory=dict)
    gateways: Mapping[tuple[str, str], LiveGateway] | None = None
    routes: Mapping[ServiceKey, LiveRoute] | None = None
    named: NamedObjects = field(default_factory=dict)

    def lacks_namespace(self, namespace: str) -> bool:
        """Return whether `namespace` is not there, which is not known where this user may not list namespaces."""
        return Readable.NAMESPACES not in self.unread and namespace not in self.namespaces
