"""What ResourceQuotas leave of resources for a plan's pods."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from slicewise.clusters.live.namespace_rules import priority
from tests.unit.clusters.built_clusters import verified
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
