"""What `discover` writes of a cluster, `verify` finds true."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from embedded.labelled_nodes import bare_metal, eks_cluster, gke_cluster, single_strategy
from embedded.nodes import FakePool
from slicewise.inventory.discovery import describe_cluster
from slicewise.inventory.verification import verify
from slicewise.placement import make_plan
from tests.unit.inventory.kubernetes_json import node_json, pod_json
from tests.unit.inventory.test_discovery import cluster_of, loaded


@pytest.mark.parametrize("pools", [bare_metal, single_strategy, gke_cluster, eks_cluster])
def test_nothing_differs(pools: Callable[[], list[FakePool]]) -> None:
    nodes = [
        node_json(name, pool.labels, pool.resources, taints=pool.taints)
        for pool in pools()
        for name in pool.node_names()
    ]
    # Somebody holds one unit of everything.
    held = [
        pod_json(f"{resource}-{name}", {resource: 1}, name)
        for pool in pools()
        for name in pool.node_names()[:1]
        for resource, units in pool.resources.items()
        if units
    ]
    cluster = cluster_of(nodes, held)
    fleet = loaded(describe_cluster(cluster, "prod", "prod-kubeconfig"))
    result = verify(fleet, make_plan(fleet), {"prod": cluster})
    assert result.differences == ()
    assert sum(pool.units for pool in result.pools) == sum(
        int(units) for pool in pools() for units in pool.resources.values() for _ in pool.node_names()
    )
