"""Which labels of nodes are good for a nodeSelector: those that stay, and say what a pool is."""

from __future__ import annotations

import re
from typing import Final

from slicewise.clusters.live.group_names import POOL_LABELS, is_generated
from slicewise.documents import LABEL_VALUE, is_label_key
from slicewise.kubernetes import (
    GKE_ACCELERATOR_LABEL,
    GKE_PARTITION_LABEL,
    HOSTNAME_LABEL,
    INSTANCE_TYPE_LABEL,
    MIG_CONFIG_LABEL,
    PRODUCT_LABEL,
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
_PRODUCT: Final = ".product"
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


def rank(key: str, values: frozenset[str] = frozenset()) -> Rank:
    """Return the order of a label: pools first, then what GPUs say, then what people wrote, last a node's own name.

    Before that come lists of values, and behind these names of groups of nodes that are generated.
    """
    if any(is_generated(key, value) for value in values):
        return (6, 0, key)
    if len(values) > 1:
        return (5, POOL_LABELS.index(key) if key in POOL_LABELS else len(POOL_LABELS), key)
    for place, names in enumerate((POOL_LABELS, _GPU_LABELS)):
        if key in names:
            return (place, names.index(key), key)
    if key == HOSTNAME_LABEL:
        return (7, 0, key)
    if _COUNTED.fullmatch(key):
        return (4, 0 if key.endswith(_PRODUCT) else 1, key)
    return (3, 0, key) if _TOPOLOGY.fullmatch(key) else (2, 0, key)
