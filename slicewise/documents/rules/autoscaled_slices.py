"""Pools that an autoscaler may grow, and whose slices or devices it cannot foresee on a node that is not there yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from slicewise.diagnostics import Code, Diagnostic, FieldPath, counted, some
from slicewise.documents.allocation import Allocation
from slicewise.documents.cluster import Cluster, ClusterSource
from slicewise.documents.environment import NodePool
from slicewise.documents.pool_offers import resources_of
from slicewise.documents.units import units_per_node
from slicewise.kubernetes import GKE_PARTITION_LABEL
from slicewise.mig import WHOLE_GPU_RESOURCE, MigStrategy

# A tag of the Auto Scaling group (kubernetes/autoscaler, cloudprovider/aws/README.md).
_TAG: Final = "k8s.io/cluster-autoscaler/node-template/resources"
_KARPENTER: Final = ("karpenter.sh", "karpenter.k8s.aws", "karpenter.azure.com")
# A flag of cluster-autoscaler, off by default.
_KNOWS_DEVICES: Final = "--enable-dynamic-resource-allocation"


def check_autoscaled_slices(pool: NodePool, cluster: Cluster, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield that nothing adds nodes to `pool` of an existing cluster, at `path`, for the slices that its pods ask for.

    cluster-autoscaler knows nvidia.com/gpu of a node that is not there, and no nvidia.com/mig-... unless it is told.
    """
    if cluster.source is not ClusterSource.EXISTING or pool.nodes <= pool.node_count:
        return
    if pool.allocation is not Allocation.DEVICE_PLUGIN:
        yield _unseen_devices(pool, path)
        return
    if pool.mig is None or pool.mig.strategy is not MigStrategy.MIXED:
        return
    # That such a pool never advertises its slices is said already, and has the same remedy.
    if (pool.mig.profile is None and not pool.mig.slices) or GKE_PARTITION_LABEL in pool.node_selector:
        return
    resources = [each for each in resources_of(pool) if each != WHOLE_GPU_RESOURCE]
    if pool.node_count:
        known = (
            "cluster-autoscaler learns them from a node that is there, and Karpenter does not: a node group of the "
            "pool that has none, such as one of another zone, is not foreseen"
        )
    else:
        known = "an autoscaler cannot foresee them on a node that is not there"
    asked = some(resources, between=" or ", word="or")
    yield _unseen(pool, path, f"pods ask for {asked}, and {known}", _remedy(pool, cluster, resources), resources[0])


def _unseen_devices(pool: NodePool, path: FieldPath) -> Diagnostic:
    """Return that autoscalers expect no devices of NVIDIA's DRA driver on nodes that are not there.

    Source: kubernetes/autoscaler issues 7724 and 10277 (an empty node group has none; otherwise those of a node of the
    group are copied), kubernetes-sigs/karpenter 2384 and 3228 (IGNORE_DRA_REQUESTS).
    """
    known = (
        "pods get devices of NVIDIA's DRA driver, which cluster-autoscaler foresees only where it has the flag "
        f"{_KNOWS_DEVICES} and a node of the same node group is there, and Karpenter does not foresee"
    )
    first = "" if pool.node_count else " and let the minimum of each of the pool's node groups be one node"
    remedy = f"give cluster-autoscaler {_KNOWS_DEVICES}{first}, or {_as_it_is(pool)}"
    return _unseen(pool, path, known, remedy, resources_of(pool)[0])


def _unseen(pool: NodePool, path: FieldPath, known: str, remedy: str, resource: str) -> Diagnostic:
    message = (
        f"{known}: capacity counts {counted(pool.nodes, 'node')}, and pods that need more than {pool.node_count} may "
        "stay Pending"
    )
    return Diagnostic.warning(
        Code.UNSEEN_BY_AUTOSCALERS,
        message,
        remedy,
        field=(*path, "maxNodeCount"),
        nodes=pool.node_count,
        maximum=pool.nodes,
        resource=resource,
    )


def _as_it_is(pool: NodePool) -> str:
    if pool.node_count:
        return f"write what is there as nodeCount and maxNodeCount: {pool.node_count}"
    return "keep nodes running all the time, and write how many as nodeCount and maxNodeCount"


def _remedy(pool: NodePool, cluster: Cluster, resources: Sequence[str]) -> str:
    """Say what to do, by whoever runs the nodes as far as that can be told."""
    domains = {key.partition("/")[0] for key in pool.node_selector}
    existing = cluster.existing
    ways = {
        "tag": "tag the Auto Scaling group "
        + " and ".join(f'{_TAG}/{each}: "{_on_a_node(pool, each)}"' for each in resources),
        "overlay": "write a NodeOverlay with capacity "
        + " and ".join(f'{each}: "{_on_a_node(pool, each)}"' for each in resources),
        "keep": "let the pool's minimum be one node, which it copies",
        "single": "let GKE cut all GPUs of a pool alike (profile and strategy: single)"
        if pool.mig and pool.mig.slices
        else "use strategy: single, for nvidia.com/gpu is known to GKE's autoscaler",
    }
    write = _as_it_is(pool)
    fixed = f"or {write}"
    # What is done already is not proposed.
    keep = "" if pool.node_count else f"{ways['keep']}, or "
    if domains.intersection(_KARPENTER):
        return f"{ways['overlay']}, {fixed}"
    if "kubernetes.azure.com" in domains:
        return f"AKS has no way to tell it: {keep}{write}"
    if "eks.amazonaws.com" in domains or (existing and existing.eks):
        return f"{ways['tag']} (with Karpenter {ways['overlay']}), {fixed}"
    if "cloud.google.com" in domains or (existing and existing.gke):
        return f"{ways['single']}, {fixed}"
    elsewhere = "" if pool.node_count else f"on AKS and elsewhere {ways['keep']}, "
    return f"on EKS {ways['tag']}, with Karpenter {ways['overlay']}, {elsewhere}{fixed}"


def _on_a_node(pool: NodePool, resource: str) -> int | str:
    """Return how many slices a node offers, or a placeholder where the catalogue does not know."""
    if pool.mig and pool.mig.slices:
        return sum(count for each, count in pool.mig.slices.items() if pool.mig.resource_of(each) == resource)
    return units_per_node(pool) or "SLICES-OF-A-NODE"
