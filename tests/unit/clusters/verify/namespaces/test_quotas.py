"""What ResourceQuotas leave of resources for a plan's pods."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from slicewise.clusters.live.claimed_devices import ClaimedUnits
from slicewise.clusters.live.device_classes import LiveDeviceClass
from slicewise.clusters.live.gpu_pods import gpu_pods
from slicewise.clusters.live.namespace_rules import priority
from tests.documents import Document, deployment, environment, model, pool, profile, slices
from tests.unit.clusters.built_clusters import ENVIRONMENT, cluster_of, verified
from tests.unit.clusters.verify.namespaces.namespace import QUOTA, SLICE, cluster, container, documents, own, told


def test_a_quota_below_what_the_plan_needs() -> None:
    seen = cluster(quota={"hard": {QUOTA: "3"}}, used={QUOTA: "0"})
    found = told(documents(), seen)
    assert (found.code, found.severity) == ("SW628", "error")
    assert found.message == (
        f"quota q of namespace team: {QUOTA} is limited to 3, others use 0 and the plan's pods ask for 4; "
        "team/chat lacks 1 of 4 replicas"
    )
    assert found.remedy == f"raise {QUOTA} of the quota to 4, or lower the replicas"


def test_what_the_plans_own_pods_use_is_not_counted_twice() -> None:
    running = [own(number) for number in range(4)]
    used = {QUOTA: "4", "requests.cpu": "16", "limits.memory": "64Gi", "pods": "4"}
    seen = cluster(*running, quota={"hard": used}, used=used)
    assert verified(documents(), seen).differences == ()
    # Somebody else uses one more of each: `used` says it.
    more = {QUOTA: "5", "requests.cpu": "17", "limits.memory": "65Gi", "pods": "5"}
    found = verified(documents(), cluster(*running, quota={"hard": used}, used=more)).differences
    assert {each.code.value for each in found} == {"SW628"}
    short = "team/chat lacks 1 of 4 replicas"
    said = [each.message.partition(": ")[2] for each in found]
    assert said == [
        f"{key} is limited to {hard}, others use {one} and the plan's pods ask for {hard}; {short}"
        for key, hard, one in (
            *(("limits.memory", "64Gi", "1Gi"), ("pods", "4", "1"), ("requests.cpu", "16", "1"), (QUOTA, "4", "1")),
        )
    ]


@pytest.mark.parametrize(("replicas", "stalls"), [(1, True), (3, True), (4, False)])
def test_a_quota_equal_to_the_replicas_stalls_updates(replicas: int, stalls: bool) -> None:
    """A Deployment's maxUnavailable is 25 %, rounded down: below four replicas a new pod comes first."""
    seen = cluster(quota={"hard": {QUOTA: str(replicas)}})
    if not stalls:
        assert verified(documents(replicas), seen).differences == ()
        return
    found = told(documents(replicas), seen)
    assert (found.code, found.severity) == ("SW629", "warning")
    assert "a rolling update of team/chat" in found.message
    assert found.remedy == f"raise {QUOTA} of the quota to {replicas + 1}"
    assert verified(documents(replicas), cluster(quota={"hard": {QUOTA: str(replicas + 1)}})).differences == ()


SCOPED: list[tuple[dict[str, Any], bool]] = [
    ({"scopes": ["NotTerminating"]}, True),
    ({"scopes": ["NotBestEffort"]}, True),
    ({"scopes": ["BestEffort"]}, False),
    ({"scopes": ["NotTerminating", "BestEffort"]}, False),
    ({"scopeSelector": [("PriorityClass", "In", ["high"])]}, False),
    ({"scopeSelector": [("PriorityClass", "Exists", [])]}, False),
    ({"scopeSelector": [("PriorityClass", "DoesNotExist", [])]}, True),
    ({"scopeSelector": [("PriorityClass", "NotIn", ["high"])]}, True),
]


@pytest.mark.parametrize(("scope", "counts"), SCOPED)
def test_quotas_count_the_pods_of_their_scopes(scope: dict[str, Any], counts: bool) -> None:
    quota: dict[str, Any] = {"hard": {QUOTA: "1"}} | scope
    if "scopeSelector" in scope:
        names = ("scopeName", "operator", "values")
        quota["scopeSelector"] = {
            "matchExpressions": [dict(zip(names, each, strict=True)) for each in scope["scopeSelector"]]
        }
    found = [each.code.value for each in verified(documents(), cluster(quota=quota)).differences]
    assert found == (["SW628"] if counts else [])


def test_a_class_by_default_is_every_pods_class() -> None:
    quota = {
        "hard": {QUOTA: "1"},
        "scopeSelector": {"matchExpressions": [{"scopeName": "PriorityClass", "operator": "In", "values": ["usual"]}]},
    }
    usual = priority({"metadata": {"name": "usual"}, "value": 10, "globalDefault": True})
    assert told(documents(), replace(cluster(quota=quota), priorities=(usual,))).code == "SW628"


@pytest.mark.parametrize(
    "key",
    [
        # "if a quota tracks cpu or memory related resources, the incoming pod is required to have those values set. we
        # should not repeat this mistake" (kubernetes v1.34.2, pkg/quota/v1/evaluator/core/pods.go, validationSet).
        *("ephemeral-storage", "requests.ephemeral-storage", "limits.ephemeral-storage"),
        *("hugepages-2Mi", "requests.hugepages-2Mi", "requests.example.com/fpga"),
        # "only quota objects in format of "requests.resourceName" is allowed for extended resource"
        *(f"limits.{SLICE}", SLICE),
    ],
)
def test_pods_need_not_say_what_a_quota_names_and_they_do_not_ask_for(key: str) -> None:
    assert verified(documents(), cluster(quota={"hard": {key: "0"}})).differences == ()


@pytest.mark.parametrize("key", ["hugepages-2Mi", "requests.hugepages-2Mi", "limits.ephemeral-storage"])
def test_what_a_limit_range_gives_by_default_counts(key: str) -> None:
    resource = key.partition(".")[2] or key
    seen = cluster(
        quota={"hard": {key: "0"}}, limits=container(default={resource: "4Mi"}, defaultRequest={resource: "4Mi"})
    )
    found = told(documents(), seen)
    assert found.code == "SW628"
    assert f"{key} is limited to 0" in found.message


@pytest.mark.parametrize("key", ["count/secrets", "services", "requests.nvidia.com/gpu", "persistentvolumeclaims"])
def test_quotas_of_something_else(key: str) -> None:
    assert verified(documents(), cluster(quota={"hard": {key: "0"}})).differences == ()


MIG_DEVICES = "mig.nvidia.com.deviceclass.resource.k8s.io/devices"
GPU_DEVICES = "gpu.nvidia.com.deviceclass.resource.k8s.io/devices"
CLAIMS = "count/resourceclaims.resource.k8s.io"
OWN_CLASS = LiveDeviceClass("large.example.com", SLICE, ())
OF_GPUS = LiveDeviceClass("gpu.nvidia.com", "nvidia.com/gpu", ())


def by(allocation: str, item: Document, serving: Document, replicas: int) -> tuple[Document, ...]:
    declared = environment(ENVIRONMENT, item | {"allocation": allocation})
    return declared, model("small", serving), deployment("chat", "small", replicas=replicas)


def cut_by(allocation: str, replicas: int = 4) -> tuple[Document, ...]:
    cut = slices("cut", "3g.40gb", nodeCount=2, memoryPerGpu="39Gi")
    return by(allocation, cut, profile("slice", memoryPerGpu="30Gi"), replicas)


def refused(of: tuple[Document, ...], key: str, hard: int, *classes: LiveDeviceClass, **quota: object) -> list[str]:
    """Return what is said of a quota of `key`, in a cluster with DeviceClasses and nodes as declared."""
    limited = cluster(quota={"hard": {key: str(hard)}, **quota})
    seen = replace(limited, nodes=cluster_of(of[0]).nodes, device_classes=classes)
    found = verified(of, seen).differences
    return [str(each) for each in found if each.code.value in ("SW628", "SW629")]


@pytest.mark.parametrize("key", [MIG_DEVICES, CLAIMS])
def test_claims_count_for_quotas_of_claims_and_of_a_classs_devices(key: str) -> None:
    """Kubernetes, pkg/quota/v1/evaluator/core/resource_claims.go: a claim, and the devices of each class in it."""
    (said,) = refused(cut_by("claim"), key, 3)
    assert f"{key} is limited to 3, others use 0 and the plan's pods ask for 4; team/chat lacks 1 of 4" in said
    assert f"raise {key} of the quota to 4, or lower the replicas" in said
    assert refused(cut_by("claim"), key, 4) == []
    assert refused(cut_by("devicePlugin"), key, 1) == []


def test_claims_count_for_no_resource_and_no_quota_with_scopes() -> None:
    """The driver's class of slices answers no resource, and scopes are of pods (generic.MatchesNoScopeFunc)."""
    assert refused(cut_by("claim"), QUOTA, 1) == []
    assert refused(cut_by("claim"), MIG_DEVICES, 1, scopes=["NotTerminating"]) == []


@pytest.mark.parametrize("key", ["requests.nvidia.com/gpu", GPU_DEVICES])
def test_whole_gpus_count_each_and_for_the_resource_that_their_class_answers(key: str) -> None:
    """The latter from Kubernetes 1.36, where classes answer resources (addExtendedResourceQuota)."""
    of = by("claim", pool("whole", nodeCount=2), profile("four", gpusPerNode=4, memoryPerGpu="70Gi"), 4)
    (said,) = refused(of, key, 12, OF_GPUS)
    assert "is limited to 12, others use 0 and the plan's pods ask for 16; team/chat lacks 1 of 4" in said
    unanswered = LiveDeviceClass("gpu.nvidia.com", None, ())
    assert bool(refused(of, key, 12, unanswered)) == (key == GPU_DEVICES)


def test_claims_that_the_scheduler_makes_count_by_the_class_that_answers_the_resource() -> None:
    devices = "large.example.com.deviceclass.resource.k8s.io/devices"
    for key in (devices, CLAIMS, "requests.deviceclass.resource.kubernetes.io/large.example.com", QUOTA):
        (said,) = refused(cut_by("extendedResource"), key, 3, OWN_CLASS)
        assert f"{key} is limited to 3, others use 0 and the plan's pods ask for 4;" in said
    assert refused(cut_by("extendedResource"), MIG_DEVICES, 1, OWN_CLASS) == []


def test_claims_of_the_plans_own_pods_are_not_counted_twice() -> None:
    of = cut_by("claim")
    pods = []
    for number in range(4):
        pod = own(number)
        for amounts in pod["spec"]["containers"][0]["resources"].values():
            amounts.pop(SLICE, None)
        pod["spec"]["resourceClaims"] = [{"name": "gpu", "resourceClaimName": f"c{number}"}]
        pods.append(pod)
    claimed = ClaimedUnits({("team", f"c{number}"): {SLICE: 1} for number in range(4)})
    hard = {MIG_DEVICES: "4", CLAIMS: "4"}
    for used, expected in (({MIG_DEVICES: "4", CLAIMS: "4"}, 0), ({MIG_DEVICES: "5", CLAIMS: "5"}, 2)):
        limited = cluster(quota={"hard": hard}, used=used)
        seen = replace(limited, nodes=cluster_of(of[0]).nodes, pods=gpu_pods(pods, claimed))
        found = [each for each in verified(of, seen).differences if each.code.value == "SW628"]
        assert len(found) == expected
