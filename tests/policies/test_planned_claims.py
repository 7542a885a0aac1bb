"""Services of pools with `allocation: claim` claim what the plan gave them: the rule plan-complete."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest

from policies.rules import RESOURCE_RULES, STACK_RULES
from policies.rules.rule_types import Finding
from slicewise.documents import Fleet
from tests import documents
from tests.policies.mutation.stacks import Stack, stack_of

if TYPE_CHECKING:
    from collections.abc import Callable

SERVICE, TEMPLATE = "e/team/chat-service", "e/team/chat-claimtemplate"
HUGE = "e/team/huge-service"


def fleet() -> Fleet:
    by_claim = {"allocation": "claim"}
    return documents.fleet_of(
        [
            documents.environment(
                "e",
                documents.slices("cut", "3g.40gb") | by_claim,
                documents.pool("whole", nodeCount=4, multiNodeCapable=True) | by_claim,
            ),
            documents.model("huge", documents.profile("two-nodes", nodes=2, gpusPerNode=8, memoryPerGpu="70Gi")),
            documents.model("small", documents.profile("slice", memoryPerGpu="30Gi", mig="only")),
            documents.deployment("huge", "huge"),
            documents.deployment("chat", "small", replicas=2),
        ]
    )


def found(stack: Stack) -> list[tuple[str, Finding]]:
    return [(name, each) for name, each in stack.outcomes({}) if isinstance(each, Finding)]


def test_rules_find_nothing_in_what_slicewise_makes() -> None:
    assert len(RESOURCE_RULES) + len(STACK_RULES) > 20
    assert found(stack_of("claims", fleet())) == []


def request(stack: Stack) -> dict[str, Any]:
    (only,) = stack.resources[TEMPLATE].properties["spec"]["spec"]["devices"]["requests"]
    exactly: dict[str, Any] = only["exactly"]
    return exactly


def pod(stack: Stack, service: str = SERVICE, part: str = "template") -> dict[str, Any]:
    spec: dict[str, Any] = stack.resources[service].properties["spec"][part]
    return spec


def another_profile(stack: Stack) -> None:
    (selector,) = request(stack)["selectors"]
    selector["cel"]["expression"] = selector["cel"]["expression"].replace("3g.40gb", "7g.80gb")


def more(stack: Stack) -> None:
    request(stack)["count"] = 2


def another_class(stack: Stack) -> None:
    request(stack)["deviceClassName"] = "gpu.nvidia.com"


def no_template(stack: Stack) -> None:
    del stack.resources[TEMPLATE]


def another_template(stack: Stack) -> None:
    pod(stack)["resourceClaims"][0]["resourceClaimTemplateName"] = "other"


def unused(stack: Stack) -> None:
    del pod(stack)["containers"][0]["resources"]["claims"]


def none_of_the_worker(stack: Stack) -> None:
    del pod(stack, HUGE, "worker")["resourceClaims"]


def also_of_the_device_plugin(stack: Stack) -> None:
    pod(stack)["containers"][0]["resources"]["limits"]["nvidia.com/mig-3g.40gb"] = "1"


@pytest.mark.parametrize(
    ("breaks", "says"),
    [
        (another_profile, "is for something else where the plan gave it nvidia.com/mig-3g.40gb: 1"),
        (more, "is for something else"),
        (another_class, "is for something else"),
        (no_template, "the stack has no ResourceClaimTemplate chat-3g.40gb-"),
        (another_template, "the stack has no ResourceClaimTemplate other"),
        (unused, "the engine uses 0 claims"),
        (none_of_the_worker, "the engine uses 0 claims of its pod where the plan gave it nvidia.com/gpu: 8"),
        (also_of_the_device_plugin, "asks for nvidia.com/mig-3g.40gb where"),
    ],
)
def test_what_claims_something_else_is_found(breaks: Callable[[Stack], None], says: str) -> None:
    stack = deepcopy(stack_of("claims", fleet()))
    breaks(stack)
    ((name, finding),) = found(stack)
    assert name == "plan-complete"
    assert says in finding.problem
