"""A GPU resource of 0 is not asked for: kube-scheduler passes it over, whatever the node has."""

from __future__ import annotations

from typing import Any

import pytest

from policies.rules.all_rules import RESOURCE_RULES
from policies.rules.one_slice import ONE_SLICE
from policies.rules.plan_followed import PLAN_COMPLETE
from policies.rules.pool_capacity import POOL_CAPACITY
from policies.rules.resource_names import LIMITS_EQUAL_REQUESTS, RESOURCE_NAME
from policies.rules.rule_runner import run_rule, run_stack_rule
from policies.rules.rule_types import UNKNOWN, Finding, Resource
from tests.policies.outcomes import found
from tests.policies.resources import POD, SLICE, container, pod_spec, service
from tests.policies.test_stack_rules import plan

ZEROS = (0, 0.0, "0", "0m", "0Gi", "0e3", "0.0")
GPUS = ("nvidia.com/gpu", "nvidia.com/gpu.shared", SLICE, "nvidia.com/mig-1g.10gb", "nvidia.com/mig-3g-40gb")
# Nothing in it is as the rules want it of a pod with a GPU.
CARELESS = {"nodeSelector": None, "tolerations": None}
CONFIG = {"profile-allowed": {"profiles": ["2g.20gb"], "wholeGpus": False}}

every_zero = pytest.mark.parametrize("zero", ZEROS, ids=repr)
every_gpu = pytest.mark.parametrize("gpu", GPUS)


def careless(resources: dict[str, Any]) -> Resource:
    """Return a pod that every rule about GPU pods would find fault with."""
    secret = {"name": "DB_PASSWORD", "value": "tulips"}
    engine = container(None, image="vllm", args=["-tp", "2"], env=[secret], resources=resources)
    return Resource(POD, "bench", {"spec": pod_spec(engine, **CARELESS)}, provider="default")


def broken(resource: Resource) -> set[str]:
    """Return the rules that find something."""
    return {
        rule.name
        for rule in RESOURCE_RULES
        for outcome in run_rule(rule, resource, CONFIG.get(rule.name))
        if isinstance(outcome, Finding)
    }


@every_gpu
@every_zero
def test_a_pod_that_asks_for_no_gpus_is_not_a_gpu_pod(gpu: str, zero: object) -> None:
    assert broken(careless({"limits": {gpu: zero}})) == set()
    assert broken(careless({"limits": {gpu: zero}, "requests": {gpu: zero}})) == set()
    assert "gpu-toleration" in broken(careless({"limits": {gpu: "1"}}))


@every_gpu
def test_what_is_null_is_not_asked_for(gpu: str) -> None:
    # Of a custom resource kube-apiserver drops what is null, of a pod it reads it as 0.
    assert broken(careless({"limits": {gpu: None}, "requests": {gpu: None}})) == set()
    assert broken(careless({"limits": {gpu: None, "cpu": "8"}})) == set()
    profile = "nvidia.com/mig-2g.20gb"
    assert broken(careless({"limits": {gpu: None, profile: 1}})) == broken(careless({"limits": {profile: 1}}))


@every_gpu
@every_zero
def test_no_gpus_beside_a_slice_are_not_another_device(gpu: str, zero: object) -> None:
    profile = "nvidia.com/mig-2g.20gb"
    resources = {"limits": {gpu: zero, profile: 1}, "requests": {gpu: zero, profile: 1}}
    assert broken(careless(resources)) == broken(careless({"limits": {profile: 1}}))


@every_zero
def test_kubernetes_refuses_a_request_without_a_limit_even_of_nothing(zero: object) -> None:
    # "Limit must be set for non overcommitable resources" (kube-apiserver v1.34.2).
    (path,) = found(LIMITS_EQUAL_REQUESTS, careless({"requests": {"nvidia.com/gpu": zero}}))
    assert path == 'spec.containers[0].resources.requests["nvidia.com/gpu"]'
    assert broken(careless({"requests": {"nvidia.com/gpu": zero}})) == {"gpu-limits-equal-requests"}


def test_a_request_above_a_limit_of_nothing_is_asked_for() -> None:
    resource = careless({"limits": {SLICE: 0}, "requests": {SLICE: 2}})
    path = f'spec.containers[0].resources.requests["{SLICE}"]'
    assert found(LIMITS_EQUAL_REQUESTS, resource) == [path]
    assert found(ONE_SLICE, resource) == [path]


@pytest.mark.parametrize("amount", [1, 1.0, "1", "1000m", "1e0", "+1"], ids=repr)
def test_one_slice_may_be_written_as_any_quantity(amount: object) -> None:
    assert found(ONE_SLICE, service(pod_spec(container(SLICE, amount)))) == []
    limited = {"limits": {SLICE: amount}, "requests": {SLICE: "1"}}
    assert found(LIMITS_EQUAL_REQUESTS, service(pod_spec(container(None, resources=limited)))) == []
    assert run_stack_rule(PLAN_COMPLETE, [service(pod_spec(container(SLICE, amount))), plan()]) == []
    assert run_stack_rule(POOL_CAPACITY, [service(pod_spec(container(SLICE, amount))), plan(2)]) == []
    assert len(run_stack_rule(POOL_CAPACITY, [service(pod_spec(container(SLICE, amount))), plan(1)])) == 1


@pytest.mark.parametrize("amount", [2, "2", "2000m", "2e0", "500m", "-1", "one"], ids=repr)
def test_whatever_else_is_not_one_slice(amount: object) -> None:
    assert len(found(ONE_SLICE, service(pod_spec(container(SLICE, amount))))) == 1


@every_zero
def test_the_plan_and_its_capacity_count_no_gpus_that_are_not_asked_for(zero: object) -> None:
    limits = {SLICE: "1", "nvidia.com/gpu": zero}
    planned = service(pod_spec(container(None, resources={"limits": limits})))
    assert run_stack_rule(PLAN_COMPLETE, [planned, plan()]) == []
    assert run_stack_rule(POOL_CAPACITY, [planned, plan(2)]) == []


def test_an_amount_that_is_not_known_may_be_nothing() -> None:
    wrong = "nvidia.com/mig-3g-40gb"
    resource = careless({"limits": {wrong: UNKNOWN}})
    assert not broken(resource)
    assert [outcome.path for outcome in run_rule(RESOURCE_NAME, resource)] == [
        f'spec.containers[0].resources.limits["{wrong}"]'
    ]
