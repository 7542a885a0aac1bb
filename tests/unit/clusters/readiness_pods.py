"""Objects of a service as the API server and KServe v0.20 write them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from slicewise.clusters.readiness import Observed
from slicewise.manifests import KubernetesObject

REVISION = "slicewise.dev/revision"


def pod(revision: str, *, container: dict[str, Any] | None = None, initial: dict[str, Any] | None = None) -> Any:  # noqa: ANN401
    """Return a pod on a node: Ready where nothing is said of its containers."""
    status: dict[str, Any] = {
        "phase": "Running",
        "conditions": [{"type": "Ready", "status": "False" if container or initial else "True"}],
        "containerStatuses": [{"name": "main", **(container or {"state": {"running": {}}})}],
    }
    if initial:
        status["initContainerStatuses"] = [{"name": "storage-initializer", **initial}]
        status["containerStatuses"] = [{"name": "main", "state": {"waiting": {"reason": "PodInitializing"}}}]
    return {"metadata": {"annotations": {REVISION: revision}}, "spec": {"nodeName": "node"}, "status": status}


def applied(service: KubernetesObject, pods: Sequence[KubernetesObject], **metadata: str) -> Observed:
    """Return what a cluster has where `service` was applied and its Deployment has `pods`."""
    spec = service["spec"]
    replicas = spec.get("replicas", len(pods))
    there = {
        **service,
        "metadata": {**service["metadata"], "uid": "1", "generation": 1, **metadata},
        "status": {"observedGeneration": 1, "conditions": []},
    }
    workload = {
        "metadata": {"generation": 1},
        "spec": {"replicas": replicas, "template": {"metadata": {"annotations": spec["annotations"]}}},
        "status": {
            "observedGeneration": 1,
            **dict.fromkeys(("replicas", "updatedReplicas", "availableReplicas"), replicas),
        },
    }
    return Observed(there, workload, list(pods))
