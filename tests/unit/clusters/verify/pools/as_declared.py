"""Documents, and clusters that have what they declare."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tests.documents import Document, deployment, environment, model, pool, profile, slices
from tests.unit.clusters.built_clusters import ENVIRONMENT, cluster_of, gfd

if TYPE_CHECKING:
    from collections.abc import Callable

    from slicewise.clusters.live.facts import (
        LiveCluster,
        LiveNode,
    )

SLICE = "nvidia.com/mig-3g.40gb"
ERROR, WARNING = "error", "warning"
SMALL = model("small", profile("slice", memoryPerGpu="30Gi", mig="only"))
LARGE = model("large", profile("whole", memoryPerGpu="70Gi", mig="never"))
NODE = model("node", profile("node", memoryPerGpu="70Gi", mig="never", gpusPerNode=8))


def here(*pools: Document, more: tuple[Document, ...] = ()) -> tuple[tuple[Document, ...], LiveCluster]:
    """Return documents with these pools, and the cluster that they declare."""
    declared = environment(ENVIRONMENT, *pools)
    return (declared, *more), cluster_of(declared)


def two_pools(**fields: object) -> tuple[tuple[Document, ...], LiveCluster]:
    """Return two nodes of slices, with these fields, and two of whole GPUs; both are in use."""
    return here(
        slices("cut", "3g.40gb", **({"nodeCount": 2, "memoryPerGpu": "39Gi", "allocatable": {"cpu": "64"}} | fields)),
        pool("whole", nodeCount=2),
        more=(SMALL, LARGE, deployment("chat", "small", replicas=4), deployment("big", "large", replicas=2)),
    )


def mig(profile_name: str, strategy: str = "mixed", **more: object) -> Callable[[LiveNode], LiveNode]:
    """Return a change of a node's GPUs: eight H100s cut otherwise."""
    return lambda each: replace(each, gpus=gfd(8, profile_name, strategy, **more))


def shared_pool(reserved: int = 0, replicas: int = 2) -> tuple[tuple[Document, ...], LiveCluster]:
    return here(
        pool("whole", nodeCount=2, reservedUnits=reserved),
        more=(LARGE, deployment("big", "large", replicas=replicas)),
    )
