"""Units in whole GPUs: NVIDIA's MIG User Guide has seven 1g.10gb and two 3g.40gb on an H100."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given

from slicewise.planning import gpu_sums, gpus_in_words, make_plan
from tests.documents import Document, deployment, environment, fleet_of, model, pool, profile, slices
from tests.unit.planning.strategies import fleets, steady


def test_pools_of_any_slices_add_up_in_gpus() -> None:
    fleet = fleet_of(
        [
            environment(
                "e",
                slices("sevenths", "1g.10gb", acceleratorCount=8, nodeCount=2, reservedUnits=7),
                slices("halves", "3g.40gb", acceleratorCount=4, reservedUnits=1),
                pool("whole", acceleratorCount=8),
            ),
            model("m", profile("slice", memoryPerGpu="9Gi", mig="only")),
            deployment("d", "m", replicas=3),
        ]
    )
    plan = make_plan(fleet)
    (placed,) = plan.placements
    assert placed.node_pool == "sevenths"
    sums = gpu_sums(plan.node_pools)
    assert sums.total == 16 + 4 + 8
    assert sums.allocated == Fraction(3, 7)
    assert sums.reserved == 1 + Fraction(1, 2)


@steady
@given(fleets())
def test_the_sums_are_the_gpus_that_are_declared(documents: list[Document]) -> None:
    fleet = fleet_of(documents)
    pools = [pool for each in fleet.environments for pool in each.spec.node_pools]
    assert gpu_sums(make_plan(fleet).node_pools).total == sum(each.accelerator_count * each.nodes for each in pools)


@pytest.mark.parametrize(
    ("gpus", "words"),
    [
        (Fraction(0), "0"),
        (Fraction(1, 30), "<0.1"),
        (Fraction(1, 7), "0.1"),
        (Fraction(6, 7), "0.9"),
        (Fraction(4), "4"),
        (Fraction(2049, 2), "1,024.5"),
    ],
)
def test_numbers_of_gpus_have_one_decimal_at_most(gpus: Fraction, words: str) -> None:
    assert gpus_in_words(gpus) == words
