"""Reading a cluster over HTTP as the API server answers, also when it refuses."""

from __future__ import annotations

import time

import httpx2
import pytest
from lightkube import ApiError

from slicewise.clusters.live.autoscaler import parse_status
from slicewise.clusters.live.facts import NodeGroupBounds
from slicewise.clusters.live.served_kinds import ApiKind
from tests.unit.clusters.kubernetes_json import Json, node_json, pod_json
from tests.unit.clusters.live.answers import (
    CLASSES,
    GATEWAYS,
    GROUPS,
    LIMITS,
    NAMESPACES,
    NODES,
    PODS,
    PROSE,
    QUOTAS,
    ROUTES,
    SERVICES,
    STATUS,
    everything,
    groups,
    page,
    read,
    refused,
)


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
    "answer",
    [
        refused(403),
        # A gateway that passes on what it knows: that a list is not there says nothing of what would be in it.
        httpx2.Response(404, json={}),
        {"kind": "Status"},
        groups("keda.sh/v1alpha1"),
    ],
)
def test_where_what_is_served_may_not_be_asked_nothing_is_missed(answer: object) -> None:
    cluster = read(everything() | {GROUPS: answer})
    assert (cluster.unserved, cluster.unread) == ({}, ())


def test_kinds_that_are_not_served_and_other_versions_that_are() -> None:
    """LeaderWorkerSet is as it should be, KEDA has no ScaledObject, Gateway API is too old, and KServe is not there."""
    versions = ("apps/v1", "leaderworkerset.x-k8s.io/v1", "keda.sh/v1alpha1", "gateway.networking.k8s.io/v1beta1")
    kinds = {"leaderworkerset.x-k8s.io/v1": "LeaderWorkerSet", "keda.sh/v1alpha1": "ScaledJob"}
    served = {f"/apis/{version}": {"resources": [{"kind": kind}]} for version, kind in kinds.items()}
    assert read(everything() | {GROUPS: groups(*versions)} | served).unserved == {
        ApiKind("serving.kserve.io/v1alpha2", "LLMInferenceService"): (),
        ApiKind("keda.sh/v1alpha1", "ScaledObject"): ("keda.sh/v1alpha1",),
        ApiKind("gateway.networking.k8s.io/v1", "HTTPRoute"): ("gateway.networking.k8s.io/v1beta1",),
        ApiKind("inference.networking.k8s.io/v1", "InferencePool"): (),
    }


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
