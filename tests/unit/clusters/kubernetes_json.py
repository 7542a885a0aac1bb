"""Kubernetes objects as the API server writes them, for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Json = dict[str, Any]


def node_json(
    name: str,
    labels: Mapping[str, str] | None = None,
    resources: Mapping[str, object] | None = None,
    *,
    taints: Sequence[Mapping[str, str]] = (),
    ready: bool = True,
    cordoned: bool = False,
    provider_id: str = "",
) -> Json:
    """Return a Node object with 64 CPUs and 512 GiB."""
    spec: Json = {"providerID": provider_id, "taints": [dict(taint) for taint in taints]}
    return {
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name} | dict(labels or {})},
        "spec": spec | ({"unschedulable": True} if cordoned else {}),
        "status": {
            "allocatable": {"cpu": "64", "memory": "512Gi"}
            | {key: str(value) for key, value in (resources or {}).items()},
            "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
        },
    }


def pod_json(
    name: str,
    requests: Mapping[str, int],
    node: str | None = "n-0",
    *,
    phase: str = "Running",
    annotations: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
) -> Json:
    """Return a Pod object with one container."""
    resources = {"requests": {key: str(value) for key, value in requests.items()}}
    spec: Json = {"containers": [{"name": "main", "resources": resources}]}
    return {
        "metadata": {
            "namespace": "team",
            "name": name,
            "annotations": dict(annotations or {}),
            "labels": dict(labels or {}),
        },
        "spec": spec | ({"nodeName": node} if node else {}),
        "status": {"phase": phase},
    }
