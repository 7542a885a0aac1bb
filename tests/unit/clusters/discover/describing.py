"""Nodes, described: the document that discovering writes, loaded."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from slicewise.clusters.discover.discovery import describe_cluster
from slicewise.clusters.live.facts import LiveCluster, NodeGroupBounds, Readable
from slicewise.clusters.live.gpu_pods import gpu_pods
from slicewise.clusters.live.nodes import live_node
from slicewise.documents import Fleet, load_fleet
from tests.unit.clusters.kubernetes_json import Json, node_json

if TYPE_CHECKING:
    from collections.abc import Sequence

GPU = "nvidia.com/gpu"
H100 = "NVIDIA-H100-80GB-HBM3"
POOL = "cloud.google.com/gke-nodepool"


def cluster_of(nodes: Sequence[Json], pods: Sequence[Json] = (), bounds: Sequence[NodeGroupBounds] = ()) -> LiveCluster:
    live = tuple(map(live_node, nodes))
    return LiveCluster(live, gpu_pods(pods), tuple(bounds), serves_kserve=True, namespaces=frozenset())


def loaded(text: str) -> Fleet:
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory, "environment.yaml")
        file.write_text(text, encoding="utf-8")
        return load_fleet([str(file)])


def described(
    nodes: Sequence[Json],
    pods: Sequence[Json] = (),
    bounds: Sequence[NodeGroupBounds] = (),
    unread: tuple[Readable, ...] = (),
) -> tuple[dict[str, Json], list[str]]:
    """Return the pools by name, and the comments; the text loads."""
    cluster = replace(cluster_of(nodes, pods, bounds), unread=unread)
    text = describe_cluster(cluster, "prod", "prod-kubeconfig")
    loaded(text)
    comments = [line.strip().removeprefix("# ") for line in text.splitlines() if line.strip().startswith("#")]
    return {pool["name"]: pool for pool in yaml.safe_load(text)["spec"]["nodePools"]}, comments


def gfd(name: str, profile: str | None = None, units: int = 8, **labels: str) -> Json:
    """Return a node with eight H100s, cut into slices of a profile under strategy mixed."""
    product = {"nvidia.com/gpu.product": H100, "nvidia.com/gpu.count": "8", "nvidia.com/gpu.memory": "81559"}
    resource = f"nvidia.com/mig-{profile}" if profile else GPU
    renamed = {key.replace("__", "/").replace("_", "."): value for key, value in labels.items()}
    return node_json(name, product | renamed, {resource: units})
