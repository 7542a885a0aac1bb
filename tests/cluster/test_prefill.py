"""Prefill workloads on the real control plane: what KServe makes of them, and of adding and removing them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from lightkube.resources.apps_v1 import Deployment

from embedded.api_client import connect
from embedded.cluster import EmbeddedCluster
from embedded.fake_nodes import FakePool
from slicewise.manifests import placement_objects
from slicewise.planning import make_plan
from tests.cluster.workloads import GPU, SLICE, Workloads
from tests.documents import Document, deployment, environment, fleet_of, model, pool, profile, slices

if TYPE_CHECKING:
    from collections.abc import Iterator

    from slicewise.documents import Fleet

pytestmark = [pytest.mark.xdist_group("cluster"), pytest.mark.long]

NODES = (
    FakePool("pre-whole", 2, labels={"pool": "whole"}, resources={GPU: 8}),
    FakePool("pre-slices", 1, labels={"pool": "slices"}, resources={SLICE: 16}),
)


@pytest.fixture(scope="module")
def with_webhooks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedCluster]:
    with EmbeddedCluster.start(tmp_path_factory.mktemp("cluster"), NODES, kserve_webhooks=True) as cluster:
        yield cluster


def fleet(namespace: str, prefill: Document | None) -> Fleet:
    serving = profile("tp4", gpusPerNode=4, memoryPerGpu="70Gi", mig="never")
    if prefill:
        serving["prefill"] = prefill
    return fleet_of(
        [
            environment("env", pool("whole", nodeCount=2), slices("slices", "3g.40gb")),
            model("m", serving),
            deployment("chat", "m", replicas=2, namespace=namespace),
        ]
    )


def apply(workloads: Workloads, declared: Fleet) -> None:
    (placement,) = make_plan(declared).placements
    (service,) = placement_objects(declared, placement)
    workloads.apply(service)


ON_SLICES = {"replicas": 3, "replicaTopology": {"requires": {"memoryPerGpu": "30Gi", "mig": "only"}}}


def test_explore(with_webhooks: EmbeddedCluster, numbers: Iterator[int]) -> None:
    with Workloads.in_namespace(with_webhooks.plane, f"test-{next(numbers)}") as workloads:
        apply(workloads, fleet(workloads.namespace, None))
        workloads.wait_ready("chat")
        apply(workloads, fleet(workloads.namespace, ON_SLICES))
        import time
        time.sleep(15)
        from embedded.kserve_kinds import LLMInferenceService
        with connect(with_webhooks.plane) as client:
            got = client.get(LLMInferenceService, "chat", namespace=workloads.namespace)
            print(got.get("status", {}).get("conditions"))
            for each in client.list(Deployment, namespace=workloads.namespace):
                print(each.metadata.name, each.metadata.labels, each.spec.selector.matchLabels, each.spec.replicas)
        for each in workloads.pods():
            print(each)
        assert 0
