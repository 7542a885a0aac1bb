"""The fewest GPUs of one model for what is needed; what varies is how many GPUs are cut in each way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction

from slicewise.layouts.answers import CutGpus, without_surplus
from slicewise.layouts.counting_bound import dual_weights, fewest_by_counting
from slicewise.layouts.gpu_cuts import GpuCut, fullest_cuts
from slicewise.layouts.integer_program import IntegerProgram
from slicewise.layouts.linear_program import maximise
from slicewise.layouts.needs import SliceNeed, SliceWeights, cheapest, profiles_in, weigh
from slicewise.mig import GpuModel

_Taken = tuple[tuple[int, ...], ...]
_MOST_TRIED = 20_000


def fewest_gpus_for(board: GpuModel, needs: Sequence[SliceNeed], seconds: float) -> CutGpus:
    """Return the fewest GPUs of `board` that have what is needed, and a bound on any answer.

    A rounded linear program finds the answer, and a counting bound mostly proves it; where it does not, OR-Tools looks
    for a better one or proves that there is none, if it is installed.

    Args:
        board: The GPUs.
        needs: What is needed, in profiles that `can_be_placed`.
        seconds: How long OR-Tools may look.
    """
    names = profiles_in(needs)
    if not names:
        return CutGpus((), 0)
    cuts = fullest_cuts(board, names)
    weights = dual_weights(cuts, needs, names)
    bound = fewest_by_counting(board, cuts, needs, weights)
    taken: _Taken = tuple(cheapest(need, weights) for need in needs)
    found = _rounded(cuts, slices_taken(needs, taken), weights)
    if sum(found) > bound:
        better = _proved(cuts, needs, names, (found, taken), seconds)
        if better is not None:
            found, taken, proved = better
            bound = max(bound, proved)
    wanted = slices_taken(needs, taken)
    chosen = [(cut, count) for cut, count in zip(cuts, found, strict=True) if count]
    return CutGpus(without_surplus(board, chosen, wanted), bound, taken=taken)


def slices_taken(needs: Sequence[SliceNeed], taken: _Taken) -> dict[str, int]:
    """Return the slices of all ways that are taken, by profile."""
    counts: Counter[str] = Counter()
    for need, each in zip(needs, taken, strict=True):
        for way, times in zip(need.ways, each, strict=True):
            counts.update({name: count * times for name, count in way.slices.items() if times})
    return dict(sorted(counts.items()))


def _rounded(cuts: Sequence[GpuCut], wanted: Mapping[str, int], weights: SliceWeights) -> list[int]:
    """Return how many GPUs to cut in each way: whole parts of the linear optimum, then the best for what is left."""
    names = [name for name, count in wanted.items() if count]
    dual = maximise(
        [wanted[name] for name in names],
        [[cut.counts.get(name, 0) for name in names] for cut in cuts],
        [1] * len(cuts),
    )
    found = [int(each) for each in dual.prices]
    left = dict(wanted)
    for cut, count in zip(cuts, found, strict=True):
        left = _less(left, cut, count)
    worth = dict(zip(names, dual.variables, strict=True))
    for number in _best_for_the_rest(cuts, left, {name: worth.get(name, weights[name]) for name in wanted}):
        found[number] += 1
    return found


def _less(wanted: Mapping[str, int], cut: GpuCut, count: int = 1) -> dict[str, int]:
    has = cut.counts
    return {name: max(0, each - has.get(name, 0) * count) for name, each in wanted.items()}


def _best_for_the_rest(cuts: Sequence[GpuCut], left: Mapping[str, int], weights: SliceWeights) -> list[int]:
    greedy = _greedily(cuts, left, weights)
    search = _Search(cuts, weights)
    for gpus in range(1, len(greedy)):
        found = search.cover(dict(left), gpus)
        if found is not None:
            return found
    return greedy


def _greedily(cuts: Sequence[GpuCut], left: Mapping[str, int], weights: SliceWeights) -> list[int]:
    """Return cuts by their numbers, each the one that then has most of what is left."""
    found: list[int] = []
    rest = dict(left)
    while any(rest.values()):
        number = max(range(len(cuts)), key=lambda each: (_has(cuts[each], rest, weights), -each))
        found.append(number)
        rest = _less(rest, cuts[number])
    return found


def _has(cut: GpuCut, left: Mapping[str, int], weights: SliceWeights) -> tuple[Fraction, int]:
    useful = {name: min(count, left.get(name, 0)) for name, count in cut.counts.items() if left.get(name, 0)}
    return weigh(useful, weights), sum(useful.values())


class _Search:
    """Whether so many GPUs have all that is left, as far as it is tried; what failed is remembered."""

    def __init__(self, cuts: Sequence[GpuCut], weights: SliceWeights) -> None:
        self._cuts, self._weights = cuts, weights
        self._most = max(
            weigh(cut.counts, {name: weights.get(name, Fraction(0)) for name in cut.counts}) for cut in cuts
        )
        self._failed: set[tuple[tuple[int, ...], int]] = set()
        self._tried = 0

    def cover(self, left: dict[str, int], gpus: int) -> list[int] | None:
        key = (tuple(left.values()), gpus)
        if not any(left.values()):
            return []
        if (
            gpus == 0
            or key in self._failed
            or self._tried > _MOST_TRIED
            or weigh(left, self._weights) > gpus * self._most
        ):
            return None
        self._tried += 1
        first = next(name for name, count in left.items() if count)
        by_worth = sorted(
            (number for number, cut in enumerate(self._cuts) if first in cut.counts),
            key=lambda each: _has(self._cuts[each], left, self._weights),
            reverse=True,
        )
        for number in by_worth:
            found = self.cover(_less(left, self._cuts[number]), gpus - 1)
            if found is not None:
                return [number, *found]
        self._failed.add(key)
        return None


def _proved(
    cuts: Sequence[GpuCut],
    needs: Sequence[SliceNeed],
    names: Sequence[str],
    known: tuple[Sequence[int], _Taken],
    seconds: float,
) -> tuple[list[int], _Taken, int] | None:
    """Return what the solver finds: how many GPUs are cut in each way, the ways of the needs, and its bound."""
    program = IntegerProgram()
    gpus = sum(known[0])
    columns = [program.variable(gpus) for _ in cuts]
    ways = [[program.variable(-(-need.amount // way.amount)) for way in need.ways] for need in needs]
    for need, numbers in zip(needs, ways, strict=True):
        amounts = {number: way.amount for number, way in zip(numbers, need.ways, strict=True)}
        program.at_least(amounts, need.amount)
    for name in names:
        terms = {column: cut.counts[name] for column, cut in zip(columns, cuts, strict=True) if name in cut.counts}
        for need, numbers in zip(needs, ways, strict=True):
            terms |= {
                number: -way.slices[name] for number, way in zip(numbers, need.ways, strict=True) if name in way.slices
            }
        program.at_least(terms, 0)
    hint = [*known[0], *(times for each in known[1] for times in each)]
    answer = program.minimise(dict.fromkeys(columns, 1), hint, seconds)
    if answer is None:
        return None
    found = [answer.values[column] for column in columns]
    return found, tuple(tuple(answer.values[number] for number in numbers) for numbers in ways), answer.bound
