"""A namespace that a plan uses, what is declared there, and what verifying says of it."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from slicewise.clusters.live.gpu_pods import gpu_pods
from slicewise.clusters.live.namespace_rules import namespace_rules
from slicewise.clusters.verify.namespaces.planned_pods import PlannedPods, planned_pods
from slicewise.manifests import placement_objects
from slicewise.planning import make_plan
from tests.documents import Document, deployment, environment, fleet_of, model, pool, profile, slices
from tests.unit.clusters.built_clusters import ENVIRONMENT, cluster_of, only
from tests.unit.clusters.kubernetes_json import pod_json

if TYPE_CHECKING:
    from slicewise.clusters.live.facts import LiveCluster
    from slicewise.diagnostics import Diagnostic

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


def parallel(**parallelism: int) -> tuple[tuple[Document, ...], LiveCluster]:
    """Return a deployment over two nodes, and its cluster."""
    declared = environment(ENVIRONMENT, pool("whole", nodeCount=2, multiNodeCapable=True))
    big = model("big", profile("two", nodes=2, gpusPerNode=8, memoryPerGpu="70Gi", parallelism=parallelism))
    return (declared, big, deployment("chat", "big")), cluster_of(declared)


def container(**rules: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - JSON
    return [{"type": "Container", **rules}]


# An init container of which the service says nothing is as KServe v0.20 makes it: 100m of 1 CPU, unconfined.


def as_kserve_makes_it() -> PlannedPods:
    """Return the pods of a service that leaves the init container to KServe."""
    fleet = fleet_of(documents())
    (placement,) = make_plan(fleet).placements
    service = copy.deepcopy(placement_objects(fleet, placement)[0])
    service["spec"]["template"].pop("initContainers")
    return planned_pods(placement, service)
