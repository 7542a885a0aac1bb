"""What pods ask for: whole GPUs, slices, or either under the same name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from policies.rules.fields import Field
from policies.rules.workloads import Pod
from slicewise.mig import WHOLE_GPU_RESOURCE, canonical_profile_name, parse_profile_name

_VENDOR: Final = "nvidia.com/"
# Also what is spelled wrong: the rule about spelling must see it, and so must those about slices.
_SLICE: Final = re.compile(r"nvidia\.com/(mig.*|.*[0-9]+g[.-]?[0-9]+gb.*)", re.IGNORECASE)
_WHOLE: Final = re.compile(r"nvidia\.com/gpu(\.shared)?")

GKE_PARTITION_LABEL: Final = "cloud.google.com/gke-gpu-partition-size"
GKE_ACCELERATOR_LABEL: Final = "cloud.google.com/gke-accelerator"
PRODUCT_LABEL: Final = "nvidia.com/gpu.product"
MIG_CONFIG_LABEL: Final = "nvidia.com/mig.config"


@dataclass(frozen=True, slots=True)
class GpuRequest:
    """One GPU resource that a container asks for."""

    name: str
    amount: Field
    """The limit, or the request where there is no limit."""

    @property
    def names_slice(self) -> bool:
        """Whether the name alone says that it is a slice."""
        return is_slice_name(self.name)


def is_slice_name(resource: str) -> bool:
    """Return whether `resource` is meant as a MIG slice, however it is spelled."""
    return _SLICE.fullmatch(resource) is not None


def gpu_requests(container: Field) -> list[GpuRequest]:
    """Return the GPU resources of `container`, each once."""
    found: dict[str, GpuRequest] = {}
    for kind in ("limits", "requests"):
        for name, amount in container["resources"][kind].entries().items():
            if _WHOLE.fullmatch(name) or is_slice_name(name):
                found.setdefault(name, GpuRequest(name, amount))
    return list(found.values())


def pod_requests(pod: Pod) -> list[GpuRequest]:
    """Return the GPU resources of all containers of `pod`."""
    return [request for container in pod.containers for request in gpu_requests(container)]


def selected_profile(pod: Pod) -> str | None:
    """Return the MIG profile that the pod's nodeSelector asks for: there `nvidia.com/gpu` is a slice."""
    selector = pod.spec["nodeSelector"]
    texts = (
        selector[GKE_PARTITION_LABEL].text() or "",
        (selector[PRODUCT_LABEL].text() or "").partition("-MIG-")[2],
        (selector[MIG_CONFIG_LABEL].text() or "").removeprefix("all-"),
    )
    profiles = (canonical_profile_name(text) for text in texts)
    return next((profile for profile in profiles if parse_profile_name(profile)), None)


def is_slice(request: GpuRequest, pod: Pod) -> bool:
    """Return whether `request` is for slices, by its name or by the nodes that `pod` is for."""
    return request.names_slice or selected_profile(pod) is not None


def profile_of(request: GpuRequest, pod: Pod) -> str | None:
    """Return the MIG profile that `request` gets, as far as its name or the pod's nodeSelector says."""
    if request.name == WHOLE_GPU_RESOURCE or not request.names_slice:
        return selected_profile(pod)
    return canonical_profile_name(request.name.removeprefix(_VENDOR))
