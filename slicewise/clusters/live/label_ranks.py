"""Which labels of nodes are good for a nodeSelector: those that stay, and say what a pool is."""

from __future__ import annotations

import re
from typing import Final

from slicewise.documents import LABEL_VALUE, is_label_key
from slicewise.kubernetes import (
    EKS_POOL_LABEL,
    GKE_ACCELERATOR_LABEL,
    GKE_PARTITION_LABEL,
    GKE_POOL_LABEL,
    HOSTNAME_LABEL,
    INSTANCE_TYPE_LABEL,
    MIG_CONFIG_LABEL,
    PRODUCT_LABEL,
)

# Labels in which clouds and tools write a pool's name: GKE, EKS, eksctl, Karpenter, AKS, Cluster API, Gardener,
# DigitalOcean, Scaleway, Akamai; the first is what a person writes for Slicewise.
POOL_LABELS: Final = (
    "slicewise.dev/pool",
    GKE_POOL_LABEL,
    EKS_POOL_LABEL,
    "alpha.eksctl.io/nodegroup-name",
    "karpenter.sh/nodepool",
    "kubernetes.azure.com/agentpool",
    "node.cluster.x-k8s.io/pool",
    "worker.gardener.cloud/pool",
    "doks.digitalocean.com/node-pool",
    "k8s.scaleway.com/pool-name",
    "lke.linode.com/pool-id",
)
_GPU_LABELS: Final = (
    GKE_PARTITION_LABEL,
    PRODUCT_LABEL,
    GKE_ACCELERATOR_LABEL,
    MIG_CONFIG_LABEL,
    INSTANCE_TYPE_LABEL,
)
# Labels that change with drivers, images, health or time, or that repeat another label.
_PASSING: Final = re.compile(
    r"nvidia\.com/(?:gfd|cuda|gpu\.deploy|gpu-driver|driver|vgpu|mig\.config\.state|gpu\.replicas|mig-.*\.replicas|"
    r"(?:gpu|mig-.*)\.sharing-strategy|gpu\.present|gpu\.mode)\b.*"
    r"|feature\.node\.kubernetes\.io/.*|beta\.kubernetes\.io/.*|failure-domain\.beta\.kubernetes\.io/.*"
    r"|eks\.amazonaws\.com/(?:nodegroup-image|sourceLaunchTemplate.*)|kubernetes\.azure\.com/node-image-version"
    r"|cloud\.google\.com/gke-gpu-driver-version|node\.kubernetes\.io/exclude-.*|karpenter\.sh/(?:registered|initialized)"
)
# What a device plugin counts: the last resort before a node's own name, for layouts that nothing else tells apart.
_COUNTED: Final = re.compile(r"nvidia\.com/.*")
_TOPOLOGY: Final = re.compile(r"topology\..*")

# What GPU feature discovery says of one GPU model; of which, in a node of several, the order of a Go map decides.
_OF_ONE_MODEL: Final = re.compile(r"nvidia\.com/(?:gpu|mig-[0-9a-z.-]+)\..*")

Rank = tuple[int, int, str]


def is_stable(key: str, value: str) -> bool:
    """Return whether a label may be used in a nodeSelector."""
    return is_label_key(key) and LABEL_VALUE.fits(value) and not _PASSING.fullmatch(key)


def describes_gpus(key: str) -> bool:
    """Return whether a label describes GPUs of one model, so that it may change by itself in a node of several."""
    return bool(_OF_ONE_MODEL.fullmatch(key))


def rank(key: str) -> Rank:
    """Return the order of a label: pools first, then what GPUs say, then what people wrote, last a node's own name."""
    for place, names in enumerate((POOL_LABELS, _GPU_LABELS)):
        if key in names:
            return (place, names.index(key), key)
    if key == HOSTNAME_LABEL:
        return (5, 0, key)
    if _COUNTED.fullmatch(key):
        return (4, 0, key)
    return (3, 0, key) if _TOPOLOGY.fullmatch(key) else (2, 0, key)
