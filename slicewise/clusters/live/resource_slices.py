"""Which nodes have their GPUs from NVIDIA's DRA driver: those of its ResourceSlices.

Source: kubernetes-sigs/dra-driver-nvidia-gpu, v0.5.0; resource.k8s.io, ResourceSliceSpec.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from slicewise.clusters.live.facts import LiveNode
from slicewise.clusters.live.gpus import NoOffer
from slicewise.kubernetes import items, mapping, text

RESOURCE_GROUP: Final = "resource.k8s.io"
RESOURCE_SLICE_VERSIONS: Final = ("v1", "v1beta2", "v1beta1")
"""The versions that have `spec.driver`, `nodeName` and `devices`, the newest first."""
_DRIVER: Final = "gpu.nvidia.com"


def asks_for_slices(nodes: Iterable[LiveNode]) -> bool:
    """Return whether ResourceSlices could say why nodes offer no GPUs."""
    return any(node.gpus and not node.gpus.offers for node in nodes)


def with_dra(nodes: Iterable[LiveNode], slices: Iterable[Mapping[str, Any]]) -> tuple[LiveNode, ...]:
    """Return the nodes, and of those that offer nothing whether NVIDIA's DRA driver has their GPUs.

    Args:
        nodes: The nodes.
        slices: ResourceSlices as the API server writes them (resource.k8s.io, JSON).
    """
    specs = [mapping(each.get("spec")) for each in slices]
    ours = (each for each in specs if each.get("driver") == _DRIVER and items(each.get("devices")))
    served = {text(each.get("nodeName")) for each in ours}
    return tuple(
        replace(node, gpus=replace(node.gpus, no_offer=NoOffer.DRA))
        if node.gpus and not node.gpus.offers and node.name in served
        else node
        for node in nodes
    )
