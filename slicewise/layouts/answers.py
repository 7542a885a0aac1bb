"""What is answered about GPUs of one model: how each is cut, and how good that is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from slicewise.layouts.gpu_cuts import GpuCut, cut_into
from slicewise.mig import GpuModel


@dataclass(frozen=True, slots=True)
class CutGpus:
    """GPUs of one model, and how they are cut.

    Attributes:
        cuts: How, and how many GPUs are cut so; most GPUs first.
        bound: No answer is better: the fewest GPUs for all slices, or the fewest slices that are left.
        left: The slices that found no place, by profile.
        taken: How often each way of each need is taken, in their order.
    """

    cuts: tuple[tuple[GpuCut, int], ...]
    bound: int
    left: Mapping[str, int] = field(default_factory=dict)
    taken: tuple[tuple[int, ...], ...] = ()

    @property
    def gpus(self) -> int:
        """How many GPUs are cut."""
        return sum(count for _, count in self.cuts)

    @property
    def slices(self) -> dict[str, int]:
        """How many slices there are of each profile."""
        found: Counter[str] = Counter()
        for cut, count in self.cuts:
            for name, times in cut.counts.items():
                found[name] += times * count
        return dict(found)


def without_surplus(
    board: GpuModel, cuts: Sequence[tuple[GpuCut, int]], wanted: Mapping[str, int]
) -> tuple[tuple[GpuCut, int], ...]:
    """Return the cuts with no more slices than `wanted`: one that nobody asked for takes memory from others.

    Args:
        board: The GPUs.
        cuts: Cuts and how many GPUs have each.
        wanted: How many slices of each profile there shall be at most.
    """
    left = Counter(dict(wanted))
    kept: Counter[tuple[tuple[str, int], ...]] = Counter()
    for cut, count in cuts:
        rest = count
        while rest:
            counts = {name: min(times, left[name]) for name, times in cut.counts.items() if left[name]}
            if not counts:
                break
            # As many GPUs at once as have all of these slices.
            alike = max(1, min(rest, *(left[name] // times for name, times in counts.items())))
            kept[tuple(sorted(counts.items()))] += alike
            left.subtract({name: times * alike for name, times in counts.items()})
            rest -= alike
    found = [(cut_into(board, dict(counts)), times) for counts, times in kept.items()]
    in_order = sorted(((cut, times) for cut, times in found if cut), key=lambda each: (-each[1], each[0].slices))
    return tuple(in_order)
