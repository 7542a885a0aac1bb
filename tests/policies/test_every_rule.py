"""What holds for every rule: clean resources pass, unknown values never block, other types are left alone."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.rules.all_rules import RESOURCE_RULES, STACK_RULES
from policies.rules.rule_runner import run_rule, run_stack_rule
from policies.rules.rule_types import UNKNOWN, Finding, Level, Resource, ResourceRule, StackRule, Unchecked
from tests.policies.engine.programs import EVERY_MISTAKE, OF_THE_STACK
from tests.policies.resources import (
    CONFIG,
    SCALED_OBJECT,
    STACK,
    altered,
    container,
    deployment,
    multi_node,
    paths,
    pod,
    pod_spec,
    provider,
    service,
    whole_gpus,
)

CLEAN = {
    "service": service(
        pod_spec(container(args=["--quantization=fp8"], image="vllm:v1", env=[{"name": "A", "value": "b"}]))
    ),
    "multi-node": multi_node(whole_gpus(), whole_gpus()),
    "pod": pod(),
    "deployment": deployment(pod_spec(container(image="vllm:v1"))),
    "provider": provider(),
}
POOL = {"environment": "mig-a", "nodePool": "slices", "resource": "nvidia.com/mig-3g.40gb", "unitsPerNode": 16}
PLAN = {
    "nodePools": {"mig-a/slices": POOL | {"nodes": 1, "units": 16, "allocated": 2, "reserved": 0, "free": 14}},
    "placements": {
        "mig-a/team-a/gemma": {
            "deployment": {"namespace": "team-a", "name": "gemma"},
            "environment": "mig-a",
            "nodePool": "slices",
            "nodesPerReplica": 1,
            "resource": "nvidia.com/mig-3g.40gb",
            "gpusPerNode": 1,
        }
    },
}
OWNER = Resource(
    SCALED_OBJECT,
    "scaler",
    {
        "metadata": {"name": "other", "namespace": "team-a"},
        "spec": {"scaleTargetRef": {"name": "other-kserve"}, "maxReplicaCount": 4},
    },
    cluster="urn:mig-a-provider",
)
CLEAN_STACK = [service(), OWNER, Resource(STACK, "slicewise-test", PLAN)]

every_rule = pytest.mark.parametrize("rule", RESOURCE_RULES, ids=lambda rule: rule.name)
every_stack_rule = pytest.mark.parametrize("rule", STACK_RULES, ids=lambda rule: rule.name)
every_clean = pytest.mark.parametrize("resource", CLEAN.values(), ids=CLEAN)


@every_rule
@every_clean
def test_clean_resources_pass(rule: ResourceRule, resource: Resource) -> None:
    assert run_rule(rule, resource) == []


@every_rule
@every_clean
def test_no_unknown_value_is_a_finding_or_an_error(rule: ResourceRule, resource: Resource) -> None:
    for path in paths(resource.properties):
        outcomes = run_rule(rule, altered(resource, path, UNKNOWN))
        assert not [item for item in outcomes if isinstance(item, Finding)], path


@every_rule
def test_a_resource_that_is_not_known_at_all_is_unchecked_and_never_found_fault_with(rule: ResourceRule) -> None:
    for resource in CLEAN.values():
        unknown = altered(resource, ("spec",), UNKNOWN) if "spec" in resource.properties else resource
        assert all(isinstance(item, Unchecked) for item in run_rule(rule, unknown))


@every_rule
@pytest.mark.parametrize(
    "resource_type", ["aws:s3/bucket:Bucket", "kubernetes:core/v1:ConfigMap", "slicewise:index:X", ""]
)
def test_other_types_are_left_alone(rule: ResourceRule, resource_type: str) -> None:
    wrong = {"spec": {"containers": [{"image": "x", "resources": {"limits": {"nvidia.com/mig3g.40gb": "2"}}}]}}
    assert run_rule(rule, Resource(resource_type, "x", wrong, provider="default")) == []


@every_rule
def test_what_a_config_leaves_to_others_is_no_fault_of_it(rule: ResourceRule) -> None:
    part = {"template": {"containers": [{"name": "main", "resources": {"limits": {"nvidia.com/gpu": "1"}}}]}}
    config = Resource(CONFIG, "base", {"metadata": {"name": "base"}, "spec": part}, provider="p")
    assert not [item for item in run_rule(rule, config) if isinstance(item, Finding)]


@every_rule
def test_resources_can_be_excluded_by_name(rule: ResourceRule) -> None:
    bad = service({"containers": [container("nvidia.com/gpu", "2", name="vllm", image="vllm", args=["{{ $x }}"])]})
    assert run_rule(rule, bad, {"exclude": ["mig-a/*"]}) == []


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 99) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)


@given(data=st.data())
def test_malformed_resources_are_no_errors(data: st.DataObject) -> None:
    resource = data.draw(st.sampled_from(list(CLEAN.values())))
    path = data.draw(st.sampled_from(list(paths(resource.properties))))
    broken = altered(resource, path, data.draw(VALUES))
    for rule in RESOURCE_RULES:
        assert isinstance(run_rule(rule, broken), list)
    for stack_rule in STACK_RULES:
        assert isinstance(run_stack_rule(stack_rule, [broken, *CLEAN_STACK]), list)


@every_stack_rule
def test_a_clean_stack_passes(rule: StackRule) -> None:
    assert run_stack_rule(rule, CLEAN_STACK) == []


@every_stack_rule
def test_no_unknown_value_in_a_stack_is_a_finding_or_an_error(rule: StackRule) -> None:
    for index, resource in enumerate(CLEAN_STACK):
        for path in paths(resource.properties):
            stack = [*CLEAN_STACK]
            stack[index] = altered(resource, path, UNKNOWN)
            outcomes = run_stack_rule(rule, stack)
            assert not [item for item in outcomes if isinstance(item, Finding)], path


@every_stack_rule
def test_stacks_without_a_plan_or_services_pass(rule: StackRule) -> None:
    assert run_stack_rule(rule, []) == []
    assert run_stack_rule(rule, [provider(), Resource(STACK, "other", {"url": "x"})]) == []


def test_the_real_engine_meets_a_resource_that_breaks_each_rule() -> None:
    rules: list[ResourceRule | StackRule] = [*RESOURCE_RULES, *STACK_RULES]
    names = {rule.name for rule in rules} - OF_THE_STACK
    declared = re.findall(r'\(\s*"([\w-]+)"', EVERY_MISTAKE)
    assert names - set(declared) == set()


def test_names_are_unique_and_texts_complete() -> None:
    rules: list[Any] = [*RESOURCE_RULES, *STACK_RULES]
    assert len({rule.name for rule in rules}) == len(rules)
    for rule in rules:
        assert rule.description.endswith(".")
        assert rule.remedy.endswith(".")
        assert rule.level in Level
        assert all("description" in schema for schema in rule.config.values())
