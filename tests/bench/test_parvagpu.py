"""ParvaGPU's scenarios: the numbers of GPUs that were published and that are proved."""

from __future__ import annotations

import pytest

from bench.parvagpu import first_fit_decreasing, layouts_table, read_scenarios
from slicewise.layouts import CutGpus
from slicewise.mig import find_gpu_model
from tests.unit.layouts.boards import BOARDS

SCENARIOS = read_scenarios()
ROWS = BOARDS["a100-80gb"]


def check_places(found: CutGpus) -> None:
    for cut, _ in found.cuts:
        taken = [slot for each in cut.slices for slot in range(each.start, each.start + ROWS[each.profile][0])]
        assert len(taken) == len(set(taken))
        assert all(each.start in ROWS[each.profile][1] for each in cut.slices)


def test_what_was_published() -> None:
    assert [len(each.published) for each in SCENARIOS] == [2, 3, 5, 7, 13, 16]
    # 32 of 46 maps overlap when they are read as placements.
    assert sum(each.overlapping for each in SCENARIOS) == 32


@pytest.mark.parametrize(("number", "gpus"), list(enumerate([2, 3, 5, 7, 13, 16])))
def test_the_slices_that_were_chosen_need_as_many(number: int, gpus: int) -> None:
    scenario = SCENARIOS[number]
    assert (scenario.fixed.gpus, scenario.fixed.bound) == (gpus, gpus)
    assert scenario.fixed.slices == scenario.chosen
    check_places(scenario.fixed)


@pytest.mark.parametrize(("number", "gpus"), list(enumerate([2, 3, 5, 7, 12, 15])))
def test_any_mix_of_slices_needs_as_many(number: int, gpus: int) -> None:
    scenario = SCENARIOS[number]
    assert (scenario.free.gpus, scenario.free.bound) == (gpus, gpus)
    check_places(scenario.free)
    made = dict(scenario.free.slices)
    for need, taken in zip(scenario.needs, scenario.free.taken, strict=True):
        assert sum(way.amount * times for way, times in zip(need.ways, taken, strict=True)) >= need.amount
        for way, times in zip(need.ways, taken, strict=True):
            for name, count in way.slices.items():
                made[name] = made.get(name, 0) - count * times
    assert set(made.values()) == {0}


def test_a_table_with_the_sums() -> None:
    *_, total = layouts_table(SCENARIOS).rows
    assert total[0] == "all"
    assert total[2:4] == ("46", "32")
    assert total[5:] == ("46", "46", "44", "44")
    assert int(total[4]) >= 46


def test_first_fit_decreasing() -> None:
    board = find_gpu_model("a100-80gb")
    assert first_fit_decreasing(board, {"3g.40gb": 2, "1g.10gb": 5}) == 2
    assert first_fit_decreasing(board, {"2g.20gb": 4, "1g.10gb": 3}) == 2
    assert first_fit_decreasing(board, {}) == 0
