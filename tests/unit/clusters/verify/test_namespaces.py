"""What a namespace allows, from the API server's objects; the words are those of Kubernetes 1.34's admission."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest

from slicewise.clusters.live.facts import LiveCluster, Readable
from slicewise.clusters.live.gpu_pods import gpu_pods
from slicewise.clusters.live.namespace_rules import namespace_rules, priority
from slicewise.clusters.live.services import LiveService
from slicewise.clusters.verify.namespaces.limit_ranges import check_limit_ranges
from slicewise.clusters.verify.namespaces.planned_pods import PlannedPods, planned_pods
from slicewise.clusters.verify.namespaces.pod_security import check_pod_security
from slicewise.diagnostics import Diagnostic
from slicewise.manifests import placement_objects
from slicewise.planning import make_plan
from tests.documents import Document, deployment, environment, fleet_of, model, pool, profile, slices
from tests.unit.clusters.built_clusters import ENVIRONMENT, cluster_of, only, verified
from tests.unit.clusters.kubernetes_json import pod_json

SLICE = "nvidia.com/mig-3g.40gb"
INIT = "container storage-initializer"
QUOTA = f"requests.{SLICE}"


def documents(replicas: int = 4, cpu: str = "4", memory: str = "16Gi") -> tuple[Document, ...]:
    """Return one deployment of single slices in the namespace `team`."""
    return (
        environment(ENVIRONMENT, slices("cut", "3g.40gb", nodeCount=2, memoryPerGpu="39Gi")),
        model("small", profile("slice", memoryPerGpu="30Gi"), cpu=cpu, memory=memory),
        deployment("chat", "small", replicas=replicas),
    )


def named(name: str, spec: Any = None, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {"metadata": {"name": name, "namespace": "team"}, "spec": spec or {}} | fields


def cluster(
    *pods: dict[str, Any],
    level: str = "",
    limits: list[dict[str, Any]] | None = None,
    quota: dict[str, Any] | None = None,
    used: dict[str, str] | None = None,
) -> LiveCluster:
    """Return a cluster whose namespace `team` has a level of Pod Security, a LimitRange or a ResourceQuota."""
    labels = {"pod-security.kubernetes.io/enforce": level} if level else {}
    quotas = [named("q", quota, status={"hard": quota["hard"], "used": used or {}})] if quota else []
    rules = namespace_rules(
        [{"metadata": {"name": "team", "labels": labels}}],
        [named("l", {"limits": limits})] if limits else [],
        quotas,
    )
    return replace(cluster_of(documents()[0]), rules=rules, pods=gpu_pods(pods))


def own(number: int, node: str = "cut-0", **spec: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return a pod of team/chat as KServe makes it."""
    found = pod_json(
        f"chat-{number}",
        {},
        node,
        annotations={"slicewise.dev/revision": "1"},
        labels={"app.kubernetes.io/name": "chat"},
    )
    limits = {SLICE: "1", "cpu": "4", "memory": "16Gi"}
    found["spec"]["containers"][0]["resources"] = {"limits": limits, "requests": limits}
    small = {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "100m", "memory": "100Mi"}}
    found["spec"]["initContainers"] = [{"name": "storage-initializer", "resources": small}]
    found["spec"] |= spec
    return found


def told(of: tuple[Document, ...], seen: LiveCluster) -> Diagnostic:
    return only(of, seen)


# Pod Security.


@pytest.mark.parametrize("level", ["", "privileged", "baseline", "restricted"])
def test_one_node_is_allowed_at_every_level(level: str) -> None:
    assert verified(documents(), cluster(level=level)).differences == ()


def parallel(**parallelism: int) -> tuple[tuple[Document, ...], LiveCluster]:
    """Return a deployment over two nodes, and its cluster."""
    declared = environment(ENVIRONMENT, pool("whole", nodeCount=2, multiNodeCapable=True))
    big = model("big", profile("two", nodes=2, gpusPerNode=8, memoryPerGpu="70Gi", parallelism=parallelism))
    return (declared, big, deployment("chat", "big")), cluster_of(declared)


@pytest.mark.parametrize("level", ["baseline", "restricted"])
def test_data_parallelism_over_nodes_adds_capabilities(level: str) -> None:
    of, bare = parallel(data=16, dataLocal=8)
    (told,) = verified(of, replace(bare, rules=cluster(level=level).rules)).differences
    assert (told.code, told.severity) == ("SW626", "error")
    assert told.message == (
        f"namespace team enforces Pod Security {level}, which refuses every pod of team/chat: non-default capabilities "
        '(container "main" must not include "IPC_LOCK", "NET_RAW", "SYS_RAWIO"), which KServe\'s preset for data '
        "parallelism over several nodes adds"
    )


@pytest.mark.parametrize("written", ["Restricted", "Privileged", "priviledged", "none"])
def test_a_level_that_is_none_counts_as_restricted(written: str) -> None:
    """Kubernetes 1.34, k8s.io/pod-security-admission/api/helpers.go, ParseLevel."""
    of, bare = parallel(data=16, dataLocal=8)
    (told,) = verified(of, replace(bare, rules=cluster(level=written).rules)).differences
    assert told.message.startswith("namespace team enforces Pod Security restricted, which refuses every pod")
    assert verified(documents(), cluster(level=written)).differences == ()


@pytest.mark.parametrize("level", ["baseline", "restricted"])
def test_pipeline_parallelism_adds_none(level: str) -> None:
    of, bare = parallel()
    assert verified(of, replace(bare, rules=cluster(level=level).rules)).differences == ()


# LimitRanges.


def container(**rules: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - JSON
    return [{"type": "Container", **rules}]


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (
            container(max={"memory": "8Gi"}),
            "maximum memory usage per Container is 8Gi, but limit is 16Gi (container main)",
        ),
        (container(min={"cpu": "8"}), f"minimum cpu usage per Container is 8, but request is 4 ({INIT})"),
        (
            container(min={"ephemeral-storage": "1Gi"}),
            f"minimum ephemeral-storage usage per Container is 1Gi.  No request is specified ({INIT})",
        ),
        ([{"type": "Pod", "max": {"cpu": "3"}}], "maximum cpu usage per Pod is 3, but limit is 4"),
        (
            container(max={"ephemeral-storage": "1Gi"}),
            "maximum ephemeral-storage usage per Container is 1Gi.  No limit is specified (container main)",
        ),
    ],
)
def test_what_limit_ranger_says(limits: list[dict[str, Any]], words: str) -> None:
    found = verified(documents(), cluster(limits=limits)).differences
    assert {(each.code.value, each.severity.value) for each in found} == {("SW627", "error")}
    assert f"LimitRange l of namespace team refuses every pod of team/chat: {words}" in [each.message for each in found]


@pytest.mark.parametrize(
    "limits",
    [
        container(max={"memory": "16Gi", "cpu": "4"}, min={"memory": "100Mi"}, maxLimitRequestRatio={"cpu": "1"}),
        # What is missing the LimitRange itself adds.
        container(max={"ephemeral-storage": "9Gi"}, default={"ephemeral-storage": "1Gi"}),
        [{"type": "PersistentVolumeClaim", "max": {"storage": "1Gi"}}],
        # Of a pod that which runs first counts only where it asks for more.
        [{"type": "Pod", "max": {"cpu": "4", "memory": "16Gi"}}],
    ],
)
def test_what_limit_ranger_lets_pass(limits: list[dict[str, Any]]) -> None:
    assert verified(documents(), cluster(limits=limits)).differences == ()


# An init container of which the service says nothing is as KServe v0.20 makes it: 100m of 1 CPU, unconfined.


def as_kserve_makes_it() -> PlannedPods:
    """Return the pods of a service that leaves the init container to KServe."""
    fleet = fleet_of(documents())
    (placement,) = make_plan(fleet).placements
    service = copy.deepcopy(placement_objects(fleet, placement)[0])
    service["spec"]["template"].pop("initContainers")
    return planned_pods(placement, service)


def test_a_ratio_that_kserves_init_container_exceeds() -> None:
    limits = namespace_rules([], [named("l", {"limits": container(maxLimitRequestRatio={"cpu": "4"})})], [])["team"]
    (found,) = check_limit_ranges("team", limits.limits, [as_kserve_makes_it()])
    words = "cpu max limit to request ratio per Container is 4, but provided ratio is 10.000000"
    assert found.message == f"LimitRange l of namespace team refuses every pod of team/chat: {words} ({INIT})"


def test_kserves_init_container_is_refused_where_restricted_is_enforced() -> None:
    (found,) = check_pod_security("team", "restricted", [as_kserve_makes_it()])
    assert found.code == "SW626"
    assert 'container "storage-initializer" does not set allowPrivilegeEscalation=false' in found.message
    assert found.remedy == "kubectl label namespace team pod-security.kubernetes.io/enforce=baseline --overwrite"
    assert list(check_pod_security("team", "baseline", [as_kserve_makes_it()])) == []


def test_gpus_that_a_limit_range_gives_by_default() -> None:
    """The API server makes a default of every maximum, and the init container gets it, too."""
    limits = container(max={SLICE: "4"}, default={SLICE: "4"}, defaultRequest={SLICE: "4"})
    found = told(documents(), cluster(limits=limits))
    assert found.code == "SW627"
    assert "asks for 4 where the plan counts 1" in found.message


# ResourceQuotas.


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


# https://kubernetes.io/docs/concepts/policy/resource-quotas/#quota-on-object-count: `count/<resource>.<group>`.
SERVICES = "count/llminferenceservices.serving.kserve.io"
DEPLOYMENTS = "count/deployments.apps"
GROUPS = "count/leaderworkersets.leaderworkerset.x-k8s.io"


@pytest.mark.parametrize(
    ("key", "hard", "used", "raised"),
    [
        (SERVICES, "0", "0", "1"),
        (SERVICES, "2", "2", "3"),
        (SERVICES, "3", "2", None),
        (DEPLOYMENTS, "5", "5", "6"),
        (DEPLOYMENTS, "6", "5", None),
        (GROUPS, "0", "0", None),
    ],
)
@pytest.mark.parametrize("replicas", [0, 4])
def test_a_quota_of_objects_counts_services_and_what_kserve_makes_of_them(
    key: str, hard: str, used: str, raised: str | None, replicas: int
) -> None:
    seen = cluster(quota={"hard": {key: hard}}, used={key: used})
    if raised is None:
        assert verified(documents(replicas), seen).differences == ()
        return
    found = told(documents(replicas), seen)
    assert (found.code, found.severity) == ("SW628", "error")
    assert found.message == (
        f"quota q of namespace team: {key} is limited to {hard}, {used} are there, and team/chat needs one more"
    )
    assert found.remedy == f"raise {key} of the quota to {raised}"


def test_a_replica_of_several_nodes_is_a_leader_worker_set() -> None:
    whole = pool("whole", nodeCount=2, multiNodeCapable=True)
    wide = model("wide", profile("nodes", nodes=2, gpusPerNode=8))
    several = (environment(ENVIRONMENT, whole), wide, deployment("wide", "wide"))
    there = replace(cluster_of(several[0]), rules=cluster(quota={"hard": {GROUPS: "0"}}).rules)
    assert told(several, there).code == "SW628"
    there = replace(there, rules=cluster(quota={"hard": {DEPLOYMENTS: "0"}}).rules)
    assert verified(several, there).differences == ()


@pytest.mark.parametrize("key", [SERVICES, DEPLOYMENTS])
def test_what_is_there_already_needs_no_room_in_a_quota_of_objects(key: str) -> None:
    (declared,) = placement_objects(fleet := fleet_of(documents()), make_plan(fleet).placements[0])
    seen = cluster(quota={"hard": {key: "1"}}, used={key: "1"})
    live = LiveService("team", "chat", declared["metadata"]["annotations"], declared["spec"], ready=True)
    assert verified(documents(), replace(seen, services={live.key: live})).differences == ()
    assert told(documents(), seen).code == "SW628"
    unread = replace(seen, unread=(Readable.SERVICES,))
    assert "SW628" not in {each.code for each in verified(documents(), unread).differences}


def test_nobody_needs_what_a_namespace_of_no_replicas_forbids() -> None:
    seen = cluster(quota={"hard": {QUOTA: "0"}}, limits=container(max={"memory": "1Gi"}), level="restricted")
    assert verified(documents(0), seen).differences == ()


# Priorities.


def classes(**values: int) -> tuple[Any, ...]:
    return tuple(
        priority({"metadata": {"name": name}, "value": value, "globalDefault": name == "usual"})
        for name, value in values.items()
    )


def other(**spec: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    found = pod_json("train", {SLICE: 1}, "cut-1")
    found["spec"] |= spec
    return found


def priorities(seen: LiveCluster) -> list[Diagnostic]:
    return [each for each in verified(documents(), seen).differences if each.code == "SW630"]


def test_a_pod_of_higher_priority_may_take_slices() -> None:
    (found,) = priorities(cluster(own(0), other(priority=1000, priorityClassName="high")))
    assert (found.severity, found.subject.node_pool) == ("warning", None)
    assert found.message == (
        "pods of others have a higher priority than the plan's (0): team/train (1000). kube-scheduler ends pods of "
        "team/chat to make room for such pods, on Kubernetes 1.34 even against a PodDisruptionBudget of 0"
    )


@pytest.mark.parametrize(
    "spec",
    [{}, {"priority": 0}, {"priority": -5}, {"priority": 1000, "preemptionPolicy": "Never"}],
)
def test_pods_that_take_nothing(spec: dict[str, Any]) -> None:
    assert priorities(cluster(own(0), other(**spec))) == []


def test_pods_of_the_plan_that_are_older_than_the_class_by_default() -> None:
    seen = replace(cluster(own(0)), priorities=classes(usual=100))
    (found,) = priorities(seen)
    assert (
        "PriorityClass usual (100) is the default of pods that name none, and pods of team/chat were made"
        in found.message
    )
    assert found.remedy.endswith("kubectl -n team delete pods -l app.kubernetes.io/name=chat")
    # Those that were made since have its value, and so will those that are yet to come.
    assert priorities(replace(cluster(own(0, priority=100)), priorities=classes(usual=100))) == []
    assert priorities(replace(cluster(), priorities=classes(usual=100))) == []
