"""A container has one slice: what passes, what is found, and where."""

from __future__ import annotations

import pytest

from policies.rules.one_slice import ONE_SLICE
from policies.rules.rule_runner import run_rule
from policies.rules.rule_types import UNKNOWN, Finding, Unchecked
from tests.policies.outcomes import found, unchecked
from tests.policies.resources import (
    GKE_SLICES,
    LIMITS,
    RESOURCES,
    SELECTOR,
    SLICE,
    altered,
    container,
    deployment,
    pod_spec,
    service,
)


@pytest.mark.parametrize(
    ("limits", "selector", "paths"),
    [
        ({SLICE: "1"}, SELECTOR, []),
        ({SLICE: 1}, SELECTOR, []),
        ({SLICE: "2"}, SELECTOR, [f'{LIMITS}["{SLICE}"]']),
        ({SLICE: 2}, SELECTOR, [f'{LIMITS}["{SLICE}"]']),
        ({SLICE: "1", "nvidia.com/gpu": "1"}, SELECTOR, [RESOURCES]),
        ({SLICE: "1", "nvidia.com/mig-1g.10gb": "1"}, SELECTOR, [RESOURCES]),
        ({"nvidia.com/mig-1g.10gb+me": "3"}, SELECTOR, [f'{LIMITS}["nvidia.com/mig-1g.10gb+me"]']),
        ({"nvidia.com/gpu": "8"}, SELECTOR, []),
        ({"nvidia.com/gpu": "2"}, GKE_SLICES, [f'{LIMITS}["nvidia.com/gpu"]']),
        (
            {"nvidia.com/gpu": "2"},
            {"nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3-MIG-3g.40gb"},
            [f'{LIMITS}["nvidia.com/gpu"]'],
        ),
        ({"nvidia.com/gpu": "2"}, {"nvidia.com/mig.config": "all-1g.10gb"}, [f'{LIMITS}["nvidia.com/gpu"]']),
        ({"nvidia.com/gpu": "2"}, {"nvidia.com/mig.config": "all-disabled"}, []),
        ({"cpu": "4"}, SELECTOR, []),
    ],
)
def test_one_slice(limits: dict[str, object], selector: dict[str, str], paths: list[str]) -> None:
    spec = pod_spec(container(None, resources={"limits": limits}), nodeSelector=selector)
    assert found(ONE_SLICE, service(spec)) == paths


def test_one_slice_is_about_each_container_of_any_pod() -> None:
    two = pod_spec(container(), container(name="other"), initContainers=[container(count="2", name="first")])
    assert found(ONE_SLICE, deployment(two)) == [
        f'spec.template.spec.initContainers[0].resources.limits["{SLICE}"]',
    ]


def test_one_slice_reads_requests_and_prefill_too() -> None:
    requests = pod_spec(container(None, resources={"requests": {SLICE: "4"}}))
    assert found(ONE_SLICE, service(prefill={"template": requests})) == [
        f'spec.prefill.template.containers[0].resources.requests["{SLICE}"]'
    ]


def test_one_slice_cannot_check_what_is_not_known() -> None:
    path = ("spec", "template", "containers", 0, "resources", "limits", SLICE)
    assert unchecked(ONE_SLICE, altered(service(), path, UNKNOWN)) == [f'{LIMITS}["{SLICE}"]']


def test_an_unknown_container_hides_no_fault_of_another() -> None:
    spec = pod_spec(container(), container(count="2", name="other"))
    outcomes = run_rule(ONE_SLICE, altered(service(spec), ("spec", "template", "containers", 0, "resources"), UNKNOWN))
    assert [type(item) for item in outcomes] == [Unchecked, Finding]
