"""A stack whose cluster has nodes of its own for a while."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.cluster.workloads import Workloads, more_nodes
from tests.engine.workspace import Workspace

if TYPE_CHECKING:
    from embedded.cluster import EmbeddedCluster
    from embedded.fake_nodes import FakePool


@contextmanager
def stack_on_nodes(
    cluster: EmbeddedCluster, nodes: Sequence[FakePool], environment: str, workloads: Workloads, directory: Path
) -> Iterator[Workspace]:
    """Yield a stack that reaches the cluster as `environment`; services go before the nodes."""
    with more_nodes(cluster, nodes):
        stack = Workspace.create(directory)
        stack.set_config(f'kubeconfigs["{environment}"]', cluster.plane.kubeconfig, secret=True)
        try:
            yield stack
        finally:
            workloads.delete(*workloads.services())
