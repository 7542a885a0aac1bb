"""A layout is applied: nodes are cut as proposed, the documents planned again, and every pod runs."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from embedded.cluster import EmbeddedCluster
from embedded.fake_nodes import FakePool
from slicewise.documents import NodePool, offers_of, units_per_node
from slicewise.layouts import FleetLayout, propose_for_fleet, proposed_documents, served_replicas
from tests.cluster.random_fleets import ENVIRONMENT
from tests.cluster.test_promise import namespace, nodes, planned_pods, schedule
from tests.documents import Document, deployment, environment, fleet_of, model, profile, slices

pytestmark = pytest.mark.xdist_group("cluster-pods")

SECONDS = 30.0
OTHERS = (
    model("small", profile("s", memoryPerGpu="9Gi"), cpu="1", memory="4Gi"),
    model("large", profile("s", memoryPerGpu="38Gi"), cpu="2", memory="8Gi"),
    deployment("small", "small", replicas=60),
    deployment("large", "large", replicas=30),
)


def applied(before: Document) -> tuple[FleetLayout, list[Document]]:
    """Return the proposal for an environment, and the documents with it."""
    found = propose_for_fleet(fleet_of([before, *OTHERS]), (), None, SECONDS)
    (text,) = proposed_documents(yaml.safe_dump(before), {each.state.key: each for each in found.pools})
    return found, [yaml.safe_load(text), *OTHERS]


def fake(pool: NodePool) -> FakePool:
    labels = {key: str(value) for key, value in pool.node_selector.items()}
    resources = {offer.resource: units_per_node(offer) or 0 for offer in offers_of(pool)}
    taint = {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}
    return FakePool(pool.name, pool.nodes, labels=labels, taints=(taint,), resources=resources)


@pytest.mark.parametrize("count", [1, 4], ids=["a pool cut anew", "a pool that is split"])
def test_every_pod_runs_on_nodes_that_are_cut_as_proposed(cluster: EmbeddedCluster, count: int) -> None:
    pools = [slices(f"layout-{count}", "3g.40gb", nodeCount=count, memoryPerGpu="39Gi")]
    if count == 1:
        pools.append(slices("layout-large", "7g.80gb", nodeCount=4, memoryPerGpu="79Gi"))
    found, documents = applied(environment(ENVIRONMENT, *pools))
    assert served_replicas(found.now) < served_replicas(found.proposed) == 90
    pods: list[dict[str, Any]] = planned_pods(tuple(documents))
    assert len(pods) == 90
    proposed = [fake(pool) for each in found.pools for pool in each.pools]
    with nodes(cluster, tuple(proposed)) as client, namespace(client, f"layout-{count}") as where:
        schedule(cluster, client, where, pods)
