"""Pods in a namespace that enforces Pod Security's strictest level: the real API server admits them, or does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest
from lightkube.resources.core_v1 import LimitRange, Namespace, Pod
from lightkube.types import PatchType

from tests.cluster.workloads import POOL_LABEL
from tests.documents import Document, deployment, environment, fleet_of, model, pool, profile

if TYPE_CHECKING:
    from tests.cluster.workloads import Workloads

pytestmark = pytest.mark.xdist_group("cluster-pods")

ENFORCE = "pod-security.kubernetes.io/enforce"
TWO_NODES: Document = {"nodes": 2, "gpusPerNode": 8}


def apply(workloads: Workloads, **topology: Any) -> None:  # noqa: ANN401
    """Apply what Slicewise makes of a deployment with a gated model on the whole GPUs of the cluster."""
    gated = model("m", profile("any", **topology), cpu="2", memory="4Gi")
    gated["spec"]["huggingFace"]["secretRef"] = {"name": "hugging-face", "key": "token"}
    whole = pool("p", nodeSelector={POOL_LABEL: "whole"}, nodeCount=2, multiNodeCapable=True)
    fleet = fleet_of([environment("e", whole), gated, deployment("d", "m", namespace=workloads.namespace)])
    workloads.apply_planned(fleet)


def enforce(workloads: Workloads, level: str) -> None:
    label = {"metadata": {"labels": {ENFORCE: level}}}
    workloads.client.patch(Namespace, workloads.namespace, label, patch_type=PatchType.MERGE)


@pytest.mark.parametrize(("topology", "pods"), [({}, 1), (TWO_NODES, 2)], ids=["one node", "pipeline of two nodes"])
def test_restricted_admits_every_pod(workloads: Workloads, topology: Document, pods: int) -> None:
    enforce(workloads, "restricted")
    apply(workloads, **topology)
    assert len(workloads.wait_running(pods)) == pods


def test_a_limit_on_the_ratio_of_limits_to_requests_admits_the_pod(workloads: Workloads) -> None:
    """KServe's storage initializer asks for 100m of at most 1 CPU where nothing else is said: a ratio of ten."""
    limit = {"type": "Container", "maxLimitRequestRatio": {"cpu": "4"}, "max": {"cpu": "2", "memory": "4Gi"}}
    document = {"metadata": {"name": "ratio"}, "spec": {"limits": [limit]}}
    workloads.client.create(cast("LimitRange", LimitRange.from_dict(document)), namespace=workloads.namespace)
    apply(workloads)
    assert len(workloads.wait_running(1)) == 1


def test_a_pod_asks_for_what_the_plan_counts(workloads: Workloads) -> None:
    """A pod asks for the most that any of its init containers, or all of its containers together, ask for."""
    apply(workloads)
    workloads.wait_running(1)
    (pod,) = workloads.client.list(Pod, namespace=workloads.namespace)
    assert pod.spec
    asked = [each.resources for each in (*(pod.spec.initContainers or []), *pod.spec.containers)]
    assert [resources and resources.requests and resources.requests["cpu"] for resources in asked] == ["2", "2"]
    assert [resources and resources.requests and resources.requests["memory"] for resources in asked] == ["4Gi", "4Gi"]
    assert pod.status
    assert pod.status.qosClass == "Guaranteed"
