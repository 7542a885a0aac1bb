"""The ScaledObject of an autoscaled placement; the API server judges its schema in the engine tests."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slicewise.manifests import environment_objects
from slicewise.planning import make_plan
from tests.documents import Document, deployment, environment, fleet_of, model, pool, profile


def concurrency(**fields: int) -> Document:
    """Return the scaling block of a deployment."""
    return {"signal": "Concurrency", "concurrency": {"maxReplicas": 4, "target": 32} | fields}


def objects(
    serving: Document | None = None,
    *,
    name: str = "chat",
    of: str = "m",
    scaling: Document | None = None,
    **fields: Any,  # noqa: ANN401 - passed on
) -> list[dict[str, Any]]:
    """Return the objects of one autoscaled deployment, without those that placements share."""
    nodes = pool("p", nodeCount=8, multiNodeCapable=True)
    fleet = fleet_of(
        [
            environment("env", nodes),
            model(of, serving or profile("any")),
            deployment(name, of, scaling=scaling or concurrency(), **fields),
        ]
    )
    (found,) = environment_objects(fleet, make_plan(fleet)).values()
    return [item for item in found if item["kind"] != "LLMInferenceServiceConfig"]


def scaled_object(serving: Document | None = None, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - passed on
    """Return what scales it."""
    service, scaler = objects(serving, **fields)
    assert (service["kind"], scaler["kind"]) == ("LLMInferenceService", "ScaledObject")
    return scaler


def test_requests_are_counted_by_the_name_that_they_ask_for() -> None:
    triggers = scaled_object(servedModelName="gemma-canary")["spec"]["triggers"]
    assert [trigger["metadata"]["valueLocation"] for trigger in triggers] == [
        'vllm:num_requests_running{model_name="gemma-canary"}',
        'vllm:num_requests_waiting{model_name="gemma-canary"}',
    ]


def test_one_node() -> None:
    assert scaled_object(of="gemma", scaling=concurrency(scaleDownDelay=600)) == {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": {"name": "chat", "namespace": "team", "labels": {"app.kubernetes.io/managed-by": "slicewise"}},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "chat-kserve"},
            "minReplicaCount": 1,
            "maxReplicaCount": 4,
            "advanced": {
                "horizontalPodAutoscalerConfig": {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 600}}},
                "scalingModifiers": {
                    "formula": "running + waiting",
                    "metricType": "AverageValue",
                    "target": "22.4",
                },
            },
            "triggers": [
                {
                    "type": "metrics-api",
                    "name": "running",
                    "metadata": {
                        "url": "http://chat-kserve-workload-svc.team.svc:8000/metrics",
                        "format": "prometheus",
                        "valueLocation": 'vllm:num_requests_running{model_name="gemma"}',
                        "aggregateFromKubeServiceEndpoints": "true",
                        "aggregationType": "sum",
                    },
                },
                {
                    "type": "metrics-api",
                    "name": "waiting",
                    "metadata": {
                        "url": "http://chat-kserve-workload-svc.team.svc:8000/metrics",
                        "format": "prometheus",
                        "valueLocation": 'vllm:num_requests_waiting{model_name="gemma"}',
                        "aggregateFromKubeServiceEndpoints": "true",
                        "aggregationType": "sum",
                    },
                },
            ],
        },
    }


def test_several_nodes_are_scaled_by_whole_groups() -> None:
    spec = scaled_object(profile("two", nodes=2, gpusPerNode=8))["spec"]
    assert spec["scaleTargetRef"] == {
        "apiVersion": "leaderworkerset.x-k8s.io/v1",
        "kind": "LeaderWorkerSet",
        "name": "chat-n2-kserve-mn",
    }
    assert spec["advanced"]["scalingModifiers"]["formula"] == "running + waiting"


@pytest.mark.parametrize(
    "serving",
    [
        profile("one-node", gpusPerNode=8, parallelism={"data": 8}),
        profile("two-nodes", nodes=2, gpusPerNode=4, parallelism={"data": 8, "dataLocal": 4}),
    ],
    ids=["one-node", "two-nodes"],
)
def test_one_engine_of_a_data_parallel_replica_tells_of_all(serving: Document) -> None:
    spec = scaled_object(serving)["spec"]
    assert spec["advanced"]["scalingModifiers"]["formula"] == "(running + waiting) * 8"
    assert [trigger["metadata"]["valueLocation"] for trigger in spec["triggers"]] == [
        'vllm:num_requests_running{model_name="m",engine="0"}',
        'vllm:num_requests_waiting{model_name="m",engine="0"}',
    ]


@pytest.mark.parametrize(
    ("target", "utilization", "per_replica"),
    [(32, 70, "22.4"), (100, 70, "70"), (10, 100, "10"), (1, 1, "0.01"), (3, 33, "0.99"), (1_000_000, 100, "1000000")],
)
def test_a_replica_more_at_this_percentage_of_the_target(target: int, utilization: int, per_replica: str) -> None:
    scaling = concurrency(target=target, utilization=utilization)
    assert scaled_object(scaling=scaling)["spec"]["advanced"]["scalingModifiers"]["target"] == per_replica


def test_the_last_replica_goes_after_the_same_delay() -> None:
    """KEDA's own cooldownPeriod, which is about nothing else."""
    spec = scaled_object(scaling=concurrency(minReplicas=0, scaleDownDelay=60))["spec"]
    assert (spec["minReplicaCount"], spec["cooldownPeriod"]) == (0, 60)
    assert "cooldownPeriod" not in scaled_object(scaling=concurrency(minReplicas=2))["spec"]


@pytest.mark.parametrize("several_nodes", [False, True])
@given(name=st.from_regex(r"[a-z]([-a-z0-9]{0,120}[a-z0-9])?", fullmatch=True))
def test_kserve_cuts_no_name_that_is_referred_to(name: str, *, several_nodes: bool) -> None:
    """It cuts what would be longer than 63 characters: kmeta.ChildName of knative.dev/pkg, for all its children."""
    serving = profile("two", nodes=2, gpusPerNode=8) if several_nodes else None
    service, scaler = objects(serving, name=name)
    target = scaler["spec"]["scaleTargetRef"]["name"]
    (host,) = {trigger["metadata"]["url"].split("/")[2].split(".")[0] for trigger in scaler["spec"]["triggers"]}
    assert target == service["metadata"]["name"] + ("-kserve-mn" if several_nodes else "-kserve")
    assert host == service["metadata"]["name"] + "-kserve-workload-svc"
    # The last is the name of KEDA's HorizontalPodAutoscaler.
    assert max(map(len, (target, host, f"keda-hpa-{scaler['metadata']['name']}"))) <= 63


def test_a_fixed_number_is_scaled_by_nobody() -> None:
    (service,) = objects(scaling={"signal": "Fixed", "fixed": {"replicas": 2}})
    assert service["spec"]["replicas"] == 2
