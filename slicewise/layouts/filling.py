"""The most slices on so many GPUs of one model; of such answers the most memory, then the fewest GPUs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from slicewise.layouts.answers import CutGpus, without_surplus
from slicewise.layouts.covering import fewest_gpus_for
from slicewise.layouts.gpu_cuts import GpuCut, fullest_cuts
from slicewise.layouts.integer_program import IntegerProgram
from slicewise.layouts.linear_program import maximise
from slicewise.layouts.needs import slice_needs
from slicewise.mig import GpuModel


def most_slices_on(board: GpuModel, slices: Mapping[str, int], gpus: int, seconds: float) -> CutGpus:
    """Return how `gpus` GPUs of `board` are cut so that the fewest of `slices` are left.

    Of answers that leave as few, the one that leaves the least memory, and of these the one on the fewest GPUs. Without
    OR-Tools it is a rounded linear program; the bound holds either way.

    Args:
        board: The GPUs.
        slices: How many of each profile are wanted, of profiles that `can_be_placed`.
        gpus: How many GPUs there are at most.
        seconds: How long OR-Tools may look.
    """
    wanted = {name: count for name, count in sorted(slices.items()) if count}
    if not wanted:
        return CutGpus((), 0)
    whole = fewest_gpus_for(board, slice_needs(wanted), seconds / 2)
    if whole.gpus <= gpus:
        return replace(whole, bound=0)
    filling = _Filling(board, wanted, gpus, fullest_cuts(board, wanted))
    found, bound = filling.solve(seconds / 2)
    chosen = [(cut, count) for cut, count in zip(filling.cuts, found, strict=True) if count]
    left = {name: count for name, count in filling.left(found).items() if count}
    return CutGpus(without_surplus(board, chosen, wanted), bound, left)


@dataclass(frozen=True)
class _Filling:
    board: GpuModel
    wanted: Mapping[str, int]
    gpus: int
    cuts: Sequence[GpuCut]

    def solve(self, seconds: float) -> tuple[list[int], int]:
        """Return how many GPUs are cut in each way, and the fewest slices that any answer leaves."""
        rounded = self._rounded()
        least = sum(self.wanted.values()) - self._most_by_counting()
        return self._solved(rounded, least, seconds) or (rounded, least)

    def left(self, found: Sequence[int]) -> dict[str, int]:
        made = dict.fromkeys(self.wanted, 0)
        for cut, count in zip(self.cuts, found, strict=True):
            for name, times in cut.counts.items():
                made[name] += times * count
        return {name: max(0, count - made[name]) for name, count in self.wanted.items()}

    def _memory(self, name: str) -> int:
        profile = self.board.profile(name)
        return profile.memory_slices if profile else 0

    def _linear(self, worth: Mapping[str, int]) -> tuple[list[int], int]:
        """Return the linear optimum: whole GPUs of each cut, and the whole part of its value."""
        names = list(self.wanted)
        none = [0] * len(self.cuts)
        served = [
            [int(name == other) for other in names] + [-cut.counts.get(name, 0) for cut in self.cuts] for name in names
        ]
        limited = [[int(name == other) for other in names] + none for name in names]
        rows = [*served, *limited, [0] * len(names) + [1] * len(self.cuts)]
        limits = [*[0] * len(names), *self.wanted.values(), self.gpus]
        found = maximise([*worth.values(), *none], rows, limits)
        return [int(each) for each in found.variables[len(names) :]], math.floor(found.value)

    def _most_by_counting(self) -> int:
        return self._linear(dict.fromkeys(self.wanted, 1))[1]

    def _rounded(self) -> list[int]:
        memory = {name: self._memory(name) for name in self.wanted}
        most = sum(count * memory[name] for name, count in self.wanted.items()) + 1
        worth = {name: most + memory[name] for name in self.wanted}
        found, _ = self._linear(worth)
        while sum(found) < self.gpus and any((left := self.left(found)).values()):
            found[max(range(len(self.cuts)), key=lambda each: (self._adds(each, left, worth), -each))] += 1
        return found

    def _adds(self, number: int, left: Mapping[str, int], worth: Mapping[str, int]) -> int:
        return sum(worth[name] * min(times, left[name]) for name, times in self.cuts[number].counts.items())

    def _solved(self, hint: Sequence[int], least: int, seconds: float) -> tuple[list[int], int] | None:
        program = IntegerProgram()
        columns = [program.variable(self.gpus) for _ in self.cuts]
        left = {name: program.variable(count) for name, count in self.wanted.items()}
        for name, number in left.items():
            made = {
                column: cut.counts[name] for column, cut in zip(columns, self.cuts, strict=True) if name in cut.counts
            }
            program.at_least({**made, number: 1}, self.wanted[name])
        program.at_least(dict.fromkeys(columns, -1), -self.gpus)
        missing = self.left(hint)
        values: Sequence[int] = [*hint, *(missing[name] for name in left)]
        bound = least
        every = dict.fromkeys(left.values(), 1)
        program.at_least(every, least)
        memory = {number: self._memory(name) for name, number in left.items()}
        for terms in (every, memory, dict.fromkeys(columns, 1)):
            answer = program.minimise(terms, values, seconds / 3)
            if answer is None:
                return None
            values = answer.values
            if terms is every:
                bound = answer.bound
            # What was reached is held while the next is looked for.
            program.at_least({number: -times for number, times in terms.items()}, -answer.sum_of(terms))
        return [values[column] for column in columns], bound
