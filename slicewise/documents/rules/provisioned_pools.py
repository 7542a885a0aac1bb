"""Rules of a cluster that the stack provisions: the cloud can make its pools, and their nodes will be found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from slicewise.diagnostics import Code, Diagnostic, FieldPath, counted, quoted
from slicewise.documents.cloud_nodes import cloud_labels, gke_zones, mig_labels, pool_label
from slicewise.documents.cluster import Cluster, ClusterSource, EksCluster, GkeCluster
from slicewise.documents.environment import NodePool

SYSTEM_POOL: Final = "slicewise-system"
"""The name of the pool, beside those declared, that runs the cluster's own controllers."""

# GKE API: names of clusters and node pools. On EKS, names of IAM roles are made of it, and may have 64 characters.
_LONGEST_CLUSTER_NAME: Final = 40
# Domains whose labels are set by Kubernetes, by clouds or by NVIDIA's software, and accepted from nothing else.
_RESERVED: Final = ("kubernetes.io", "k8s.io", "cloud.google.com", "gke.io", "amazonaws.com", "nvidia.com")


def check_machine_type_of_existing(pool: NodePool, cluster: Cluster, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield a `machineType` where the cluster exists already."""
    yield from _only_provisioned(cluster, (*path, "machineType"), there=pool.machine_type is not None)


def check_disk_of_existing(pool: NodePool, cluster: Cluster, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield a `diskSizeGb` where the cluster exists already."""
    yield from _only_provisioned(cluster, (*path, "diskSizeGb"), there=pool.disk_size_gb is not None)


def check_zones_of_existing(pool: NodePool, cluster: Cluster, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield `zones` where the cluster exists already."""
    yield from _only_provisioned(cluster, (*path, "zones"), there=bool(pool.zones))


def _only_provisioned(cluster: Cluster, field: FieldPath, *, there: bool) -> Iterator[Diagnostic]:
    if there and cluster.existing and cluster.source is ClusterSource.EXISTING:
        message = "it is for clusters that the stack makes, and source is Existing"
        remedy = "leave it out"
        yield Diagnostic.error(Code.ONLY_PROVISIONED, message, remedy, field=field)


def check_cluster_name(name: str, cluster: Cluster) -> Iterator[Diagnostic]:
    """Yield why the cloud would not take the environment's `name` as that of the cluster."""
    if cluster.provisioned is None:
        return
    if len(name) > _LONGEST_CLUSTER_NAME:
        message = (
            f"the cluster gets this name, and {cluster.source} takes at most {_LONGEST_CLUSTER_NAME} characters "
            f"(it has {len(name)})"
        )
        remedy = "choose a shorter one"
        yield Diagnostic.error(
            Code.CLOUD_NAME,
            message,
            remedy,
            field=("metadata", "name"),
            most=_LONGEST_CLUSTER_NAME,
            characters=len(name),
        )
    if cluster.source is ClusterSource.GKE and not name[0].isalpha():
        message = "the cluster gets this name, which must begin with a letter on GKE"
        remedy = "choose another"
        yield Diagnostic.error(Code.CLOUD_NAME, message, remedy, field=("metadata", "name"))


def check_machine_type_is_there(pool: NodePool, cluster: Cluster, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield that the pool at `path` says of no machine what the cloud is to make."""
    if cluster.provisioned is not None and pool.machine_type is None:
        message = f'"machineType" is required where the stack makes the cluster (source {cluster.source})'
        remedy = "add it"
        yield Diagnostic.error(Code.MISSING_FIELD, message, remedy, field=(*path, "machineType"))


def check_pool_name(pool: NodePool, cluster: Cluster, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield why the cloud would not take the name of the pool at `path`."""
    if cluster.provisioned is None:
        return
    if pool.name == SYSTEM_POOL:
        message = f'"{SYSTEM_POOL}" is the pool of the cluster\'s own controllers, which is made too'
        remedy = "choose another name"
        yield Diagnostic.error(Code.CLOUD_NAME, message, remedy, field=(*path, "name"))
    if cluster.source is ClusterSource.GKE and not pool.name[0].isalpha():
        message = "on GKE the name of a node pool must begin with a letter"
        remedy = "choose another"
        yield Diagnostic.error(Code.CLOUD_NAME, message, remedy, field=(*path, "name"))


def check_selector(pool: NodePool, cluster: Cluster, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield what no node of the pool that the cloud makes would carry: its pods would stay Pending."""
    made = cluster.provisioned
    if made is None:
        return
    at: FieldPath = (*path, "nodeSelector")
    certain = f"{pool_label(made)}: {pool.name}"
    if not pool.node_selector:
        message = "it says by which labels the pool's nodes are found"
        remedy = f"write {certain}"
        yield Diagnostic.error(Code.PROVISIONED_LABEL, message, remedy, field=at)
    known = cloud_labels(pool, made) | mig_labels(pool, made)
    for key, value in pool.node_selector.items():
        if not isinstance(value, str):
            message = "the stack makes the pool's nodes alike, so each label has one value on all of them"
            remedy = f"write {quoted(known.get(key, value[0]))}"
            yield Diagnostic.error(Code.PROVISIONED_LABEL, message, remedy, field=(*at, key), found=list(value))
        elif key in known:
            if known[key] != value:
                given = quoted(known[key])
                message = f"the pool's nodes get {given} here, so none would be found"
                remedy = f"write {given}"
                yield Diagnostic.error(
                    Code.PROVISIONED_LABEL, message, remedy, field=(*at, key), found=value, expected=known[key]
                )
        elif _is_reserved(key):
            message = (
                "a node pool cannot be given this label: the cloud, Kubernetes or NVIDIA's software sets it, or "
                "nothing does"
            )
            remedy = f"use a key of your own, which the nodes then get, or {certain}"
            yield Diagnostic.error(Code.PROVISIONED_LABEL, message, remedy, field=(*at, key))


def _is_reserved(key: str) -> bool:
    domain = key.partition("/")[0] if "/" in key else ""
    return any(domain == reserved or domain.endswith(f".{reserved}") for reserved in _RESERVED)


def check_zones(pool: NodePool, cluster: Cluster, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield what is wrong with where the cloud would make the nodes of the pool at `path`, and how many."""
    match cluster.provisioned:
        case GkeCluster() as gke:
            yield from _zones(pool, gke, path)
        case EksCluster():
            yield from _only_gke(pool, path)


def _zones(pool: NodePool, gke: GkeCluster, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield what is wrong with the zones of a pool of GKE, which makes as many nodes in each."""
    zones, at = gke_zones(pool, gke), (*path, "zones")
    if not zones:
        message = '"zones" is required where location is a region: its zones do not all have these GPUs'
        remedy = f"write one or more, for example [{gke.location}-a]"
        yield Diagnostic.error(Code.MISSING_FIELD, message, remedy, field=at)
        return
    for number, zone in enumerate(pool.zones):
        if not zone.startswith(f"{gke.region}-"):
            message = f"{quoted(zone)} is not a zone of {gke.region}, where the cluster is"
            remedy = f"write one such as {gke.region}-a"
            yield Diagnostic.error(Code.ZONES, message, remedy, field=(*at, number))
        elif zone in pool.zones[:number]:
            yield Diagnostic.error(Code.ZONES, f"{quoted(zone)} is there already", "leave it out", field=(*at, number))
    if pool.node_count % len(zones):
        message = (
            f"GKE makes as many nodes in each zone, and {pool.node_count} cannot be shared out evenly over {len(zones)}"
        )
        remedy = f"write {_even(pool.node_count, len(zones))}, or change the zones"
        yield Diagnostic.error(
            Code.ZONES, message, remedy, field=(*path, "nodeCount"), nodes=pool.node_count, zones=len(zones)
        )


def _only_gke(pool: NodePool, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield what GKE does for a pool and EKS does not."""
    if pool.zones:
        message = "on EKS nodes run in the subnets of spec.cluster.eks.subnetIds"
        remedy = "leave zones out"
        yield Diagnostic.error(Code.ONLY_PROVISIONED, message, remedy, field=(*path, "zones"))
    if pool.nodes > pool.node_count:
        message = (
            "Slicewise installs no autoscaler on EKS, and until one runs the pool stays at "
            f"{counted(pool.node_count, 'node')} while capacity counts {pool.nodes}"
        )
        remedy = "install one as docs/provisioning.md says, or leave maxNodeCount out"
        yield Diagnostic.warning(
            Code.NOTHING_ADDS_NODES,
            message,
            remedy,
            field=(*path, "maxNodeCount"),
            nodes=pool.node_count,
            maximum=pool.nodes,
        )


def _even(count: int, zones: int) -> str:
    """Write the numbers of nodes next to `count` that are as many in each zone."""
    fewer = count - count % zones
    return f"{fewer} or {fewer + zones}" if fewer else str(zones)
