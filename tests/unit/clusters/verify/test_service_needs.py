"""What every service of a plan needs of its cluster: KServe, groups of nodes, KEDA, namespaces."""

from __future__ import annotations

from dataclasses import replace

from tests.documents import Document, deployment, model, pool, profile
from tests.unit.clusters.built_clusters import found, only
from tests.unit.clusters.verify.pools.as_declared import ERROR, LARGE, WARNING, here, shared_pool


def test_kserve_matters_where_something_is_placed() -> None:
    documents, cluster = here(pool("whole"))
    assert found(documents, replace(cluster, serves_kserve=False)) == [(None, "SW618", WARNING)]


def test_node_groups_matter_where_a_replica_spans_nodes() -> None:
    whole = pool("whole", nodeCount=2, multiNodeCapable=True)
    documents, cluster = here(whole, more=(LARGE, deployment("big", "large")))
    assert found(documents, replace(cluster, serves_node_groups=False)) == []
    several = model("several", profile("nodes", nodes=2, gpusPerNode=8, memoryPerGpu="70Gi"))
    documents, cluster = here(whole, more=(several, deployment("wide", "several")))
    assert found(documents, cluster) == []
    told = only(documents, replace(cluster, serves_node_groups=False))
    assert (told.code, told.severity.value) == ("SW618", ERROR)
    assert "does not serve LeaderWorkerSet (leaderworkerset.x-k8s.io/v1)" in told.message
    assert "team/wide" in told.message
    assert told.remedy.startswith("install in the cluster: LeaderWorkerSet (https://lws.sigs.k8s.io)")


def test_keda_matters_where_a_deployment_is_autoscaled() -> None:
    scaling = {"signal": "Concurrency", "concurrency": {"maxReplicas": 2, "target": 8}}
    cases: list[tuple[Document, list[str]]] = [({}, []), ({"scaling": scaling}, ["SW618"])]
    for more, codes in cases:
        documents, cluster = here(pool("whole"), more=(LARGE, deployment("big", "large", **more)))
        without = replace(cluster, serves_scaled_objects=False)
        assert [code for _, code, _ in found(documents, without)] == codes
        assert found(documents, cluster) == []
    told = only(documents, without)
    assert told.severity.value == ERROR
    assert told.message.startswith("the API server does not serve ScaledObject (keda.sh/v1alpha1)")
    assert "team/big" in told.message
    assert told.remedy.startswith("install in the cluster: KEDA")


def test_namespaces_that_the_stack_makes_need_not_be_there() -> None:
    documents, cluster = shared_pool()
    cluster = replace(cluster, namespaces=frozenset())
    assert found(documents, cluster, creates_namespaces=True) == []
    assert "kubectl create namespace team" in only(documents, cluster).remedy
