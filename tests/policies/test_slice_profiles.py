"""Profiles that are allowed, and whole GPUs where a slice would do: what passes, what is found, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from policies.rules.rule_runner import run_rule
from policies.rules.slice_profiles import PROFILE_ALLOWED, SLICE_WOULD_DO
from tests.policies.outcomes import found
from tests.policies.resources import (
    GKE_SLICES,
    LIMITS,
    SELECTOR,
    SLICE,
    altered,
    container,
    pod_spec,
    service,
    whole_gpus,
)

if TYPE_CHECKING:
    from policies.rules.rule_types import Resource


@pytest.mark.parametrize(
    ("gpu", "selector", "config", "allowed"),
    [
        (SLICE, SELECTOR, {}, True),
        (SLICE, SELECTOR, {"profiles": ["3g.40gb"]}, True),
        (SLICE, SELECTOR, {"profiles": ["1g.10gb"]}, False),
        ("nvidia.com/mig-1g.10gb.me", SELECTOR, {"profiles": ["1g.10gb+me"]}, True),
        ("nvidia.com/mig-1g.10gb.me", SELECTOR, {"profiles": ["1g.10gb"]}, False),
        ("nvidia.com/gpu", GKE_SLICES, {"profiles": ["1g.10gb"]}, False),
        ("nvidia.com/gpu", GKE_SLICES, {"profiles": ["3g.40gb"], "wholeGpus": False}, True),
        ("nvidia.com/gpu", SELECTOR, {"profiles": ["1g.10gb"]}, True),
        ("nvidia.com/gpu", SELECTOR, {"wholeGpus": False}, False),
        (SLICE, SELECTOR, {"wholeGpus": False}, True),
        (None, SELECTOR, {"wholeGpus": False, "profiles": ["1g.10gb"]}, True),
    ],
)
def test_allowed_profiles(gpu: str | None, selector: dict[str, str], config: dict[str, Any], allowed: bool) -> None:
    resource = service(pod_spec(container(gpu), nodeSelector=selector))
    assert found(PROFILE_ALLOWED, resource, **config) == ([] if allowed else [f'{LIMITS}["{gpu}"]'])


def needing(memory: str, spec: dict[str, Any]) -> Resource:
    annotations = {"slicewise.dev/required-memory-per-gpu": memory}
    return altered(service(spec), ("metadata", "annotations"), annotations)


@pytest.mark.parametrize(
    ("memory", "selector", "slice_"),
    [
        ("9Gi", SELECTOR, "7 slices of 1g.10gb"),
        ("12Gi", SELECTOR, "4 slices of 1g.20gb"),
        ("39Gi", SELECTOR, "2 slices of 3g.40gb"),
        ("39500Mi", {"nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3"}, "2 slices of 3g.40gb"),
        # All that Kubernetes reads is read.
        ("9.9e9", SELECTOR, "7 slices of 1g.10gb"),
        ("40e9", SELECTOR, "2 slices of 3g.40gb"),
        ("4E10", SELECTOR, "2 slices of 3g.40gb"),
        ("40000000000000m", SELECTOR, "2 slices of 3g.40gb"),
        ("0.00003Pi", SELECTOR, "2 slices of 3g.40gb"),
        (".03Ti", SELECTOR, "2 slices of 3g.40gb"),
        ("39.Gi", SELECTOR, "2 slices of 3g.40gb"),
        ("40Gi", SELECTOR, None),
        ("72Gi", SELECTOR, None),
        ("9Gi", {"cloud.google.com/gke-accelerator": "nvidia-l4"}, None),
        ("9Gi", {"pool": "a"}, None),
        ("9Gi", GKE_SLICES, None),
        ("lots", SELECTOR, None),
    ],
)
def test_a_slice_would_do(memory: str, selector: dict[str, str], slice_: str | None) -> None:
    outcomes = run_rule(SLICE_WOULD_DO, needing(memory, pod_spec(container("nvidia.com/gpu"), nodeSelector=selector)))
    if slice_ is None:
        assert outcomes == []
    else:
        assert slice_ in outcomes[0].message


def test_several_gpus_and_slices_are_no_waste() -> None:
    assert found(SLICE_WOULD_DO, needing("9Gi", whole_gpus())) == []
    assert found(SLICE_WOULD_DO, needing("9Gi", pod_spec())) == []
    assert found(SLICE_WOULD_DO, service(pod_spec(container("nvidia.com/gpu")))) == []
