"""What every service of a plan needs of its cluster: KServe, groups of nodes, KEDA, namespaces."""

from __future__ import annotations

from dataclasses import replace

import pytest

from slicewise.clusters.live import INFERENCE_POOLS, NODE_GROUPS, ROUTES, SCALED_OBJECTS, SERVICES, ApiKind
from tests.documents import Document, deployment, model, pool, profile
from tests.unit.clusters.built_clusters import found, only
from tests.unit.clusters.verify.pools.as_declared import ERROR, LARGE, WARNING, here, shared_pool


def test_kserve_matters_where_something_is_placed() -> None:
    documents, cluster = here(pool("whole"))
    assert found(documents, replace(cluster, serves_kserve=False)) == [(None, "SW618", WARNING)]


def test_an_older_kserve_is_told_with_the_versions_that_it_has() -> None:
    documents, cluster = here(pool("whole"), more=(LARGE, deployment("big", "large")))
    older = {SERVICES: ("serving.kserve.io/v1alpha1", "serving.kserve.io/v1beta1")}
    told = only(documents, replace(cluster, serves_kserve=False, unserved=older))
    assert "only other versions or kinds of serving.kserve.io/v1alpha1, serving.kserve.io/v1beta1" in told.message
    assert told.remedy.startswith("install or upgrade in the cluster: KServe 0.20")


def test_node_groups_matter_where_a_replica_spans_nodes() -> None:
    whole = pool("whole", nodeCount=2, multiNodeCapable=True)
    documents, cluster = here(whole, more=(LARGE, deployment("big", "large")))
    assert found(documents, replace(cluster, unserved={NODE_GROUPS: ()})) == []
    several = model("several", profile("nodes", nodes=2, gpusPerNode=8, memoryPerGpu="70Gi"))
    documents, cluster = here(whole, more=(several, deployment("wide", "several")))
    assert found(documents, cluster) == []
    told = only(documents, replace(cluster, unserved={NODE_GROUPS: ()}))
    assert (told.code, told.severity.value) == ("SW618", ERROR)
    assert "does not serve LeaderWorkerSet (leaderworkerset.x-k8s.io/v1)" in told.message
    assert "team/wide" in told.message
    assert told.remedy.startswith("install in the cluster: LeaderWorkerSet (https://lws.sigs.k8s.io; 0.9.0 is tested)")


def test_keda_matters_where_a_deployment_is_autoscaled() -> None:
    scaling = {"signal": "Concurrency", "concurrency": {"maxReplicas": 2, "target": 8}}
    cases: list[tuple[Document, list[str]]] = [({}, []), ({"scaling": scaling}, ["SW618"])]
    for more, codes in cases:
        documents, cluster = here(pool("whole"), more=(LARGE, deployment("big", "large", **more)))
        without = replace(cluster, unserved={SCALED_OBJECTS: ()})
        assert [code for _, code, _ in found(documents, without)] == codes
        assert found(documents, cluster) == []
    told = only(documents, without)
    assert told.severity.value == ERROR
    assert told.message.startswith("the API server does not serve ScaledObject (keda.sh/v1alpha1)")
    assert "team/big" in told.message
    assert told.remedy.startswith("install in the cluster: KEDA")


@pytest.mark.parametrize(
    ("router", "kind", "codes"),
    [
        ({}, ROUTES, []),
        ({"router": {"enabled": True}}, ROUTES, ["SW618"]),
        ({"router": {"enabled": True}}, INFERENCE_POOLS, []),
        ({"router": {"enabled": True, "scheduler": True}}, INFERENCE_POOLS, ["SW618"]),
    ],
    ids=str,
)
def test_gateway_api_matters_where_a_deployment_is_routed(router: Document, kind: ApiKind, codes: list[str]) -> None:
    documents, cluster = here(pool("whole"), more=(LARGE, deployment("big", "large", **router)))
    without = replace(cluster, unserved={kind: (f"{kind.api_version}beta1",)})
    assert [code for _, code, _ in found(documents, without)] == codes
    assert found(documents, cluster) == []
    if codes:
        told = only(documents, without)
        assert f"only other versions or kinds of {kind.api_version}beta1" in told.message
        assert told.remedy.startswith("install or upgrade in the cluster: ")


def test_without_gateway_api_a_gateway_is_not_missed_besides() -> None:
    documents, cluster = here(pool("whole"), more=(LARGE, deployment("big", "large")))
    documents[0]["spec"]["gateway"] = {"namespace": "kserve", "name": "models"}
    assert found(documents, replace(cluster, gateways={}, unserved={ROUTES: ()})) == [(None, "SW618", ERROR)]


def test_namespaces_that_the_stack_makes_need_not_be_there() -> None:
    documents, cluster = shared_pool()
    cluster = replace(cluster, namespaces=frozenset())
    assert found(documents, cluster, creates_namespaces=True) == []
    assert "kubectl create namespace team" in only(documents, cluster).remedy
