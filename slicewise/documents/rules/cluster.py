"""Rules of an environment's cluster: the block that goes with its source, and one way to reach it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from slicewise.diagnostics import Code, FieldPath
from slicewise.documents.cluster import Cluster, ClusterSource
from slicewise.documents.rules.finding import Finding

_AT: Final[FieldPath] = ("spec", "cluster")
_WAYS: Final = {"secretRef": "secret_ref", "gke": "gke", "eks": "eks"}


def check_cluster(cluster: Cluster) -> Iterator[Finding]:
    """Yield what is wrong with where `cluster` comes from."""
    blocks = {source: getattr(cluster, source.block) for source in ClusterSource}
    wanted = cluster.source.block
    if blocks[cluster.source] is None:
        message = f'"{wanted}" is required in spec.cluster; add it'
        yield Finding((*_AT, wanted), Code.MISSING_FIELD, message)
    for source, block in blocks.items():
        if block is not None and source is not cluster.source:
            there = f" and remove {wanted}" if blocks[cluster.source] is not None else ""
            message = (
                f'source {cluster.source} takes no {source.block} block; remove it, or write "source: {source}"{there}'
            )
            yield Finding((*_AT, source.block), Code.CLUSTER_BLOCK, message)
    if cluster.existing is not None:
        ways = [name for name, field in _WAYS.items() if getattr(cluster.existing, field) is not None]
        if not ways:
            message = (
                "one of secretRef, gke and eks is required: a secret with the kubeconfig, or which cluster of "
                "Google Cloud or AWS it is"
            )
            yield Finding((*_AT, "existing"), Code.CLUSTER_BLOCK, message)
        for extra in ways[1:]:
            message = f"the cluster is reached by {ways[0]} already; leave one of the two out"
            yield Finding((*_AT, "existing", extra), Code.CLUSTER_BLOCK, message)
