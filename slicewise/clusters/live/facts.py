"""What is known of a live node and its GPUs, whoever labelled it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from slicewise.clusters.live.device_classes import LiveDeviceClass
from slicewise.clusters.live.gateways import LiveGateway
from slicewise.clusters.live.gpus import Gpus
from slicewise.clusters.live.named_objects import NamedObjects
from slicewise.clusters.live.namespace_rules import NamespaceRules, Priority
from slicewise.clusters.live.published_slices import PublishedPool
from slicewise.clusters.live.rights import Right
from slicewise.clusters.live.routes import LiveRoute
from slicewise.clusters.live.served_kinds import ApiKind
from slicewise.clusters.live.services import LiveService, ServiceKey
from slicewise.kubernetes import NO_RESOURCES, PodResources


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
        driver_gpus: Its GPUs as NVIDIA's DRA driver publishes them; None where it does not serve the node. `gpus` is
            what labels and the device plugin say.
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
    driver_gpus: Gpus | None = None

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
    RESOURCE_SLICES = "resourceslices"
    DEVICE_CLASSES = "deviceclasses"
    """Only where there are ResourceSlices, as the next two."""
    RESOURCE_CLAIMS = "resourceclaims"
    TAINT_RULES = "devicetaintrules"

    @property
    def right(self) -> Right:
        """What reading it needs."""
        return _NOT_LISTED.get(self) or Right(_GROUPS.get(self, ""), self.value, "list", None)


_GROUPS: Final = {
    Readable.SERVICES: "serving.kserve.io",
    Readable.PRIORITY_CLASSES: "scheduling.k8s.io",
    **dict.fromkeys(
        (Readable.RESOURCE_SLICES, Readable.DEVICE_CLASSES, Readable.RESOURCE_CLAIMS, Readable.TAINT_RULES),
        "resource.k8s.io",
    ),
}
# The one that has what cluster-autoscaler says.
_NOT_LISTED: Final = {Readable.CONFIG_MAPS: Right("", Readable.CONFIG_MAPS.value, "get", "kube-system")}


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
        version: The version of its Kubernetes, without the v; None where it does not say it.
        published: The pools of devices of all DRA drivers, by driver and name.
        device_classes: Its DeviceClasses; empty where no driver publishes devices.
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
    version: str | None = None
    published: tuple[PublishedPool, ...] = ()
    device_classes: tuple[LiveDeviceClass, ...] = ()

    def lacks_namespace(self, namespace: str) -> bool:
        """Return whether `namespace` is not there, which is not known where this user may not list namespaces."""
        return Readable.NAMESPACES not in self.unread and namespace not in self.namespaces
