"""What scales a service, on a real API server with KServe's and KEDA's kinds: accepted, and not fought over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from lightkube import Client
from lightkube.generic_resource import GenericNamespacedResource
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Namespace
from lightkube.types import PatchType

from embedded.api_client import connect
from embedded.control_plane import ControlPlane
from embedded.kserve_kinds import LLMInferenceService, LLMInferenceServiceConfig
from tests.documents import Document, deployment, environment, model, pool, profile, slices
from tests.engine.keda import ScaledObject
from tests.engine.workspace import Workspace

TINY = model("tiny", profile("any", memoryPerGpu="30Gi", mig="only"))
HUGE = model("huge", profile("two-nodes", nodes=2, gpusPerNode=8, memoryPerGpu="70Gi"))
POOLS = environment("mig-a", slices("slices", "3g.40gb"), pool("whole", nodeCount=4, multiNodeCapable=True))
NAMESPACE = "scaled"


def concurrency(**fields: int) -> Document:
    """Return the scaling block of a deployment."""
    return {"signal": "Concurrency", "concurrency": {"maxReplicas": 4, "target": 32} | fields}


@pytest.fixture
def cluster(keda: ControlPlane) -> Iterator[Client]:
    """A client of the API server; the namespace is there, and nothing is left in it."""
    with connect(keda) as client:
        client.apply(Namespace(metadata=ObjectMeta(name=NAMESPACE)))
        yield client
        for kind in (ScaledObject, LLMInferenceService, LLMInferenceServiceConfig):
            client.deletecollection(kind, namespace=NAMESPACE)


@pytest.fixture
def stack(workspace: Workspace, keda: ControlPlane) -> Workspace:
    """A stack that may reach the API server."""
    workspace.set_config('kubeconfigs["mig-a"]', keda.kubeconfig, secret=True)
    return workspace


def spec_of(client: Client, name: str) -> dict[str, Any]:
    """Return the spec of a ScaledObject in the cluster."""
    spec: dict[str, Any] = client.get(ScaledObject, name, namespace=NAMESPACE)["spec"]
    return spec


def chat(**scaling: int) -> Document:
    """Return an autoscaled deployment."""
    return deployment("chat", "tiny", namespace=NAMESPACE, scaling=concurrency(**scaling))


def test_what_scales_a_service_is_accepted_as_declared(stack: Workspace, cluster: Client) -> None:
    huge = deployment("huge", "huge", namespace=NAMESPACE, scaling=concurrency(maxReplicas=2))
    stack.write(POOLS, TINY, HUGE, chat(minReplicas=0), huge)

    assert stack.up().changes()["mig-a/scaled/chat-scaledobject"] == "create"

    spec = spec_of(cluster, "chat")
    assert spec["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "chat-kserve"}
    assert (spec["minReplicaCount"], spec["maxReplicaCount"], spec["cooldownPeriod"]) == (0, 4, 300)
    # The schema drops what it does not know; these it knows.
    assert spec["advanced"] == {
        "horizontalPodAutoscalerConfig": {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 300}}},
        "scalingModifiers": {"formula": "running + waiting", "metricType": "AverageValue", "target": "22.4"},
    }
    assert [(trigger["type"], trigger["name"]) for trigger in spec["triggers"]] == [
        ("metrics-api", "running"),
        ("metrics-api", "waiting"),
    ]
    assert spec_of(cluster, "huge-n2")["scaleTargetRef"] == {
        "apiVersion": "leaderworkerset.x-k8s.io/v1",
        "kind": "LeaderWorkerSet",
        "name": "huge-n2-kserve-mn",
    }
    assert stack.up().changes() == {}


def test_pulumi_does_not_fight_over_replicas(stack: Workspace, cluster: Client) -> None:
    stack.write(POOLS, TINY, chat())
    stack.up()
    # KServe keeps the number of its Deployment only where the service has none.
    assert "replicas" not in cluster.get(LLMInferenceService, "chat", namespace=NAMESPACE)["spec"]

    # What KEDA and people write: a label, an annotation that wakes it; and a number that somebody set by hand.
    written = {"labels": {"scaledobject.keda.sh/name": "chat"}, "annotations": {WAKE: "true"}}
    patch(cluster, ScaledObject, {"metadata": written})
    patch(cluster, LLMInferenceService, {"spec": {"replicas": 3}})

    assert stack.up().changes() == {}
    stack.pulumi("preview", "--refresh", "--expect-no-changes", "--stack", "test")
    kept = cluster.get(ScaledObject, "chat", namespace=NAMESPACE).metadata
    assert kept
    assert kept.annotations
    assert kept.annotations[WAKE] == "true"
    assert cluster.get(LLMInferenceService, "chat", namespace=NAMESPACE)["spec"]["replicas"] == 3


def test_other_numbers_change_the_scaler_alone(stack: Workspace, cluster: Client) -> None:
    stack.write(POOLS, TINY, chat())
    stack.up()

    stack.write(POOLS, TINY, chat(target=10, scaleDownDelay=3600))
    assert stack.up().changes() == {"mig-a/scaled/chat-scaledobject": "update"}
    advanced = spec_of(cluster, "chat")["advanced"]
    assert advanced["scalingModifiers"]["target"] == "7"
    assert advanced["horizontalPodAutoscalerConfig"]["behavior"]["scaleDown"] == {"stabilizationWindowSeconds": 3600}

    # A fixed number again: nothing scales it any more, and the service says how many.
    stack.write(POOLS, TINY, deployment("chat", "tiny", namespace=NAMESPACE, replicas=2))
    assert stack.up().changes() == {
        "mig-a/scaled/chat-service": "update",
        "mig-a/scaled/chat-scaledobject": "delete",
    }
    assert cluster.get(LLMInferenceService, "chat", namespace=NAMESPACE)["spec"]["replicas"] == 2
    assert list(cluster.list(ScaledObject, namespace=NAMESPACE)) == []


def test_the_scaler_goes_with_its_service_to_a_new_name(stack: Workspace, cluster: Client) -> None:
    huge = deployment("huge", "huge", namespace=NAMESPACE, scaling=concurrency(maxReplicas=2))
    stack.write(POOLS, model("huge", profile("one-node", gpusPerNode=8, memoryPerGpu="70Gi")), huge)
    stack.up()
    assert spec_of(cluster, "huge")["scaleTargetRef"]["name"] == "huge-kserve"

    stack.write(POOLS, HUGE, huge)
    steps = [(step.operation, step.name.rpartition("-")[2]) for step in stack.up().steps if "huge-" in step.name]
    assert [step for step in steps if step[0] in ("create-replacement", "delete-replaced")] == [
        ("create-replacement", "service"),
        ("create-replacement", "scaledobject"),
        ("delete-replaced", "scaledobject"),
        ("delete-replaced", "service"),
    ]
    for kind in (ScaledObject, LLMInferenceService):
        found = list(cluster.list(kind, namespace=NAMESPACE))
        assert [item.metadata and item.metadata.name for item in found] == ["huge-n2"]
    assert spec_of(cluster, "huge-n2")["scaleTargetRef"]["name"] == "huge-n2-kserve-mn"


def patch(client: Client, kind: type[GenericNamespacedResource], change: dict[str, Any]) -> None:
    """Change the object called `chat` as somebody else than Pulumi."""
    client.patch(kind, "chat", change, namespace=NAMESPACE, patch_type=PatchType.MERGE, field_manager="somebody-else")


WAKE = "autoscaling.keda.sh/force-activation"
