"""The pods that KServe makes: their main container, and leaders that agree with workers."""

from __future__ import annotations

from typing import Any

import pytest

from policies.rules.kserve_pods import MAIN_CONTAINER_RULE, POD_SPECS_AGREE
from policies.rules.rule_runner import run_rule
from policies.rules.rule_types import Finding
from tests.policies.outcomes import found
from tests.policies.resources import CONTAINER, SLICE, container, deployment, multi_node, pod_spec, service, whole_gpus


def test_main_container() -> None:
    other = container(name="vllm")
    sidecar = container(None, name="proxy")
    assert found(MAIN_CONTAINER_RULE, service()) == []
    assert found(MAIN_CONTAINER_RULE, service(pod_spec(container(), sidecar))) == []
    assert found(MAIN_CONTAINER_RULE, service({"nodeSelector": {"a": "b"}})) == []
    assert found(MAIN_CONTAINER_RULE, service(pod_spec(sidecar))) == ["spec.template.containers"]
    assert found(MAIN_CONTAINER_RULE, service(pod_spec(other))) == [
        "spec.template.containers",
        f"{CONTAINER}.resources",
    ]
    assert found(MAIN_CONTAINER_RULE, service(pod_spec(container(None), other))) == [
        "spec.template.containers[1].resources"
    ]
    assert found(MAIN_CONTAINER_RULE, service(pod_spec(sidecar), baseRefs=[{"name": "base"}])) == []
    assert found(MAIN_CONTAINER_RULE, deployment(pod_spec(other))) == []


def test_main_asks_for_the_gpu_and_not_what_runs_before_it() -> None:
    first = container(name="first")
    both = pod_spec(container(), initContainers=[first])
    assert found(MAIN_CONTAINER_RULE, service(both)) == []
    assert found(MAIN_CONTAINER_RULE, service(pod_spec(container(None), initContainers=[first]))) == [
        "spec.template.initContainers[0].resources"
    ]
    # A sidecar goes on beside the engine, with a GPU of its own.
    beside = pod_spec(container(), initContainers=[{**first, "restartPolicy": "Always"}])
    assert found(MAIN_CONTAINER_RULE, service(beside)) == ["spec.template.initContainers[0].resources"]


CPU = container(None)
NO_GPUS = container("nvidia.com/gpu", "0")


@pytest.mark.parametrize(
    ("prefill", "paths"),
    [
        (None, []),
        ({"template": pod_spec()}, []),
        # KServe v0.20 makes a Deployment of vLLM with `resources: {}` of these two.
        ({}, ["spec.prefill.template"]),
        ({"replicas": 2}, ["spec.prefill.template"]),
        ({"template": {}}, ["spec.prefill.template"]),
        ({"template": {"containers": []}}, ["spec.prefill.template"]),
        ({"template": pod_spec(CPU)}, ["spec.prefill.template.containers[0].resources"]),
        ({"template": pod_spec(NO_GPUS)}, ["spec.prefill.template.containers[0].resources"]),
        ({"template": pod_spec({"name": "main"})}, ["spec.prefill.template.containers[0].resources"]),
        ({"template": pod_spec(CPU, container(name="x"))}, ["spec.prefill.template.containers[1].resources"]),
        ({"template": pod_spec(), "worker": pod_spec(CPU)}, ["spec.prefill.worker.containers[0].resources"]),
        ({"template": pod_spec(CPU), "worker": pod_spec()}, ["spec.prefill.template.containers[0].resources"]),
        ({"worker": {}}, ["spec.prefill.template", "spec.prefill.worker"]),
    ],
)
def test_every_engine_of_a_service_has_a_gpu_or_none_has(prefill: dict[str, Any] | None, paths: list[str]) -> None:
    assert found(MAIN_CONTAINER_RULE, service(prefill=prefill)) == paths
    if paths:
        outcomes = run_rule(MAIN_CONTAINER_RULE, service(prefill=prefill, baseRefs=[{"name": "base"}]))
        outside = [item for item in outcomes if isinstance(item, Finding)]
        assert all("outside main" in item.problem for item in outside)
        assert len(outcomes) == len(paths)


def test_an_engine_without_a_gpu_is_found_whichever_side_it_is_on() -> None:
    prefill = {"template": pod_spec()}
    assert found(MAIN_CONTAINER_RULE, service(pod_spec(CPU), prefill=prefill)) == [f"{CONTAINER}.resources"]
    without = service(prefill=prefill)
    del without.properties["spec"]["template"]
    assert found(MAIN_CONTAINER_RULE, without) == ["spec.template"]
    assert found(MAIN_CONTAINER_RULE, multi_node(whole_gpus(), pod_spec(CPU))) == [
        "spec.worker.containers[0].resources"
    ]
    assert found(MAIN_CONTAINER_RULE, multi_node(pod_spec(CPU), whole_gpus())) == [f"{CONTAINER}.resources"]


@pytest.mark.parametrize("prefill", [None, {}, {"template": pod_spec(CPU)}, {"template": pod_spec(NO_GPUS)}])
@pytest.mark.parametrize("engine", [CPU, NO_GPUS])
def test_a_service_on_cpus_may_be_meant(engine: dict[str, Any], prefill: dict[str, Any] | None) -> None:
    assert found(MAIN_CONTAINER_RULE, service(pod_spec(engine), prefill=prefill)) == []
    without = service(prefill=prefill)
    del without.properties["spec"]["template"]
    assert found(MAIN_CONTAINER_RULE, without) == []


@pytest.mark.parametrize(
    ("worker", "path"),
    [
        (whole_gpus(), None),
        (whole_gpus(nodeSelector={"pool": "b"}), "spec.worker.nodeSelector"),
        (whole_gpus(tolerations=None), "spec.worker.tolerations"),
        (pod_spec(container("nvidia.com/gpu", "4")), "spec.worker.containers[0].resources"),
        (pod_spec(container("nvidia.com/gpu", "8", image="v2")), "spec.worker.containers[0].image"),
        (pod_spec(container("nvidia.com/gpu", "8", args=["-x"])), "spec.worker.containers[0].args"),
        (pod_spec(container("nvidia.com/gpu", "8", env=[{"name": "A"}])), "spec.worker.containers[0].env"),
        (pod_spec(container("nvidia.com/gpu", "8", args=[])), None),
    ],
)
def test_leader_and_worker_agree(worker: dict[str, Any], path: str | None) -> None:
    assert found(POD_SPECS_AGREE, multi_node(whole_gpus(), worker)) == ([path] if path else [])
    prefill = {"template": whole_gpus(), "worker": worker}
    assert found(POD_SPECS_AGREE, service(prefill=prefill)) == (
        [path.replace("spec.", "spec.prefill.", 1)] if path else []
    )


def in_pools(*pools: str) -> dict[str, Any]:
    expression = {"key": "pool", "operator": "In", "values": list(pools)}
    return {
        "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}
    }


@pytest.mark.parametrize(
    ("worker", "differing"),
    [
        ({"nodeSelector": {"pool": "a"}}, None),
        ({"nodeSelector": None, "affinity": {"nodeAffinity": in_pools("a")}}, None),
        ({"nodeSelector": None, "affinity": {"nodeAffinity": in_pools("b")}}, "nodeSelector"),
        ({"nodeSelector": None, "affinity": {"nodeAffinity": in_pools("a", "b")}}, "nodeSelector"),
        ({"nodeSelector": {"pool": "a"}, "affinity": {"nodeAffinity": in_pools("b")}}, "affinity"),
        ({"nodeSelector": {"pool": "a"}, "affinity": {"nodeAffinity": in_pools("a", "b")}}, None),
    ],
)
def test_leader_and_worker_go_to_the_same_nodes_however_that_is_written(
    worker: dict[str, Any], differing: str | None
) -> None:
    resource = multi_node(whole_gpus(nodeSelector={"pool": "a"}), whole_gpus(**worker))
    assert found(POD_SPECS_AGREE, resource) == ([f"spec.worker.{differing}"] if differing else [])


@pytest.mark.parametrize(
    ("limits", "agrees"),
    [
        ({"nvidia.com/gpu": 8, "cpu": "8"}, True),
        ({"nvidia.com/gpu": "8000m", "cpu": 8.0}, True),
        ({"nvidia.com/gpu": "8", "cpu": "8", SLICE: "0"}, True),
        ({"nvidia.com/gpu": "8", "cpu": "8", SLICE: "1"}, False),
        ({"nvidia.com/gpu": "8", "cpu": "8", "memory": "0"}, False),
        ({"nvidia.com/gpu": "8", "cpu": "8 cores"}, False),
    ],
)
def test_leader_and_worker_ask_for_the_same_amounts(limits: dict[str, Any], agrees: bool) -> None:
    leader = pod_spec(container(None, resources={"limits": {"nvidia.com/gpu": "8", "cpu": "8"}}))
    worker = pod_spec(container(None, resources={"limits": limits}))
    assert found(POD_SPECS_AGREE, multi_node(leader, worker)) == (
        [] if agrees else ["spec.worker.containers[0].resources"]
    )


@pytest.mark.parametrize(
    ("requests", "agrees"),
    [
        (None, True),
        ({"nvidia.com/gpu": "8"}, True),
        ({"nvidia.com/gpu": "8", "cpu": "8000m"}, True),
        ({"cpu": "4"}, False),
    ],
)
def test_what_is_limited_is_requested_whether_that_is_written_or_not(
    requests: dict[str, Any] | None, agrees: bool
) -> None:
    limits = {"nvidia.com/gpu": "8", "cpu": "8"}
    leader = pod_spec(container(None, resources={"limits": limits}))
    worker = pod_spec(container(None, resources={"limits": limits, "requests": requests}))
    assert found(POD_SPECS_AGREE, multi_node(leader, worker)) == (
        [] if agrees else ["spec.worker.containers[0].resources"]
    )


TEAM = {"key": "team", "operator": "Equal", "value": "", "effect": "NoSchedule"}
SPOT = {"key": "spot", "operator": "Exists"}


@pytest.mark.parametrize(
    ("tolerations", "agrees"),
    [
        ([SPOT, TEAM], True),
        ([TEAM, SPOT, TEAM], True),
        ([{"key": "team", "effect": "NoSchedule"}, SPOT | {"effect": "", "value": None}], True),
        ([TEAM], False),
        ([TEAM | {"value": "a"}, SPOT], False),
        ([TEAM, SPOT | {"effect": "NoExecute"}], False),
        ([TEAM, SPOT | {"tolerationSeconds": 60}], False),
    ],
)
def test_leader_and_worker_tolerate_the_same_however_that_is_written(tolerations: list[Any], agrees: bool) -> None:
    resource = multi_node(whole_gpus(tolerations=[TEAM, SPOT]), whole_gpus(tolerations=tolerations))
    assert found(POD_SPECS_AGREE, resource) == ([] if agrees else ["spec.worker.tolerations"])


def test_what_must_agree_is_configured() -> None:
    worker = pod_spec(container("nvidia.com/gpu", "8", args=["--headless"]))
    assert found(POD_SPECS_AGREE, multi_node(whole_gpus(), worker), fields=["image", "resources"]) == []


def test_an_empty_worker_agrees_with_nothing() -> None:
    paths = found(POD_SPECS_AGREE, multi_node(whole_gpus(), {}))
    assert paths == ["spec.worker.nodeSelector", "spec.worker.tolerations", "spec.worker.containers"]
