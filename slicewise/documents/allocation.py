"""How a pod gets its slices or GPUs: from NVIDIA's device plugin, or from its DRA driver."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final

from pydantic import StrictStr

from slicewise.documents.patterns import Pattern


class Allocation(StrEnum):
    """How the pods of a pool ask for slices or GPUs (Kubernetes: device plugins, dynamic resource allocation)."""

    DEVICE_PLUGIN = "devicePlugin"
    """By a resource that NVIDIA's device plugin advertises: `nvidia.com/mig-3g.40gb`."""
    EXTENDED_RESOURCE = "extendedResource"
    """By the same resource, which a DeviceClass of Kubernetes answers with devices of NVIDIA's DRA driver."""
    CLAIM = "claim"
    """By a ResourceClaimTemplate, with devices of NVIDIA's DRA driver."""


CLUSTER_VERSION: Final = Pattern(
    r"^1\.[0-9]{1,2}(\.[0-9A-Za-z.+-]+)?$", "the version of the cluster's Kubernetes, for example 1.36 or 1.36.2"
)
ClusterVersion = Annotated[StrictStr, CLUSTER_VERSION.field(40)]
"""What `kubectl version` calls the server's, without the v: `1.36`, `1.36.2`, `1.36.2-gke.1043000`, `1.36.2+k3s1`."""

OLDEST_RELEASE: Final[dict[Allocation, str]] = {
    # DRAExtendedResource is alpha and off in 1.34, alpha in 1.35, on from 1.36 (pkg/features/kube_features.go).
    Allocation.EXTENDED_RESOURCE: "1.36",
    # resource.k8s.io/v1 is served by default from 1.34.
    Allocation.CLAIM: "1.34",
}
"""The first Kubernetes that has what an allocation needs, without setting feature gates."""


def is_before_release(version: str, release: str) -> bool:
    """Return whether a cluster's version, such as `1.34.2-gke.100`, is of an older release than `1.36`."""
    return _release(version) < _release(release)


def _release(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")[:2]))
