"""Warnings on one pool's GPUs: memory in powers of 1000, a profile that is switched off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.documents.advising import advice
from tests.unit.documents.documents import minimal, pools

if TYPE_CHECKING:
    from tests.unit.documents.loader import Loader


@pytest.mark.parametrize(
    ("written", "means"), [("40G", "40G is 37.25Gi"), ("40000M", "40000M is 37.25Gi"), ("80G", "80G is 74.51Gi")]
)
def test_memory_of_a_gpu_in_powers_of_1000(loader: Loader, written: str, means: str) -> None:
    (line,) = advice(loader, pools({"capabilities": {"memoryPerGpu": written}}))
    assert (
        f"capabilities.memoryPerGpu: {means}, because {written[-1]} counts in powers of 1000; write {written}i, or "
        in line
    )
    assert line.endswith("[SW325]")
    requires = {"requires": {"memoryPerGpu": written}}
    model = minimal("ClusterModel", ("spec", "serving"), [{"name": "a", "replicaTopology": requires}])
    (line,) = advice(loader, model)
    assert f"spec.serving[0].replicaTopology.requires.memoryPerGpu: {means}" in line


def test_memory_of_a_pod_in_powers_of_1000_is_as_good(loader: Loader) -> None:
    assert advice(loader, minimal("ClusterModel", ("spec", "resources"), {"memory": "40G"})) == []


def test_a_profile_that_is_switched_off(loader: Loader) -> None:
    off = {"memoryPerGpu": "79Gi", "migConfiguration": {"enabled": False, "profile": "3g.40gb"}}
    (line,) = advice(loader, pools({"capabilities": off}))
    assert "migConfiguration.profile: enabled is false, so the GPUs count as whole ones; write enabled: true" in line
    assert line.endswith("[SW329]")
    off["migConfiguration"] = {"enabled": False}
    assert advice(loader, pools({"capabilities": off})) == []
