"""The Kubernetes resources under which the NVIDIA device plugin advertises GPUs and their slices."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from slicewise.mig.profiles import kubernetes_spelling

WHOLE_GPU_RESOURCE: Final = "nvidia.com/gpu"
_SLICE: Final = "nvidia.com/mig-"


class MigStrategy(StrEnum):
    """How the device plugin advertises slices (k8s-device-plugin v0.20, `--mig-strategy`)."""

    MIXED = "mixed"
    """One resource a profile: `nvidia.com/mig-3g.40gb`."""
    SINGLE = "single"
    """Every slice of the node is one `nvidia.com/gpu`; GKE's own device plugin does the same."""


def is_gpu_resource(resource: str) -> bool:
    """Return whether containers get GPUs or slices by a resource, also `nvidia.com/gpu.shared`."""
    return resource.startswith((WHOLE_GPU_RESOURCE, _SLICE))


def resource_name(profile: str | None, strategy: MigStrategy) -> str:
    """Return the resource that a pod requests to get one unit of a pool.

    The spelling is that of k8s-device-plugin v0.20, internal/rm/rm.go: `mig-` before the profile, every `+` written
    `.`, a `-` kept; older versions leave the suffix out (`plain_profile`). `1g.10gb+me` becomes
    `nvidia.com/mig-1g.10gb.me`, `1g.24gb-me` becomes `nvidia.com/mig-1g.24gb-me`.

    Args:
        profile: A profile in the driver's spelling, or None for a pool of whole GPUs.
        strategy: The device plugin's strategy; without a profile it makes no difference.

    Returns:
        A qualified Kubernetes resource name, provided that `profile` is a well-formed profile name.
    """
    if profile is None or strategy is MigStrategy.SINGLE:
        return WHOLE_GPU_RESOURCE
    return f"{_SLICE}{kubernetes_spelling(profile)}"
