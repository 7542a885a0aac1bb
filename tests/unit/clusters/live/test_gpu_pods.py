"""Pods that hold GPUs, counted as kube-scheduler counts them."""

from __future__ import annotations

import pytest

from slicewise.clusters.live.gpu_pods import daemon_node, gpu_pods
from tests.unit.clusters.kubernetes_json import pod_json
from tests.unit.clusters.live.labels import GPU


def test_pods_are_counted_as_the_scheduler_counts_them() -> None:
    pod = pod_json("p", {GPU: 2})
    pod["spec"]["containers"].append({"name": "side", "resources": {"limits": {GPU: "1"}}})
    pod["spec"]["initContainers"] = [
        {"name": "proxy", "restartPolicy": "Always", "resources": {"requests": {GPU: "1"}}},
        {"name": "fetch", "resources": {"requests": {GPU: "4", "cpu": "1"}}},
    ]
    # Sidecar 1 and fetch 4 run together before the containers; 1 + 2 + 1 afterwards.
    assert gpu_pods([pod])[0].requests == {GPU: 5}


def test_pods_that_hold_nothing_are_left_out() -> None:
    done = [pod_json(phase, {GPU: 1}, phase=phase) for phase in ("Succeeded", "Failed")]
    pods = gpu_pods([*done, pod_json("cpu", {"cpu": 1}), pod_json("b", {GPU: 1}, None), pod_json("a", {GPU: 1})])
    assert [(pod.name, pod.node) for pod in pods] == [("a", "n-0"), ("b", None)]


def test_pods_of_slicewise_say_their_service() -> None:
    labels = {"app.kubernetes.io/name": "gemma"}
    ours = pod_json("ours", {GPU: 1}, annotations={"slicewise.dev/revision": "1"}, labels=labels)
    others = pod_json("others", {GPU: 1}, labels=labels)
    assert {pod.name: pod.service for pod in gpu_pods([ours, others])} == {"ours": "gemma", "others": None}


@pytest.mark.parametrize(
    ("owner", "node", "counted"),
    [
        ({"kind": "DaemonSet", "name": "device-plugin"}, "n-0", "n-0"),
        # A static pod's mirror: the kubelet makes its node the owner.
        ({"kind": "Node", "name": "n-0"}, "n-0", "n-0"),
        ({"kind": "ReplicaSet", "name": "web"}, "n-0", None),
        ({"kind": "DaemonSet", "name": "device-plugin"}, None, None),
        (None, "n-0", None),
    ],
)
def test_pods_that_every_node_runs(owner: dict[str, str] | None, node: str | None, counted: str | None) -> None:
    pod = pod_json("p", {}, node)
    pod["metadata"]["ownerReferences"] = [owner] if owner else []
    assert daemon_node(pod) == counted
