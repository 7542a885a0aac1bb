"""Which slices a GPU can be cut into, against every way to lay them on its memory slices."""

from __future__ import annotations

import re
from itertools import product

import pytest

from slicewise.mig import ALL_GPU_MODELS, GpuModel, can_be_placed, fewest_gpus, find_gpu_model, memory_slices

# Where instances may begin and how many memory slices each takes: `nvidia-smi mig -lgipp` in NVIDIA's MIG User Guide.
A100 = {
    "1g.10gb": (1, range(7)),
    "1g.10gb+me": (1, range(7)),
    "1g.20gb": (2, (0, 2, 4, 6)),
    "2g.20gb": (2, (0, 2, 4)),
    "3g.40gb": (4, (0, 4)),
    "4g.40gb": (4, (0,)),
    "7g.80gb": (8, (0,)),
}


def _layable(slices: dict[str, int]) -> bool:
    """Return whether one A100 holds the slices: one after the other, at every place where each may begin."""
    wanted = [name for name, count in slices.items() for _ in range(count)]
    if wanted.count("1g.10gb+me") > 1:
        return False

    def place(rest: list[str], taken: frozenset[int]) -> bool:
        if not rest:
            return True
        size, starts = A100[rest[0]]
        options = (frozenset(range(start, start + size)) for start in starts)
        return any(place(rest[1:], taken | slots) for slots in options if not taken & slots)

    return place(sorted(wanted, key=lambda name: -A100[name][0]), frozenset())


def test_one_gpu_exhaustively() -> None:
    board = find_gpu_model("a100-80gb")
    names = ["1g.10gb", "1g.20gb", "2g.20gb", "3g.40gb", "4g.40gb"]
    agreed = {True: 0, False: 0}
    for counts in product(range(5), range(4), range(4), range(3), range(2)):
        slices = {name: count for name, count in zip(names, counts, strict=True) if count}
        if slices:
            fits = _layable(slices)
            assert (fewest_gpus(board, slices) == 1) == fits, slices
            agreed[fits] += 1
    assert min(agreed.values()) > 30


@pytest.mark.parametrize(
    ("slices", "gpus"),
    [
        # What NVIDIA's mig-parted makes on one A100 with the driver's limits, and what it does not.
        ({"3g.40gb": 1, "2g.20gb": 1, "1g.10gb": 2}, 1),
        ({"4g.40gb": 1, "3g.40gb": 1}, 1),
        ({"2g.20gb": 3, "1g.10gb": 1}, 1),
        ({"3g.40gb": 1, "1g.10gb": 4}, 1),
        ({"1g.20gb": 1, "1g.10gb": 6}, 1),
        ({"1g.20gb": 4, "1g.10gb": 3}, 2),
        ({"1g.10gb+me": 2}, 2),
        ({"1g.10gb": 7, "1g.10gb+me": 1}, 2),
        ({"3g.40gb": 2, "1g.10gb": 1}, 2),
        # all-balanced of eight GPUs, and one slice more than its memory.
        ({"1g.10gb": 16, "2g.20gb": 8, "3g.40gb": 8}, 8),
        ({"1g.10gb": 17, "2g.20gb": 8, "3g.40gb": 8}, 9),
        ({"3g.40gb": 8, "1g.10gb": 32}, 8),
        ({"7g.80gb": 16}, 16),
        ({"7g.80gb": 17}, None),
    ],
)
def test_how_many_gpus_it_takes(slices: dict[str, int], gpus: int | None) -> None:
    assert fewest_gpus(find_gpu_model("a100-80gb"), slices) == gpus


@pytest.mark.parametrize(
    ("model", "slices", "gpus"),
    [
        ("a30", {"2g.12gb": 1, "1g.6gb": 2}, 1),
        ("a30", {"2g.12gb": 1, "1g.6gb": 3}, 2),
        # One GPU has one set of media extensions.
        ("a30", {"2g.12gb+me": 1, "1g.6gb+me": 1}, 2),
        ("rtx-pro-6000", {"2g.48gb": 1, "1g.24gb": 2}, 1),
        ("rtx-pro-6000", {"2g.48gb": 1, "1g.24gb": 3}, 2),
        ("rtx-pro-6000", {"1g.24gb+me": 1, "1g.24gb+me.all": 1}, 2),
        ("rtx-pro-6000", {"1g.24gb+gfx": 2, "1g.24gb-me": 2}, 1),
    ],
)
def test_other_boards(model: str, slices: dict[str, int], gpus: int) -> None:
    assert fewest_gpus(find_gpu_model(model), slices) == gpus


@pytest.mark.parametrize("model", [each for each in ALL_GPU_MODELS if memory_slices(each)], ids=lambda each: each.name)
def test_as_many_of_one_profile_as_the_catalogue_says(model: GpuModel) -> None:
    for profile in model.profiles:
        assert fewest_gpus(model, {profile.name: profile.per_gpu}) == 1
        assert fewest_gpus(model, {profile.name: profile.per_gpu + 1}) == 2


def test_memory_slices_as_the_driver_counts_them() -> None:
    found = {each.name: memory_slices(each) for each in ALL_GPU_MODELS if memory_slices(each)}
    assert {found.pop("a30"), found.pop("rtx-pro-6000")} == {4, 12}
    assert set(found.values()) == {8}
    assert {"a100-40gb", "a100-80gb", "h100-80gb", "h200", "b200", "gb300"} <= found.keys()


def test_boards_whose_places_nobody_publishes_are_not_judged() -> None:
    assert not can_be_placed(find_gpu_model("rtx-pro-5000"), ["1g.24gb"])
    assert not can_be_placed(find_gpu_model("a100-80gb"), ["1g.10gb", "1g.5gb"])
    assert can_be_placed(find_gpu_model("a100-80gb"), ["1g.10gb", "3g.40gb"])
    with pytest.raises(ValueError, match=re.escape("it is not known where 1g.24gb may be")):
        fewest_gpus(find_gpu_model("rtx-pro-5000"), {"1g.24gb": 1})
