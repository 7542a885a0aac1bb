"""Nodes that are labelled as NVIDIA's tools and GKE do, and clusters of such nodes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from slicewise.clusters.live.facts import LiveCluster, LiveNode
from slicewise.clusters.live.nodes import live_node
from tests.documents import Document, environment, pool
from tests.unit.clusters.built_clusters import ENVIRONMENT, GPU, gfd, node
from tests.unit.clusters.kubernetes_json import node_json

PRODUCT = "nvidia.com/gpu.product"
PARTITION = "cloud.google.com/gke-gpu-partition-size"
H100 = "NVIDIA-H100-80GB-HBM3"


def cluster(*nodes: LiveNode) -> LiveCluster:
    return LiveCluster(nodes, (), (), serves_kserve=True, namespaces=frozenset({"team"}))


def declared(*pools: Document) -> tuple[Document, ...]:
    return (environment(ENVIRONMENT, *pools),)


def single(name: str, cut: str, units: int, **labels: str) -> LiveNode:
    """Return eight H100s under strategy single, as GPU feature discovery v0.20 labels them."""
    suffix, count = (f"-MIG-{cut}", units) if cut else ("", 8)
    gfd_labels = {PRODUCT: f"{H100}{suffix}", "nvidia.com/gpu.count": str(count), "nvidia.com/mig.strategy": "single"}
    return live_node(node_json(name, gfd_labels | labels, {GPU: units} if units else {}))


def gke(name: str, partition: str, units: int) -> LiveNode:
    """Return eight H100s as GKE labels them, which calls every slice nvidia.com/gpu."""
    labels = {"cloud.google.com/gke-accelerator": "nvidia-h100-80gb", "cloud.google.com/gke-accelerator-count": "8"}
    return live_node(node_json(name, labels | {PARTITION: partition}, {GPU: units}))


def cordoned(each: LiveNode) -> LiveNode:
    return replace(each, cordoned=True)


def selecting(selector: Mapping[str, object], **fields: object) -> tuple[Document, ...]:
    return (environment(ENVIRONMENT, pool("whole", nodeSelector=selector, **fields)),)


def labelled(*labels: dict[str, str]) -> LiveCluster:
    nodes = tuple(node(f"n-{number}", gfd(8), each) for number, each in enumerate(labels))
    return LiveCluster(nodes, (), (), serves_kserve=True, namespaces=frozenset())
