"""GPUs that are cut on demand: what NVIDIA's driver counts of a board runs out exactly where places do."""

from __future__ import annotations

from itertools import combinations

import pytest

from embedded.dra_boards import DRA_BOARDS, DraBoard
from slicewise.mig import ALL_GPU_MODELS, can_be_cut_on_demand, find_gpu_model, is_published_whole, on_demand_gpu

CUT = [name for name, board in DRA_BOARDS.items() if board.profiles]


def of_known_suffix(name: str) -> list[str]:
    """Return the profiles that may be beside each other, as far as is published."""
    names = [each.name for each in DRA_BOARDS[name].profiles]
    return [each for each in names if each.endswith(("gb", "+me"))]


def fits_counters(board: DraBoard, counts: dict[str, int]) -> bool:
    """Return whether the board's counters are enough for so many instances: engines and memory; not places."""
    profiles = [(board.profile(name), count) for name, count in counts.items()]
    engines = zip(*(each.engines for each in board.profiles), strict=True)
    for number, amounts in enumerate(engines):
        if sum(each.engines[number] * count for each, count in profiles) > max(amounts):
            return False
    most = max(each.memory_mib for each in board.profiles)
    return sum(each.memory_mib * count for each, count in profiles) <= most


@pytest.mark.parametrize("name", CUT)
def test_places_are_those_of_the_driver(name: str) -> None:
    for profile in DRA_BOARDS[name].profiles:
        known = find_gpu_model(name).profile(profile.name)
        assert known
        assert (known.memory_slices, known.starts) == (profile.size, profile.starts)
    assert is_published_whole(find_gpu_model(name)) is DRA_BOARDS[name].toggles_mig


@pytest.mark.parametrize("name", CUT)
def test_no_engine_and_no_memory_runs_out_before_the_places(name: str) -> None:
    """Otherwise the driver's counters would block places that this counts as free."""
    profiles = of_known_suffix(name)
    board = on_demand_gpu(name, tuple(profiles))
    cuts = board.cuts(range(len(profiles)))
    assert len(cuts) > 5
    for cut in cuts:
        assert fits_counters(DRA_BOARDS[name], dict(zip(profiles, cut, strict=True))), cut


@pytest.mark.parametrize("name", CUT)
def test_two_slices_with_media_extensions_are_one_too_many(name: str) -> None:
    media = [each for each in of_known_suffix(name) if each.endswith("+me")]
    for one, other in [*combinations(media, 2), *((each, each) for each in media)]:
        assert not fits_counters(DRA_BOARDS[name], {one: 2} if one == other else {one: 1, other: 1})


def test_suffixes_of_which_nothing_is_published_are_alone() -> None:
    """All media engines of an RTX PRO 6000 are in +me.all, so that nothing with one of them can be beside it."""
    gpu = find_gpu_model("rtx-pro-6000")
    assert not can_be_cut_on_demand(gpu, ["2g.48gb", "1g.24gb+me.all"])
    assert not fits_counters(DRA_BOARDS["rtx-pro-6000"], {"2g.48gb": 1, "1g.24gb+me.all": 1})
    assert can_be_cut_on_demand(gpu, ["1g.24gb+me.all"])
    assert can_be_cut_on_demand(gpu, ["2g.48gb", "1g.24gb", "1g.24gb+me"])


def test_slices_of_one_profile_never_overlap() -> None:
    """Wherever the first ones went, the others find their places: as many as a GPU has of it."""
    for gpu in ALL_GPU_MODELS:
        for profile in gpu.profiles:
            if can_be_cut_on_demand(gpu, [profile.name]):
                board = on_demand_gpu(gpu.name, (profile.name,))
                assert [(each.of_each, each.whole) for each in board.weights([0], 0)] == [((1,), profile.per_gpu)]


def test_weights_that_were_computed_by_hand() -> None:
    """A100: two 1g.5gb take both places of 3g.20gb; seven of them, or two 3g.20gb, all places of 1g.5gb."""
    board = on_demand_gpu("a100-40gb", ("1g.5gb", "3g.20gb"))
    assert [(each.of_each, each.whole) for each in board.weights([0, 1], 1)] == [((1, 1), 2)]
    of_small = {(each.of_each, each.whole) for each in board.weights([0, 1], 0)}
    # One 3g.20gb at 0 leaves three places, one at 4 four: 1/2 and 3/6, 4/7 and 3/7.
    assert of_small == {((1, 3), 6), ((1, 4), 7)}
