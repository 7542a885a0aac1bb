"""What pods ask for: whole GPUs, slices, or either under the same name."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from policies.rules.reading.fields import Field
from policies.rules.reading.node_labels import NodeLabels, required_labels
from policies.rules.reading.pod_specs import Pod
from slicewise.kubernetes import (
    COMPUTE_INSTANCE_SLICES_LABEL,
    GKE_PARTITION_LABEL,
    GPU_INSTANCE_SLICES_LABEL,
    MIG_CONFIG_LABEL,
    MULTIPROCESSORS_LABEL,
    PRODUCT_LABEL,
    quantity_value,
)
from slicewise.mig import WHOLE_GPU_RESOURCE, canonical_profile_name, parse_profile_name

_VENDOR: Final = "nvidia.com/"
# Also what is spelled wrong: the rule about spelling must see it, and so must those about slices.
_SLICE: Final = re.compile(r"nvidia\.com/(mig.*|.*[0-9]+g[.-]?[0-9]+gb.*)", re.IGNORECASE)
_WHOLE: Final = re.compile(r"nvidia\.com/gpu(\.shared)?")
# A slice of which no label tells the profile.
UNNAMED: Final = ""

# Only nodes whose GPUs are cut have these: GKE's, and GPU feature discovery's under strategy single (internal/lm).
_OF_SLICES: Final = (
    GKE_PARTITION_LABEL,
    GPU_INSTANCE_SLICES_LABEL,
    COMPUTE_INSTANCE_SLICES_LABEL,
    MULTIPROCESSORS_LABEL,
)


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

    @property
    def count(self) -> Decimal | None:
        """How many, or None where that is not a quantity."""
        return quantity_value(self.amount.text())


def is_slice_name(resource: str) -> bool:
    """Return whether `resource` is meant as a MIG slice, however it is spelled."""
    return _SLICE.fullmatch(resource) is not None


def is_gpu_name(resource: str) -> bool:
    """Return whether `resource` is meant as whole GPUs or as slices."""
    return _WHOLE.fullmatch(resource) is not None or is_slice_name(resource)


def is_asked_for(amount: Field) -> bool:
    """Return whether `amount` of a resource is any: kube-scheduler passes over what is 0."""
    return quantity_value(amount.text()) != 0


def gpu_requests(container: Field) -> list[GpuRequest]:
    """Return the GPU resources that `container` asks for, each once."""
    found: dict[str, GpuRequest] = {}
    for kind in ("limits", "requests"):
        for name, amount in container["resources"][kind].entries().items():
            if is_gpu_name(name) and is_asked_for(amount):
                found.setdefault(name, GpuRequest(name, amount))
    return list(found.values())


def pod_requests(pod: Pod) -> list[GpuRequest]:
    """Return the GPU resources of all containers of `pod`."""
    return [request for container in pod.containers for request in gpu_requests(container)]


def selected_profiles(pod: Pod) -> frozenset[str | None]:
    """Return what `nvidia.com/gpu` may be on the nodes that `pod` requires: slices of these profiles.

    None is among them where it may be a whole GPU, or where no label says what it is.
    """
    return frozenset(profile for labels in required_labels(pod) for profile in _profiles(labels)) or frozenset((None,))


def _profiles(labels: NodeLabels) -> frozenset[str | None]:
    said = [frozenset(map(read, labels.values.get(label, ()))) for label, read in _PROFILE_LABELS.items()]
    for profiles in said:
        if profiles and None not in profiles:
            return profiles
    possible = frozenset[str | None]().union(*said)
    if any(map(labels.requires, _OF_SLICES)):
        return frozenset(profile or UNNAMED for profile in possible) or frozenset((UNNAMED,))
    return possible | {None}


def _profile(text: str) -> str | None:
    profile = canonical_profile_name(text)
    return profile if parse_profile_name(profile) else None


# The labels that tell slices under the name nvidia.com/gpu, and how each tells the profile.
_PROFILE_LABELS: Final[dict[str, Callable[[str], str | None]]] = {
    GKE_PARTITION_LABEL: _profile,
    PRODUCT_LABEL: lambda text: _profile(text.removesuffix("-SHARED").partition("-MIG-")[2]),
    MIG_CONFIG_LABEL: lambda text: _profile(text.removeprefix("all-")),
}


def is_slice(request: GpuRequest, pod: Pod) -> bool:
    """Return whether `request` is for slices, by its name or by all the nodes that `pod` is for."""
    return request.names_slice or None not in selected_profiles(pod)


def profiles_of(request: GpuRequest, pod: Pod) -> frozenset[str | None]:
    """Return the profiles that `request` may get, by its name or by the labels that `pod` requires.

    None is among them where it may get a whole GPU.
    """
    if request.name == WHOLE_GPU_RESOURCE or not request.names_slice:
        return selected_profiles(pod)
    return frozenset((canonical_profile_name(request.name.removeprefix(_VENDOR)),))
