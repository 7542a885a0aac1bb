"""Nodes of several node groups, as clouds label them, that differ in nothing but the names of these and their zones."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from slicewise.clusters.discover.discovery import describe_cluster
from slicewise.clusters.verify.verification import compare_clusters
from slicewise.planning import make_plan
from tests.unit.clusters.discover.describing import GPU, H100, cluster_of, loaded
from tests.unit.clusters.kubernetes_json import Json, node_json

ZONE = "topology.kubernetes.io/zone"
MACHINE = "node.kubernetes.io/instance-type"
NODEGROUP = "eks.amazonaws.com/nodegroup"
CLASS = "cloud.google.com/compute-class"
GKE_POOL = "cloud.google.com/gke-nodepool"
PARTITION = "cloud.google.com/gke-gpu-partition-size"
ACCELERATOR = "cloud.google.com/gke-accelerator"
KARPENTER = "karpenter.sh/nodepool"
AGENTPOOL = "kubernetes.azure.com/agentpool"


def eks(name: str, group: str, zone: str, **labels: str) -> Json:
    """Return eight H100s cut into 3g.40gb of an EKS managed node group, labelled by the GPU Operator."""
    own = {
        NODEGROUP: group,
        "alpha.eksctl.io/nodegroup-name": group,
        "alpha.eksctl.io/instance-id": f"i-{name}",
        MACHINE: "p5.48xlarge",
        ZONE: f"eu-central-1{zone}",
        "topology.k8s.aws/zone-id": f"euc1-az-{zone}",
        "eks.amazonaws.com/nodegroup-image": f"ami-{group}",
        "nvidia.com/gpu.product": H100,
        "nvidia.com/gpu.count": "8",
        "nvidia.com/mig.strategy": "mixed",
        "nvidia.com/mig.config": "all-3g.40gb",
        "nvidia.com/mig.config.state": "success",
        "nvidia.com/mig-3g.40gb.count": "16",
        "nvidia.com/mig-3g.40gb.memory": "40448",
    }
    return node_json(name, own | labels, {"nvidia.com/mig-3g.40gb": 16})


def auto_provisioned(name: str, pool: str, zone: str, **labels: str) -> Json:
    """Return eight H100s in 3g.40gb of a node pool that GKE has made for the ComputeClass small-slices."""
    own = {
        GKE_POOL: pool,
        CLASS: "small-slices",
        ACCELERATOR: "nvidia-h100-80gb",
        PARTITION: "3g.40gb",
        "cloud.google.com/gke-accelerator-count": "8",
        MACHINE: "a3-highgpu-8g",
        ZONE: f"europe-west4-{zone}",
    }
    taint = {"key": CLASS, "value": "small-slices", "effect": "NoSchedule"}
    return node_json(name, own | labels, {GPU: 16}, taints=[taint])


def changed(node: Json, *path: str, to: Any) -> Json:  # noqa: ANN401 - a value of a Node object
    """Return a node with another value at `path`; None takes it out."""
    node = deepcopy(node)
    within = node
    for part in path[:-1]:
        within = within[part]
    if to is None:
        del within[path[-1]]
    else:
        within[path[-1]] = to
    return node


def labelled(node: Json, labels: Mapping[str, str]) -> Json:
    """Return a node with more labels, or other values of its own."""
    return changed(node, "metadata", "labels", to=node["metadata"]["labels"] | dict(labels))


def verifies(nodes: list[Json]) -> list[str]:
    """Return what verifying says of the document that discovering writes."""
    cluster = cluster_of(nodes)
    fleet = loaded(describe_cluster(cluster, "prod", "prod-kubeconfig"))
    result = compare_clusters(fleet, make_plan(fleet), {"prod": cluster})
    return [str(each) for each in result.differences]
