"""The comparison as a whole, on a fleet so small that the optimum is proven at once."""

from __future__ import annotations

from typing import get_args

import pytest

from bench import quality
from bench.fleets import FleetKind


@pytest.mark.parametrize("kind", get_args(FleetKind))
def test_nobody_is_better_than_the_optimum(kind: FleetKind) -> None:
    found = quality.compare_planners(quality.Case(kind, 1.1, 1, environments=3, deployments=20), seconds=300)

    assert found.best.proven
    assert len(found.first_fit) <= len(found.slicewise) <= len(found.best_in_any_order.options)
    assert len(found.best_in_any_order.options) <= len(found.best.options) <= found.wanted


def test_higher_priorities_come_first() -> None:
    found = quality.compare_planners(
        quality.Case("mig", 1.1, 1, environments=3, deployments=20, priorities=(0, 5)), seconds=300
    )

    high = [option for option in found.best.options if option.deployment.spec.priority]
    assert found.best.proven
    assert len(high) >= len([option for option in found.slicewise if option.deployment.spec.priority])
