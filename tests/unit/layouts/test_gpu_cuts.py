"""What one GPU can be cut into, against every place of every slice."""

from __future__ import annotations

import pytest

from slicewise.layouts import cut_into, fullest_cuts
from slicewise.mig import ALL_GPU_MODELS, find_gpu_model, memory_slices
from tests.unit.layouts.boards import BOARDS, GENERATIONS, Row, first_free, fits, multisets

GENERATION = pytest.mark.parametrize(
    ("board", "rows"), GENERATIONS, ids=[f"{board} {next(iter(rows))}" for board, rows in GENERATIONS]
)


def test_every_board_whose_places_are_published_is_here() -> None:
    assert {each.name for each in ALL_GPU_MODELS if memory_slices(each)} == set(BOARDS)


@GENERATION
def test_all_multisets(board: str, rows: dict[str, Row]) -> None:
    model = find_gpu_model(board)
    possible = 0
    for slices in multisets(rows):
        cut = cut_into(model, slices)
        assert (cut is not None) == fits(board, tuple(slices.items())), slices
        if cut is None or not slices:
            continue
        possible += 1
        assert cut.counts == slices
        # No order of creation needs more than what a driver that takes the first free place does.
        made = first_free(rows, [each.profile for each in cut.slices])
        assert made == [(each.profile, each.start) for each in cut.slices]
    assert possible > 15


@GENERATION
def test_the_fullest_are_those_that_no_slice_can_be_added_to(board: str, rows: dict[str, Row]) -> None:
    possible = [slices for slices in multisets(rows) if slices and fits(board, tuple(slices.items()))]
    by_counts = {tuple(sorted(each.items())) for each in possible}
    larger = {name: {**dict.fromkeys(rows, 0), name: 1} for name in rows}
    fullest = {
        tuple(sorted(each.items()))
        for each in possible
        if not any(
            tuple(sorted({key: each.get(key, 0) + more[key] for key in rows if each.get(key, 0) + more[key]}.items()))
            in by_counts
            for more in larger.values()
        )
    }
    cuts = fullest_cuts(find_gpu_model(board), rows)
    assert {tuple(sorted(cut.counts.items())) for cut in cuts} == fullest
    assert len(cuts) == len(fullest)


def test_an_order_that_works_where_the_largest_first_does_not() -> None:
    cut = cut_into(find_gpu_model("a100-80gb"), {"3g.40gb": 1, "1g.10gb": 4})
    assert cut
    rows = BOARDS["a100-80gb"]
    assert first_free(rows, ["3g.40gb", *["1g.10gb"] * 4]) is None
    assert first_free(rows, [each.profile for each in cut.slices]) is not None


def test_boards_whose_places_nobody_publishes_have_none() -> None:
    with pytest.raises(ValueError, match=r"it is not known where 1g\.24gb may be on rtx-pro-5000"):
        cut_into(find_gpu_model("rtx-pro-5000"), {"1g.24gb": 1})
