"""Reading a cluster over HTTP as the API server answers, also when it refuses."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any

import httpx2
import pytest
from lightkube import ApiError, AsyncClient, KubeConfig
from lightkube.config.models import Cluster, User

from slicewise.clusters.live.autoscaler import parse_status
from slicewise.clusters.live.existing_objects import ObjectName
from slicewise.clusters.live.facts import LiveCluster, NodeGroupBounds
from slicewise.clusters.live.image_settings import KSERVE_SETTINGS, ImageSettings
from slicewise.clusters.live.named_objects import LiveClaim, LiveNamed
from slicewise.clusters.live.reader import read_cluster
from tests.unit.clusters.kubernetes_json import Json, node_json, pod_json

NODES = "/api/v1/nodes"
PODS = "/api/v1/pods"
LIMITS, QUOTAS = "/api/v1/limitranges", "/api/v1/resourcequotas"
CLASSES = "/apis/scheduling.k8s.io/v1/priorityclasses"
STATUS = "/api/v1/namespaces/kube-system/configmaps/cluster-autoscaler-status"
SERVICES = "/apis/serving.kserve.io/v1alpha2/llminferenceservices"
NAMESPACES = "/api/v1/namespaces"
GROUPS = "/apis"
GATEWAYS, ROUTES = (f"/apis/gateway.networking.k8s.io/v1/{kind}" for kind in ("gateways", "httproutes"))

# kubernetes/autoscaler, clusterstate/api/types.go (since 1.30), as published on a cluster.
STRUCTURED = """\
time: 2026-01-01 10:00:00.000000000 +0000 UTC
autoscalerStatus: Running
clusterWide:
  health:
    status: Healthy
    nodeCounts:
      registered:
        total: 3
        ready: 3
        notStarted: 0
nodeGroups:
- name: https://www.googleapis.com/compute/v1/projects/p/zones/z/instanceGroups/gke-c-small-0a1b2c3d-grp
  health:
    status: Healthy
    cloudProviderTarget: 1
    minSize: 0
    maxSize: 8
    lastProbeTime: null
- name: eks-other
  health:
    status: Healthy
    cloudProviderTarget: 0
    minSize: 0
    maxSize: 3
"""
# cluster-autoscaler up to 1.29 (clusterstate.go, buildHealthStatusNodeGroup).
PROSE = """\
Cluster-autoscaler status at 2018-07-25 22:59:22.661669494 +0000 UTC:
Cluster-wide:
  Health:      Healthy (ready=2 unready=0 notStarted=0 longNotStarted=0 registered=2 longUnregistered=0)
               LastProbeTime:      2018-07-25 22:59:22.067828801 +0000 UTC
  ScaleDown:   NoCandidates (candidates=0)

NodeGroups:
  Name:        without-health
  ScaleDown:   NoCandidates (candidates=0)

  Name:        nodepool1
  Health:      Healthy (ready=1 unready=0 notStarted=0 registered=1 cloudProviderTarget=1 (minSize=1, maxSize=5))
               LastProbeTime:      2018-07-25 22:59:22.067828801 +0000 UTC
  ScaleUp:     NoActivity (ready=1 cloudProviderTarget=1)

  Name:        nodepool0
  Health:      Healthy (ready=1 unready=0 cloudProviderTarget=1 (minSize=0, maxSize=2))
"""


def page(kind: str, *items: Json, following: str = "") -> Json:
    return {"kind": kind, "apiVersion": "v1", "metadata": {"continue": following}, "items": list(items)}


def refused(code: int) -> httpx2.Response:
    return httpx2.Response(code, json={"kind": "Status", "status": "Failure", "message": "no", "code": code})


def groups(*api_versions: str) -> dict[str, Any]:
    """Return the list of API groups of a server with one version of each."""
    listed = [{"name": each.partition("/")[0], "versions": [{"groupVersion": each}]} for each in api_versions]
    return {"kind": "APIGroupList", "groups": listed}


def everything() -> dict[str, Any]:
    return {
        NODES: page("NodeList", node_json("b", {}, {"nvidia.com/gpu": 1}), node_json("a")),
        PODS: page("PodList", pod_json("p", {"nvidia.com/gpu": 1}, "b"), pod_json("cpu", {})),
        STATUS: {"kind": "ConfigMap", "apiVersion": "v1", "data": {"status": STRUCTURED}},
        SERVICES: page("LLMInferenceServiceList"),
        NAMESPACES: page("NamespaceList", {"metadata": {"name": "team"}}, {"metadata": {"name": "default"}}),
        LIMITS: page("LimitRangeList"),
        QUOTAS: page("ResourceQuotaList"),
        CLASSES: page("PriorityClassList"),
        GROUPS: groups("apps/v1", "leaderworkerset.x-k8s.io/v1"),
    }


def read(
    answers: Mapping[str, Any],
    seen: Callable[[httpx2.Request], None] = lambda _: None,
    named: Collection[ObjectName] = (),
) -> LiveCluster:
    """Read a cluster whose API server gives these answers by path; any other path it does not know."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen(request)
        found = answers.get(request.url.path)
        if found is None:
            # What a real one says where it does not know the API group.
            return httpx2.Response(404, text="404 page not found\n", headers={"Content-Type": "text/plain"})
        if isinstance(found, httpx2.Response):
            return found
        return httpx2.Response(200, json=found(request) if callable(found) else found)

    config = KubeConfig.from_one(cluster=Cluster(server="http://cluster.invalid"), user=User()).get()
    client = AsyncClient(config=config, transport=httpx2.MockTransport(answer), trust_env=False)

    async def reading() -> LiveCluster:
        try:
            return await read_cluster(client, named)
        finally:
            await client.close()

    return asyncio.run(reading())


def test_all_of_it() -> None:
    asked: list[httpx2.Request] = []
    cluster = read(everything(), asked.append)
    assert [node.name for node in cluster.nodes] == ["a", "b"]
    assert [(pod.name, pod.node, dict(pod.requests)) for pod in cluster.pods] == [("p", "b", {"nvidia.com/gpu": 1})]
    assert [(each.group.rpartition("/")[2], each.largest) for each in cluster.bounds] == [
        ("eks-other", 3),
        ("gke-c-small-0a1b2c3d-grp", 8),
    ]
    assert (cluster.serves_kserve, cluster.namespaces) == (True, frozenset({"team", "default"}))
    assert cluster.unread == ()
    assert {request.method for request in asked} == {"GET"}
    (pods,) = (request for request in asked if request.url.path == PODS)
    assert pods.url.params["fieldSelector"] == "status.phase!=Failed,status.phase!=Succeeded"


def test_what_namespaces_allow_and_whose_services_are_there() -> None:
    label = "pod-security.kubernetes.io/enforce"
    named = {"namespace": "team", "name": "x"}
    cluster = read(
        everything()
        | {
            NAMESPACES: page("NamespaceList", {"metadata": {"name": "team", "labels": {label: "restricted"}}}),
            LIMITS: page(
                "LimitRangeList",
                {"metadata": named, "spec": {"limits": [{"type": "Container", "max": {"memory": "8Gi"}}]}},
            ),
            QUOTAS: page(
                "ResourceQuotaList",
                {
                    "metadata": named,
                    "spec": {"hard": {"requests.nvidia.com/mig-3g.40gb": "3"}},
                    "status": {"used": {"requests.nvidia.com/mig-3g.40gb": "1"}},
                },
            ),
            CLASSES: page("PriorityClassList", {"metadata": {"name": "high"}, "value": 9, "preemptionPolicy": "Never"}),
            SERVICES: page(
                "LLMInferenceServiceList",
                {
                    "metadata": {
                        "namespace": "team",
                        "name": "chat",
                        "annotations": {"slicewise.dev/stack": "acme/slicewise/prod"},
                        "managedFields": [
                            {"manager": "pulumi", "fieldsV1": {"f:spec": {"f:model": {"f:uri": {}}}}},
                            {"manager": "kubectl-edit", "fieldsV1": {"f:spec": {"f:replicas": {}}}},
                        ],
                    },
                    "spec": {"replicas": 3},
                },
            ),
        }
    )
    rules = cluster.rules["team"]
    assert rules.enforced == "restricted"
    assert int(rules.limits[0].most["memory"]) == 8 * 1024**3
    (quota,) = rules.quotas
    assert [int(each["requests.nvidia.com/mig-3g.40gb"]) for each in (quota.hard, quota.used)] == [3, 1]
    assert [(each.name, each.value, each.by_default, each.preempts) for each in cluster.priorities] == [
        ("high", 9, False, False)
    ]
    chat = cluster.services["team", "chat"]
    assert (chat.stack, chat.replicas, dict(chat.editors)) == ("acme/slicewise/prod", 3, {"replicas": "kubectl-edit"})


def test_pods_of_daemons_are_counted_by_node() -> None:
    owned = [pod_json(name, {}, node) for name, node in (("plugin-a", "a"), ("plugin-b", "b"), ("proxy-b", "b"))]
    for each in owned:
        each["metadata"]["ownerReferences"] = [
            {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "every", "uid": "1"}
        ]
    takes = [node_json(name, resources={"pods": 30}) for name in ("a", "b", "c")]
    cluster = read(everything() | {NODES: page("NodeList", *takes), PODS: page("PodList", *owned)})
    assert [(node.name, node.daemons, node.room_for_pods) for node in cluster.nodes] == [
        ("a", 1, 29),
        ("b", 2, 28),
        ("c", 0, 30),
    ]
    # Where pods may not be read, none are taken off.
    cluster = read(everything() | {NODES: page("NodeList", *takes), PODS: refused(403)})
    assert {node.room_for_pods for node in cluster.nodes} == {30}


def test_lists_are_read_page_by_page() -> None:
    def nodes(request: httpx2.Request) -> Json:
        assert request.url.params["limit"] == "500"
        last = "continue" in request.url.params
        return page("NodeList", node_json("b" if last else "a"), following="" if last else "more")

    assert [node.name for node in read(everything() | {NODES: nodes}).nodes] == ["a", "b"]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        *((PODS, "pods"), (STATUS, "configmaps"), (SERVICES, "llminferenceservices"), (NAMESPACES, "namespaces")),
        *((LIMITS, "limitranges"), (QUOTAS, "resourcequotas"), (CLASSES, "priorityclasses")),
    ],
)
def test_what_this_user_may_not_read_is_named(path: str, kind: str) -> None:
    cluster = read(everything() | {path: refused(403)})
    assert cluster.unread == (kind,)
    assert [node.name for node in cluster.nodes] == ["a", "b"]


def test_a_user_who_may_read_nodes_alone() -> None:
    cluster = read({path: refused(403) for path in everything()} | {NODES: everything()[NODES]})
    assert cluster.unread == (
        *("pods", "configmaps", "llminferenceservices", "namespaces", "limitranges", "resourcequotas"),
        "priorityclasses",
    )
    assert (cluster.pods, cluster.bounds, cluster.namespaces, cluster.serves_kserve) == ((), (), frozenset(), False)


def test_neither_kserve_nor_autoscaler() -> None:
    answers = everything()
    del answers[SERVICES]
    cluster = read(answers | {STATUS: refused(404)})
    assert (cluster.serves_kserve, cluster.bounds, cluster.unread) == (False, (), ())


@pytest.mark.parametrize(
    ("answer", "served"),
    [
        (groups("apps/v1", "leaderworkerset.x-k8s.io/v1"), True),
        (groups("apps/v1"), False),
        (groups("leaderworkerset.x-k8s.io/v1alpha1"), False),
        (refused(403), True),
        # A gateway that passes on what it knows: that a list is not there says nothing of what would be in it.
        (httpx2.Response(404, json={}), True),
        ({"kind": "Status"}, True),
    ],
)
def test_whether_replicas_may_span_nodes(answer: object, served: bool) -> None:
    cluster = read(everything() | {GROUPS: answer})
    assert (cluster.serves_node_groups, cluster.unread) == (served, ())


@pytest.mark.parametrize(
    ("answer", "served"),
    [(groups("apps/v1", "keda.sh/v1alpha1"), True), (groups("apps/v1"), False), (refused(403), True)],
)
def test_whether_replicas_may_be_scaled(answer: object, served: bool) -> None:
    cluster = read(everything() | {GROUPS: answer})
    assert (cluster.serves_scaled_objects, cluster.unread) == (served, ())


def test_gateways_and_the_routes_that_kserve_made() -> None:
    owner = {"kind": "LLMInferenceService", "name": "chat"}
    of_kserve = {"metadata": {"namespace": "team", "name": "chat-kserve-route", "ownerReferences": [owner]}}
    by_hand = {"metadata": {"namespace": "team", "name": "site"}}
    gateways = page("GatewayList", {"metadata": {"namespace": "gateways", "name": "models"}})
    routes = page("HTTPRouteList", of_kserve, by_hand)
    cluster = read(everything() | {GATEWAYS: gateways, ROUTES: routes})
    assert cluster.gateways
    assert list(cluster.gateways) == [("gateways", "models")]
    assert cluster.routes
    assert {key: each.name for key, each in cluster.routes.items()} == {("team", "chat"): "chat-kserve-route"}


def test_gateways_that_are_not_served_are_none_and_those_that_may_not_be_read_unknown() -> None:
    cluster = read(everything())
    assert (cluster.gateways, cluster.routes) == ({}, {})
    cluster = read(everything() | {GATEWAYS: refused(403), ROUTES: refused(403)})
    assert (cluster.gateways, cluster.routes, cluster.unread) == (None, None, ())


OWN = "/api/v1/namespaces/team"
CONFIGS = "/apis/serving.kserve.io/v1alpha2/llminferenceserviceconfigs"


def test_what_is_looked_for_by_name() -> None:
    recorded: dict[str, Any] = {"fieldsV1": {"f:data": {".": {}, "f:token": {}, "f:f:odd": {}}, "f:type": {}}}
    answers = {
        f"{OWN}/secrets/hub": {"metadata": {"name": "hub", "managedFields": [recorded]}, "data": {"unread": "eA=="}},
        f"{OWN}/secrets/cleared": {"metadata": {"name": "cleared"}},
        f"{OWN}/secrets/hidden": refused(403),
        f"{OWN}/configmaps/proxy": {"data": {"a": "b"}, "binaryData": {"c": "ZA=="}},
        f"{OWN}/serviceaccounts/models": {"metadata": {"name": "models"}},
        "/apis/scheduling.k8s.io/v1/priorityclasses/high": {"metadata": {"name": "high"}},
        "/apis/node.k8s.io/v1/runtimeclasses/nvidia": {"metadata": {"name": "nvidia"}},
    }
    there = [("Secret", "hub"), ("Secret", "cleared"), ("ConfigMap", "proxy"), ("ServiceAccount", "models")]
    missing = [ObjectName("Secret", "team", "gone"), ObjectName("RuntimeClass", "", "gone")]
    hidden = ObjectName("Secret", "team", "hidden")
    classes = [ObjectName("PriorityClass", "", "high"), ObjectName("RuntimeClass", "", "nvidia")]
    own = [ObjectName(kind, "team", name) for kind, name in there]
    asked: list[httpx2.Request] = []
    cluster = read(everything() | answers, asked.append, [*own, *classes, *missing, hidden])
    assert dict(cluster.named) == {
        own[0]: LiveNamed(there=True, keys=frozenset({"token", "f:odd"})),
        own[1]: LiveNamed(there=True),
        own[2]: LiveNamed(there=True, keys=frozenset({"a", "c"})),
        own[3]: LiveNamed(there=True),
        **{each: LiveNamed(there=True) for each in classes},
        **{each: LiveNamed(there=False) for each in missing},
    }
    # What a Secret holds is not even sent.
    secrets = {each.headers["Accept"] for each in asked if "/secrets/" in each.url.path}
    assert secrets == {"application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"}


def test_what_claims_are_and_kserves_settings_say() -> None:
    claim = {"spec": {"accessModes": ["ReadWriteMany"]}, "status": {"phase": "Pending"}}
    bound = {
        "spec": {"accessModes": ["ReadWriteMany"]},
        "status": {"phase": "Bound", "accessModes": ["ReadOnlyMany", "ReadWriteMany"]},
    }
    settings = {"data": {"storageInitializer": '{"enableModelcar": true}'}}
    config_map = "/api/v1/namespaces/kserve/configmaps/inferenceservice-config"
    answers = {
        f"{OWN}/persistentvolumeclaims/fresh": claim,
        f"{OWN}/persistentvolumeclaims/shared": bound,
        f"{OWN}/persistentvolumeclaims/hidden": refused(403),
        config_map: settings,
    }
    kind = "PersistentVolumeClaim"
    fresh, shared, hidden, gone = (ObjectName(kind, "team", name) for name in ("fresh", "shared", "hidden", "gone"))
    cluster = read(everything() | answers, named=[fresh, shared, hidden, gone, KSERVE_SETTINGS])
    assert dict(cluster.named) == {
        fresh: LiveNamed(there=True, claim=LiveClaim("Pending", frozenset({"ReadWriteMany"}))),
        shared: LiveNamed(there=True, claim=LiveClaim("Bound", frozenset({"ReadOnlyMany", "ReadWriteMany"}))),
        gone: LiveNamed(there=False),
        KSERVE_SETTINGS: LiveNamed(
            there=True, keys=frozenset({"storageInitializer"}), images=ImageSettings(taken=True)
        ),
    }
    absent = read(everything(), named=[KSERVE_SETTINGS]).named
    assert absent == {KSERVE_SETTINGS: LiveNamed(there=False, keys=frozenset())}
    assert read(everything() | {config_map: refused(403)}, named=[KSERVE_SETTINGS]).named == {}


def test_configs_are_those_of_the_namespace_and_of_kserve() -> None:
    names = ("team", "own"), ("kserve", "kserve-config-llm-template"), ("kserve", "shared"), ("other", "theirs")
    listed = page("List", *({"metadata": {"namespace": namespace, "name": name}} for namespace, name in names))
    wanted = {name: ObjectName("LLMInferenceServiceConfig", "team", name) for name in ("own", "shared", "theirs", "x")}
    cluster = read(everything() | {CONFIGS: listed}, named=wanted.values())
    assert {name: cluster.named[each].there for name, each in wanted.items()} == {
        "own": True,
        "shared": True,
        "theirs": False,
        "x": False,
    }
    assert read(everything() | {CONFIGS: refused(403)}, named=wanted.values()).named == {}
    with pytest.raises(ApiError):
        read(everything() | {CONFIGS: refused(500)}, named=wanted.values())


def test_nothing_is_looked_for_that_nobody_names() -> None:
    asked: list[httpx2.Request] = []
    assert read(everything(), asked.append).named == {}
    assert not [each for each in asked if each.url.path == CONFIGS or "/secrets" in each.url.path]


@pytest.mark.parametrize(
    "path", [NODES, PODS, STATUS, SERVICES, NAMESPACES, LIMITS, QUOTAS, CLASSES, GROUPS, GATEWAYS, ROUTES]
)
def test_a_server_that_fails(path: str) -> None:
    with pytest.raises(ApiError):
        read(everything() | {path: refused(500)})


def test_nodes_must_be_readable() -> None:
    with pytest.raises(ApiError):
        read(everything() | {NODES: refused(403)})


def test_the_autoscalers_prose() -> None:
    assert parse_status(PROSE) == (NodeGroupBounds("nodepool0", 0, 2), NodeGroupBounds("nodepool1", 1, 5))


def test_prose_of_many_groups_is_read_in_one_go() -> None:
    """Names without bounds, which were read as YAML first: a second for every 50,000 lines."""
    text = "NodeGroups:\n" + "  Name:        a\n" * 100_000 + PROSE
    began = time.process_time()
    assert parse_status(text) == parse_status(PROSE)
    assert time.process_time() - began < 0.8


@pytest.mark.parametrize(
    "text", ["", "[", "nodeGroups: 1", "nodeGroups: [1, {name: 1}, {name: a, health: 3}]", "Initializing"]
)
def test_no_status(text: str) -> None:
    assert parse_status(text) == ()
