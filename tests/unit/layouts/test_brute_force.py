"""Both problems, against all answers of small instances."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import lru_cache
from itertools import product

import pytest

from slicewise.layouts import CutGpus, fewest_gpus_for, most_slices_on, slice_needs
from slicewise.mig import find_gpu_model
from tests.unit.layouts.boards import BOARDS, Row, fits

Counts = tuple[tuple[str, int], ...]
INSTANCES = 500
SHARDS = 5
SECONDS = 300.0


@lru_cache(20_000)
def fewest(board: str, counts: Counts) -> int:
    """Return the fewest GPUs for the slices: the first GPU has one of the first profile, and any others beside it."""
    if not counts:
        return 0
    first = counts[0][0]
    choices = product(*(range(1 if name == first else 0, count + 1) for name, count in counts))
    best = sum(count for _, count in counts)
    for chosen in choices:
        on_one = [(name, number) for (name, _), number in zip(counts, chosen, strict=True)]
        if fits(board, on_one):
            rest = tuple((name, count - n) for (name, count), n in zip(counts, chosen, strict=True) if count > n)
            best = min(best, 1 + fewest(board, rest))
    return best


def most(board: str, slices: dict[str, int], gpus: int) -> tuple[int, int, int]:
    """Return what is best: slices placed, their memory slices, and GPUs with the sign that makes fewer better."""
    rows = BOARDS[board]
    found = (0, 0, 0)
    for chosen in product(*(range(count + 1) for count in slices.values())):
        placed = tuple((name, count) for name, count in zip(slices, chosen, strict=True) if count)
        used = fewest(board, placed)
        if used <= gpus:
            memory = sum(rows[name][0] * count for name, count in placed)
            found = max(found, (sum(chosen), memory, -used))
    return found


def instances(shard: int) -> Iterator[tuple[str, dict[str, int], int]]:
    draw = random.Random(20261128 + shard)  # noqa: S311 - instances, not secrets
    for _ in range(INSTANCES // SHARDS):
        board = draw.choice(["a100-80gb", "h100-94gb", "b300", "a30", "rtx-pro-6000"])
        names = draw.sample(list(BOARDS[board]), draw.randint(1, 4))
        yield board, {name: draw.randint(1, 4) for name in names}, draw.randint(1, 4)


def check_places(board: str, found: CutGpus, rows: dict[str, Row]) -> None:
    for cut, count in found.cuts:
        assert count > 0
        assert fits(board, list(cut.counts.items()))
        taken = [slot for each in cut.slices for slot in range(each.start, each.start + rows[each.profile][0])]
        assert len(taken) == len(set(taken))
        assert all(each.start in rows[each.profile][1] for each in cut.slices)


@pytest.mark.long
@pytest.mark.parametrize("seconds", [SECONDS, 0], ids=["with a solver", "without"])
@pytest.mark.parametrize("shard", range(SHARDS))
def test_fewest_gpus(shard: int, seconds: float) -> None:
    missed = 0
    for board, slices, _ in instances(shard):
        best = fewest(board, tuple(slices.items()))
        found = fewest_gpus_for(find_gpu_model(board), slice_needs(slices), seconds)
        assert found.slices == slices
        check_places(board, found, BOARDS[board])
        assert found.bound <= best <= found.gpus, (board, slices)
        missed += found.gpus != found.bound
    assert missed == 0 if seconds else missed < INSTANCES // SHARDS // 10


@pytest.mark.long
@pytest.mark.parametrize("seconds", [SECONDS, 0], ids=["with a solver", "without"])
@pytest.mark.parametrize("shard", range(SHARDS))
def test_most_slices(shard: int, seconds: float) -> None:
    for board, slices, gpus in instances(shard):
        best = most(board, slices, gpus)
        found = most_slices_on(find_gpu_model(board), slices, gpus, seconds)
        check_places(board, found, BOARDS[board])
        placed = {name: count - found.left.get(name, 0) for name, count in slices.items()}
        assert found.slices == {name: count for name, count in placed.items() if count}
        left = sum(slices.values()) - best[0]
        assert found.bound <= left <= sum(found.left.values()), (board, slices, gpus)
        if seconds:
            memory = sum(BOARDS[board][name][0] * count for name, count in placed.items())
            assert (sum(placed.values()), memory, -found.gpus) == best, (board, slices, gpus)
            assert found.bound == left
