"""Rules of an environment's cluster: the block that goes with its source, and one way to reach it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from slicewise.diagnostics import Code, Diagnostic, FieldPath
from slicewise.documents.cluster import Cluster, ClusterSource

_AT: Final[FieldPath] = ("spec", "cluster")
_WAYS: Final = {"secretRef": "secret_ref", "gke": "gke", "eks": "eks"}


def check_cluster_block(cluster: Cluster) -> Iterator[Diagnostic]:
    """Yield what is wrong with where `cluster` comes from."""
    blocks = {source: getattr(cluster, source.block) for source in ClusterSource}
    wanted = cluster.source.block
    if blocks[cluster.source] is None:
        message = f'"{wanted}" is required in spec.cluster'
        remedy = "add it"
        yield Diagnostic.error(Code.MISSING_FIELD, message, remedy, field=(*_AT, wanted))
    for source, block in blocks.items():
        if block is not None and source is not cluster.source:
            there = f" and remove {wanted}" if blocks[cluster.source] is not None else ""
            message = f"source {cluster.source} takes no {source.block} block"
            remedy = f'remove it, or write "source: {source}"{there}'
            yield Diagnostic.error(Code.CLUSTER_BLOCK, message, remedy, field=(*_AT, source.block))
    if cluster.existing is not None:
        ways = [name for name, field in _WAYS.items() if getattr(cluster.existing, field) is not None]
        if not ways:
            message = (
                "one of secretRef, gke and eks is required: a secret with the kubeconfig, or which cluster of "
                "Google Cloud or AWS it is"
            )
            yield Diagnostic.error(Code.CLUSTER_BLOCK, message, field=(*_AT, "existing"))
        for extra in ways[1:]:
            message = f"the cluster is reached by {ways[0]} already"
            remedy = "leave one of the two out"
            yield Diagnostic.error(Code.CLUSTER_BLOCK, message, remedy, field=(*_AT, "existing", extra))
