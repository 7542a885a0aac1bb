"""Rules about services with a prefill workload: what they pass, and what they find there."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from policies.rules.plan_followed import PLAN_COMPLETE
from policies.rules.pool_capacity import POOL_CAPACITY
from policies.rules.rule_types import Resource
from tests.policies.outcomes import messages
from tests.policies.resources import STACK, container, pod_spec, service
from tests.policies.test_every_rule import PLAN

WHOLE = "nvidia.com/gpu"


def split(count: int = 4, replicas: int = 2, pool: str = "whole") -> Resource:
    """Return a service whose prefill pods ask for whole GPUs of another pool."""
    found = service(prefill={"replicas": replicas, "template": pod_spec(container(WHOLE, count))})
    found.properties["metadata"]["annotations"]["slicewise.dev/prefill-node-pool"] = pool
    return found


def plan(allocated: int = 8) -> Resource:
    outputs: dict[str, Any] = copy.deepcopy(PLAN)
    whole = {"nodePool": "whole", "unitsPerNode": 8, "nodes": 2, "units": 16, "allocated": allocated}
    outputs["nodePools"]["mig-a/whole"] = outputs["nodePools"]["mig-a/slices"] | whole
    outputs["placements"]["mig-a/team-a/gemma"]["prefill"] = {
        "nodePool": "whole",
        "resource": WHOLE,
        "gpusPerNode": 4,
    }
    return Resource(STACK, "test", outputs)


def test_what_the_plan_has_for_both_workloads_passes() -> None:
    for rule in (POOL_CAPACITY, PLAN_COMPLETE):
        assert messages(rule, split(), plan()) == []


def test_prefill_pods_count_on_their_own_pool() -> None:
    (message,) = messages(POOL_CAPACITY, split(replicas=3), plan())
    assert "mig-a/whole: 12 units are asked for (mig-a/team-a/gemma-service 12), and the plan charges 8" in message


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (split(count=8), f"asks for {WHOLE}: 8 where the plan gave it {WHOLE}: 4"),
        (split(pool="other"), "is other where the plan says whole"),
        (service(), "the service has no prefill workload where the plan has one"),
    ],
)
def test_what_differs_from_the_plan_is_found(changed: Resource, expected: str) -> None:
    (message,) = messages(PLAN_COMPLETE, changed, plan())
    assert expected in message


def test_a_prefill_workload_that_the_plan_does_not_have_is_found() -> None:
    found = messages(PLAN_COMPLETE, split(), Resource(STACK, "test", PLAN))
    assert any("has a prefill workload where the plan has none" in message for message in found)
