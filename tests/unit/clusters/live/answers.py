"""What an API server answers by path, and the cluster that is read of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from typing import Any

import httpx2
from lightkube import AsyncClient, KubeConfig
from lightkube.config.models import Cluster, User

from slicewise.clusters.live.existing_objects import ObjectName
from slicewise.clusters.live.facts import LiveCluster
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

    config = KubeConfig.from_one(cluster=Cluster(server="http://cluster.invalid", insecure=True), user=User()).get()
    client = AsyncClient(config=config, transport=httpx2.MockTransport(answer), trust_env=False)

    async def reading() -> LiveCluster:
        try:
            return await read_cluster(client, named)
        finally:
            await client.close()

    return asyncio.run(reading())
