"""What a node offers to pods besides its GPUs: CPU, memory, disk, how many pods it takes, and by name all else."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import AfterValidator, Field, StrictStr, TypeAdapter, ValidationError

from slicewise.documents.amounts import NodeCores, NodeMemory, WholeAmount
from slicewise.documents.base import Count, Frozen, is_dns_subdomain
from slicewise.documents.patterns import Pattern
from slicewise.mig import is_gpu_resource
from slicewise.sources import UnusableTextError

USUAL_PODS: Final = 110
"""Pods that a node takes unless the kubelet's `maxPods` says otherwise (Kubernetes, kubelet configuration)."""
MOST_EXTENDED: Final = 16
"""The most extended resources of a node."""

# k8s.io/kubernetes/pkg/apis/core/v1/helper, IsExtendedResourceName: a qualified name with a prefix.
_DEVICE: Final = (
    r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
)
DEVICE_NAME: Final = Pattern(
    f"^{_DEVICE}$",
    "the name of an extended resource, as kubectl describe node shows it, with what is before the slash: rdma/ib",
)
RESOURCE_NAME: Final = Pattern(
    f"^({_DEVICE}|hugepages-[1-9][0-9]*[KMGT]i)$",
    "the name of an extended resource, as kubectl describe node shows it, with what is before the slash: rdma/ib; or "
    "of huge pages: hugepages-2Mi",
)


def _countable(name: str) -> str:
    """Refuse what is no extended resource, and GPUs, which are counted by other fields."""
    prefix = name.partition("/")[0]
    if "/" in name and not is_dns_subdomain(prefix):
        raise UnusableTextError("has too long a name before the slash", "write at most 253 characters").for_pydantic()
    if prefix == "kubernetes.io" or prefix.endswith(".kubernetes.io") or prefix.startswith("requests."):
        raise UnusableTextError(
            "is a name that Kubernetes keeps for itself", "write a device plugin's resource, for example rdma/ib"
        ).for_pydantic()
    if is_gpu_resource(name):
        raise UnusableTextError(
            "is counted already", "leave it out: GPUs and slices follow from acceleratorCount and migConfiguration"
        ).for_pydantic()
    return name


def is_declarable(resource: str) -> bool:
    """Return whether `extendedResources` of a pool may have a resource of a node's `status.allocatable`."""
    try:
        _RESOURCE.validate_python(resource)
    except ValidationError:
        return False
    return True


DeviceName = Annotated[StrictStr, DEVICE_NAME.field(317), AfterValidator(_countable)]
"""The name of an extended resource that is not a GPU."""
ResourceName = Annotated[StrictStr, RESOURCE_NAME.field(317), AfterValidator(_countable)]
"""The name of an extended resource that is not a GPU, or of huge pages."""
_RESOURCE: Final = TypeAdapter(ResourceName)
ExtendedResources = Annotated[dict[ResourceName, WholeAmount], Field(max_length=MOST_EXTENDED)]
"""Extended resources by name, with how many; huge pages with their bytes."""


class Allocatable(Frozen):
    """What a node offers to pods besides its GPUs (`kubectl get node NODE -o jsonpath={.status.allocatable}`)."""

    cpu: NodeCores | None = None
    """CPU cores."""
    memory: NodeMemory | None = None
    """Main memory, in bytes."""
    pods: Count = USUAL_PODS
    """Pods that a node takes beside those of daemons: the kubelet's maxPods less what runs on every node anyway."""
    ephemeral_storage: NodeMemory | None = None
    """Ephemeral storage, in bytes: the disk to which models are downloaded."""
    extended_resources: ExtendedResources = Field(default_factory=dict)
    """All that it offers besides, for example {rdma/ib: 8}; where anything is declared, it has nothing else."""
