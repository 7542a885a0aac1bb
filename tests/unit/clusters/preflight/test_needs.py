"""What a plan needs of a cluster to delete what leaves it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from slicewise.clusters.live.rights import Right
from slicewise.clusters.live.served_kinds import ApiKind
from slicewise.clusters.preflight.needs import needs_of
from slicewise.documents import DeploymentKey
from slicewise.manifests import environment_objects
from slicewise.planning import PreviousPlacement, make_plan
from tests.documents import deployment, environment, fleet_of, model, pool, profile

CHAT = PreviousPlacement(DeploymentKey("team", "chat"), "mig-a", "slices", "slice", units=3, gpus_per_node=1)
DELETING = ("delete", "get", "list", "watch")


def test_what_leaves_is_deleted_in_its_namespace() -> None:
    services = {Right("serving.kserve.io", "llminferenceservices", verb, "team") for verb in DELETING}
    assert needs_of([], leaves=[CHAT]).rights == services
    assert needs_of([], leaves=[]).rights == frozenset()


def test_what_scaled_it_leaves_too() -> None:
    scalers = {Right("keda.sh", "scaledobjects", verb, "team") for verb in DELETING}
    assert needs_of([], leaves=[replace(CHAT, autoscaled=True)]).rights == needs_of([], leaves=[CHAT]).rights | scalers


@pytest.mark.parametrize(
    ("nodes", "scaling", "kinds"),
    [
        (1, {}, {"LLMInferenceService"}),
        (
            1,
            {"signal": "Concurrency", "concurrency": {"maxReplicas": 2, "target": 8}},
            {"LLMInferenceService", "ScaledObject"},
        ),
        # Of a service with a worker, KServe makes a LeaderWorkerSet (pkg/controller/v1alpha2/llmisvc).
        (2, {}, {"LLMInferenceService", "LLMInferenceServiceConfig", "LeaderWorkerSet"}),
        (
            2,
            {"signal": "Concurrency", "concurrency": {"maxReplicas": 2, "target": 8}},
            {"LLMInferenceService", "LLMInferenceServiceConfig", "LeaderWorkerSet", "ScaledObject"},
        ),
    ],
)
def test_kinds_are_asked_for_where_the_plan_needs_them(nodes: int, scaling: dict[str, object], kinds: set[str]) -> None:
    several = {"nodes": nodes, "gpusPerNode": 8} if nodes > 1 else {}
    scaled: dict[str, Any] = {"scaling": scaling} if scaling else {}
    fleet = fleet_of(
        [
            environment("mig-a", pool("whole", nodeCount=4, multiNodeCapable=True)),
            model("some", profile("any", memoryPerGpu="70Gi", **several)),
            deployment("chat", "some", **scaled),
        ]
    )
    needs = needs_of(environment_objects(fleet, make_plan(fleet))["mig-a"])
    assert {each.kind for each in needs.kinds} == kinds
    # Its rights are KServe's own: whoever applies the service makes no LeaderWorkerSet.
    assert not any(right.group == "leaderworkerset.x-k8s.io" for right in needs.rights)
    if nodes > 1:
        assert ApiKind("leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet") in needs.kinds


@pytest.mark.parametrize(
    ("router", "kinds"),
    [
        ({}, set()),
        ({"enabled": True}, {("gateway.networking.k8s.io/v1", "HTTPRoute")}),
        # Without this CRD, KServe v0.20.0 makes no route at all (run: SchedulerReconcileError).
        (
            {"enabled": True, "scheduler": True},
            {("gateway.networking.k8s.io/v1", "HTTPRoute"), ("inference.networking.k8s.io/v1", "InferencePool")},
        ),
    ],
)
def test_a_route_needs_gateway_api(router: dict[str, bool], kinds: set[tuple[str, str]]) -> None:
    fleet = fleet_of(
        [environment("mig-a", pool("whole")), model("some", profile("any")), deployment("chat", "some", router=router)]
    )
    needs = needs_of(environment_objects(fleet, make_plan(fleet))["mig-a"])
    assert needs.kinds == {ApiKind("serving.kserve.io/v1alpha2", "LLMInferenceService"), *kinds}
