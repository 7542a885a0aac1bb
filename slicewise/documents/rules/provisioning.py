"""Rules of a cluster that the stack provisions: the cloud can make its pools, and their nodes will be found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from slicewise.diagnostics import Code, FieldPath, quoted
from slicewise.documents.cluster import Cluster, ClusterSource, EksCluster, GkeCluster
from slicewise.documents.environment import NodePool
from slicewise.documents.node_labels import cloud_labels, gke_zones, mig_labels, pool_label
from slicewise.documents.rules.finding import Finding
from slicewise.documents.rules.judged_entry import POOLS, Part
from slicewise.documents.rules.provisioned_gpus import check_provisioned_gpus

SYSTEM_POOL: Final = "slicewise-system"
"""The name of the pool, beside those declared, that runs the cluster's own controllers."""

# GKE API: names of clusters and node pools. On EKS, names of IAM roles are made of it, and may have 64 characters.
_LONGEST_CLUSTER_NAME: Final = 40
_ONLY_PROVISIONED: Final = {"machineType": "machine_type", "diskSizeGb": "disk_size_gb", "zones": "zones"}
# What the labels are made of that the cloud gives to a pool's nodes.
_SELECTED_BY: Final = (
    "name",
    "nodeSelector",
    "acceleratorType",
    "machineType",
    "zones",
    "capabilities.migConfiguration",
)
# Domains whose labels are set by Kubernetes, by clouds or by NVIDIA's software, and accepted from nothing else.
_RESERVED: Final = ("kubernetes.io", "k8s.io", "cloud.google.com", "gke.io", "amazonaws.com", "nvidia.com")


def check_provisioning(cluster: Cluster, parts: Sequence[Part[NodePool]], name: str | None) -> Iterator[Finding]:
    """Yield what keeps a cloud from making a cluster; of one that exists, what is only for those.

    Args:
        cluster: Where the cluster comes from.
        parts: Its pools.
        name: The environment's name; None where that is wrong.
    """
    if cluster.existing and cluster.source is ClusterSource.EXISTING:
        yield from _fields_of_none(parts)
    made = cluster.provisioned
    if made is None:
        return
    if name is not None:
        yield from _cluster_name(name, cluster)
    for part in parts:
        pool, path = part.value, (*POOLS, part.index)
        if pool.machine_type is None and part.right("machineType"):
            message = f'"machineType" is required where the stack makes the cluster (source {cluster.source}); add it'
            yield Finding((*path, "machineType"), Code.MISSING_FIELD, message)
        if part.right("name"):
            yield from _pool_name(pool, cluster, path)
        if part.right(*_SELECTED_BY):
            yield from _selector(pool, made, path)
        if part.right("zones", "nodeCount", "maxNodeCount"):
            yield from _zones(pool, made, path) if isinstance(made, GkeCluster) else _only_gke(pool, path)
    yield from check_provisioned_gpus(parts, made)


def _fields_of_none(parts: Sequence[Part[NodePool]]) -> Iterator[Finding]:
    for part in parts:
        for name, field in _ONLY_PROVISIONED.items():
            if getattr(part.value, field):
                message = "it is for clusters that the stack makes, and source is Existing; leave it out"
                yield Finding((*POOLS, part.index, name), Code.ONLY_PROVISIONED, message)


def _cluster_name(name: str, cluster: Cluster) -> Iterator[Finding]:
    if len(name) > _LONGEST_CLUSTER_NAME:
        message = (
            f"the cluster gets this name, and {cluster.source} takes at most {_LONGEST_CLUSTER_NAME} characters "
            f"(it has {len(name)}); choose a shorter one"
        )
        yield Finding(("metadata", "name"), Code.CLOUD_NAME, message)
    if cluster.source is ClusterSource.GKE and not name[0].isalpha():
        message = "the cluster gets this name, which must begin with a letter on GKE; choose another"
        yield Finding(("metadata", "name"), Code.CLOUD_NAME, message)


def _pool_name(pool: NodePool, cluster: Cluster, path: FieldPath) -> Iterator[Finding]:
    if pool.name == SYSTEM_POOL:
        message = (
            f'"{SYSTEM_POOL}" is the pool of the cluster\'s own controllers, which is made too; choose another name'
        )
        yield Finding((*path, "name"), Code.CLOUD_NAME, message)
    if cluster.source is ClusterSource.GKE and not pool.name[0].isalpha():
        message = "on GKE the name of a node pool must begin with a letter; choose another"
        yield Finding((*path, "name"), Code.CLOUD_NAME, message)


def _selector(pool: NodePool, made: GkeCluster | EksCluster, path: FieldPath) -> Iterator[Finding]:
    """Yield what no node of the pool would carry: its pods would stay Pending."""
    at: FieldPath = (*path, "nodeSelector")
    certain = f"{pool_label(made)}: {pool.name}"
    if not pool.node_selector:
        message = f"it says by which labels the pool's nodes are found; write {certain}"
        yield Finding(at, Code.PROVISIONED_LABEL, message)
    known = cloud_labels(pool, made) | mig_labels(pool, made)
    for key, value in pool.node_selector.items():
        if key in known:
            if known[key] != value:
                given = quoted(known[key])
                message = f"the pool's nodes get {given} here, so none would be found; write {given}"
                yield Finding((*at, key), Code.PROVISIONED_LABEL, message)
        elif _is_reserved(key):
            message = (
                "a node pool cannot be given this label: the cloud, Kubernetes or NVIDIA's software sets it, or "
                f"nothing does; use a key of your own, which the nodes then get, or {certain}"
            )
            yield Finding((*at, key), Code.PROVISIONED_LABEL, message)


def _is_reserved(key: str) -> bool:
    domain = key.partition("/")[0] if "/" in key else ""
    return any(domain == reserved or domain.endswith(f".{reserved}") for reserved in _RESERVED)


def _zones(pool: NodePool, gke: GkeCluster, path: FieldPath) -> Iterator[Finding]:
    """Yield what is wrong with the zones of a pool of GKE, which makes as many nodes in each."""
    zones, at = gke_zones(pool, gke), (*path, "zones")
    if not zones:
        message = (
            f'"zones" is required where location is a region: its zones do not all have these GPUs; '
            f"write one or more, for example [{gke.location}-a]"
        )
        yield Finding(at, Code.MISSING_FIELD, message)
        return
    for number, zone in enumerate(pool.zones):
        if not zone.startswith(f"{gke.region}-"):
            message = (
                f"{quoted(zone)} is not a zone of {gke.region}, where the cluster is; write one such as {gke.region}-a"
            )
            yield Finding((*at, number), Code.ZONES, message)
        elif zone in pool.zones[:number]:
            yield Finding((*at, number), Code.ZONES, f"{quoted(zone)} is there already; leave it out")
    if pool.node_count % len(zones):
        message = (
            f"GKE makes as many nodes in each zone, and {pool.node_count} cannot be shared out evenly over "
            f"{len(zones)}; write {_even(pool.node_count, len(zones))}, or change the zones"
        )
        yield Finding((*path, "nodeCount"), Code.ZONES, message)


def _only_gke(pool: NodePool, path: FieldPath) -> Iterator[Finding]:
    """Yield what GKE does for a pool and EKS does not."""
    if pool.zones:
        message = "on EKS nodes run in the subnets of spec.cluster.eks.subnetIds; leave zones out"
        yield Finding((*path, "zones"), Code.ONLY_PROVISIONED, message)
    if pool.nodes > pool.node_count:
        message = (
            f"Slicewise installs no autoscaler on EKS, and until one runs the pool stays at {pool.node_count} nodes "
            f"while capacity counts {pool.nodes}; install one as docs/provisioning.md says, or leave maxNodeCount out"
        )
        yield Finding((*path, "maxNodeCount"), Code.NOTHING_ADDS_NODES, message)


def _even(count: int, zones: int) -> str:
    """Write the numbers of nodes next to `count` that are as many in each zone."""
    fewer = count - count % zones
    return f"{fewer} or {fewer + zones}" if fewer else str(zones)
