"""The nodes of a pool that the stack provisions: the labels that the cloud and the stack give them, and their zones."""

from __future__ import annotations

from slicewise.documents.cluster import Cluster, ClusterSource, EksCluster, GkeCluster
from slicewise.documents.environment import NodePool
from slicewise.kubernetes import (
    EKS_POOL_LABEL,
    GKE_ACCELERATOR_LABEL,
    GKE_PARTITION_LABEL,
    GKE_POOL_LABEL,
    INSTANCE_TYPE_LABEL,
    MIG_CONFIG_LABEL,
    REGION_LABEL,
    ZONE_LABEL,
)
from slicewise.mig import GpuModel, gke_accelerator, known_gpu_model, kubernetes_spelling, layout_name


def catalogued(pool: NodePool) -> GpuModel | None:
    """Return the catalogue's model of the GPUs of `pool`; None if it has none with the name, or several."""
    return known_gpu_model(pool.accelerator_type)


def pool_label(made: GkeCluster | EksCluster) -> str:
    """Return the label in which the cloud writes a pool's name on each of its nodes."""
    return GKE_POOL_LABEL if isinstance(made, GkeCluster) else EKS_POOL_LABEL


def cloud_labels(pool: NodePool, made: GkeCluster | EksCluster) -> dict[str, str]:
    """Return the labels that the cloud gives to the nodes of `pool`, as far as their values are known beforehand."""
    return _gke_labels(pool, made) if isinstance(made, GkeCluster) else _eks_labels(pool, made)


def added_labels(pool: NodePool, made: GkeCluster | EksCluster) -> dict[str, str]:
    """Return the labels that the stack has to give to the nodes of `pool`, so that its nodeSelector finds them."""
    given = cloud_labels(pool, made)
    # A list is refused where the stack makes the nodes.
    written = {key: value for key, value in pool.node_selector.items() if isinstance(value, str) and key not in given}
    return written | mig_labels(pool, made)


def mig_labels(pool: NodePool, made: GkeCluster | EksCluster) -> dict[str, str]:
    """Return the label by which the GPUs of `pool` are cut; empty on GKE, which cuts them by itself."""
    profile = pool.mig.profile if pool.mig else None
    if isinstance(made, GkeCluster) or profile is None:
        return {}
    return {MIG_CONFIG_LABEL: layout_name(profile)}


def _gke_labels(pool: NodePool, gke: GkeCluster) -> dict[str, str]:
    labels = {GKE_POOL_LABEL: pool.name, REGION_LABEL: gke.region}
    model = catalogued(pool)
    if model and (accelerator := gke_accelerator(model.name, pool.machine_type)):
        labels[GKE_ACCELERATOR_LABEL] = accelerator
    if pool.mig and pool.mig.profile:
        labels[GKE_PARTITION_LABEL] = kubernetes_spelling(pool.mig.profile)
    zones = gke_zones(pool, gke)
    if len(zones) == 1:
        labels[ZONE_LABEL] = zones[0]
    return labels | _machine(pool)


def _eks_labels(pool: NodePool, eks: EksCluster) -> dict[str, str]:
    return {EKS_POOL_LABEL: pool.name, REGION_LABEL: eks.region} | _machine(pool)


def _machine(pool: NodePool) -> dict[str, str]:
    return {INSTANCE_TYPE_LABEL: pool.machine_type} if pool.machine_type else {}


def gke_zones(pool: NodePool, gke: GkeCluster) -> tuple[str, ...]:
    """Return the zones of the nodes of `pool`; empty if they are not given."""
    return pool.zones or ((gke.location,) if gke.zonal else ())


def nodes_at_a_time(pool: NodePool, cluster: Cluster) -> int:
    """Return what `nodeCount` of `pool` must be a multiple of: GKE creates as many nodes in each zone."""
    gke = cluster.gke if cluster.source is ClusterSource.GKE else None
    return max(len(gke_zones(pool, gke)), 1) if gke else 1
