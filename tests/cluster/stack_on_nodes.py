"""A stack whose cluster has nodes of its own for a while."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from lightkube.resources.core_v1 import Node

from embedded.api_client import connect
from embedded.deadlines import wait_until
from embedded.fake_nodes import FakePool, add_nodes, nodes_ready
from tests.engine.workspace import Workspace

if TYPE_CHECKING:
    from embedded.cluster import EmbeddedCluster
    from tests.cluster.workloads import Workloads


@contextmanager
def stack_on_nodes(
    cluster: EmbeddedCluster, nodes: Sequence[FakePool], environment: str, workloads: Workloads, directory: Path
) -> Iterator[Workspace]:
    """Yield a stack that reaches the cluster as `environment`; services go before the nodes."""
    add_nodes(cluster.plane, nodes)
    with connect(cluster.plane) as client:
        wait_until("nodes ready", lambda: nodes_ready(client), seconds=300)
        stack = Workspace.create(directory)
        stack.set_config(f'kubeconfigs["{environment}"]', cluster.plane.kubeconfig, secret=True)
        try:
            yield stack
        finally:
            # A pod that waits keeps KServe's controller busy without end.
            workloads.delete(*workloads.services())
            for fake in nodes:
                for name in fake.node_names():
                    client.delete(Node, name)
