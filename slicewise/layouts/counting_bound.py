"""Bounds that anybody can check: each slice counts something, and no GPU holds more than so much."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction

from slicewise.layouts.gpu_cuts import GpuCut
from slicewise.layouts.linear_program import maximise
from slicewise.layouts.needs import SliceNeed, SliceWeights, cheapest, weigh, weight_of
from slicewise.mig import GpuModel, parse_profile_name


def dual_weights(cuts: Sequence[GpuCut], needs: Sequence[SliceNeed], names: Sequence[str]) -> dict[str, Fraction]:
    """Return what slices count in the best bound that knows nothing of whole numbers.

    It is the dual of covering the needs with parts of GPUs: no cut counts more than 1, and what a need is worth is no
    more than what any of its ways counts.
    """
    objective = [0] * len(names) + [need.amount for need in needs]
    rows = [[cut.counts.get(name, 0) for name in names] + [0] * len(needs) for cut in cuts]
    limits = [1] * len(cuts)
    for number, need in enumerate(needs):
        for way in need.ways:
            worth = [way.amount if other == number else 0 for other in range(len(needs))]
            rows.append([-way.slices.get(name, 0) for name in names] + worth)
            limits.append(0)
    found = maximise(objective, rows, limits).variables
    return dict(zip(names, found[: len(names)], strict=True))


def fewest_by_counting(
    board: GpuModel, cuts: Sequence[GpuCut], needs: Sequence[SliceNeed], weights: SliceWeights
) -> int:
    """Return a number of GPUs that is surely not too many, by `weights`, memory slices and compute slices.

    Each need takes at least the ways that count least, in whole numbers, whatever else is chosen.
    """
    return max((_bound(cuts, needs, each) for each in (weights, *_natural(board, weights))), default=0)


def _bound(cuts: Sequence[GpuCut], needs: Sequence[SliceNeed], weights: SliceWeights) -> int:
    most = max(weigh(cut.counts, weights) for cut in cuts)
    if not most:
        return 0
    wanted = sum((weight_of(cheapest(need, weights), need, weights) for need in needs), Fraction(0))
    return math.ceil(wanted / most)


def _natural(board: GpuModel, names: SliceWeights) -> Iterator[dict[str, Fraction]]:
    found = {name: board.profile(name) for name in names}
    yield {name: Fraction(profile.memory_slices if profile else 0) for name, profile in found.items()}
    parsed = {name: parse_profile_name(name) for name in names}
    yield {name: Fraction(each.compute if each else 0) for name, each in parsed.items()}
