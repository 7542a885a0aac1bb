"""Which resources are services."""

from __future__ import annotations

from policies.rules.images import IMAGE_PINNED
from policies.rules.rule_types import Resource
from tests.policies.outcomes import found
from tests.policies.resources import CONTAINER, altered, container, pod_spec, service


def test_services_of_other_versions_are_checked_too() -> None:
    old = altered(service(pod_spec(container(image="vllm"))), ("apiVersion",), "serving.kserve.io/v1alpha1")
    v1alpha1 = Resource("kubernetes:serving.kserve.io/v1alpha1:LLMInferenceService", "old", old.properties)
    assert found(IMAGE_PINNED, v1alpha1) == [f"{CONTAINER}.image"]
