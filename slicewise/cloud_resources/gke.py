"""The node pools of a GKE cluster: what each is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from slicewise.cloud_resources.boot_disks import disk_size_gb
from slicewise.documents import GkeCluster, NodePool, added_labels, cloud_labels, gke_zones
from slicewise.kubernetes import GKE_ACCELERATOR_LABEL


@dataclass(frozen=True, slots=True)
class GkePool:
    """A node pool of GKE.

    Attributes:
        name: Its name.
        machine_type: The Compute Engine machine type of its nodes.
        accelerator: GKE's name of the GPU model.
        accelerators: Physical GPUs of one node.
        partition_size: The MIG profile that GKE cuts every GPU into, in the driver's spelling; None for whole GPUs.
        disk_size_gb: The boot disk of a node, in GB.
        zones: Where its nodes are.
        labels: The labels that GKE does not set by itself.
        nodes_per_zone: How many nodes it begins with in each zone: GKE counts by zone.
        limits: The fewest and the most nodes in all zones together; None where their number is fixed.
    """

    name: str
    machine_type: str | None
    accelerator: str
    accelerators: int
    partition_size: str | None
    disk_size_gb: int
    zones: tuple[str, ...]
    labels: Mapping[str, str]
    nodes_per_zone: int
    limits: tuple[int, int] | None


def gke_pool(pool: NodePool, gke: GkeCluster) -> GkePool:
    """Return what `pool`, of a document without errors, is made of on the cluster `gke`."""
    zones = gke_zones(pool, gke)
    return GkePool(
        name=pool.name,
        machine_type=pool.machine_type,
        accelerator=cloud_labels(pool, gke)[GKE_ACCELERATOR_LABEL],
        accelerators=pool.accelerator_count,
        partition_size=pool.mig.profile if pool.mig else None,
        disk_size_gb=disk_size_gb(pool),
        zones=tuple(sorted(zones)),
        labels=added_labels(pool, gke),
        nodes_per_zone=pool.node_count // len(zones),
        limits=(pool.node_count, pool.nodes) if pool.nodes > pool.node_count else None,
    )
