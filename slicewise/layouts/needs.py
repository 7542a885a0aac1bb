"""What slices are needed for: an amount, and the ways to come by it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final


@dataclass(frozen=True, slots=True)
class WayToMeet:
    """One way to meet a part of a need, taken as often as it takes.

    Attributes:
        slices: The slices that it takes, by profile.
        amount: How much of the need they meet together: replicas, or requests a second in whole thousandths.
    """

    slices: Mapping[str, int]
    amount: int = 1


@dataclass(frozen=True, slots=True)
class SliceNeed:
    """Something that slices are for: `amount` of it, met by any mix of its ways.

    Attributes:
        amount: How much is needed, in the unit of the ways.
        ways: At least one.
    """

    amount: int
    ways: tuple[WayToMeet, ...]


def slice_needs(slices: Mapping[str, int]) -> tuple[SliceNeed, ...]:
    """Return the needs that are the slices themselves, by profile."""
    return tuple(SliceNeed(count, (WayToMeet({name: 1}),)) for name, count in slices.items() if count)


def profiles_in(needs: Iterable[SliceNeed]) -> list[str]:
    """Return the profiles of all ways, sorted."""
    return sorted({name for need in needs for way in need.ways for name in way.slices})


SliceWeights = Mapping[str, Fraction]
"""What a slice of each profile counts."""


def cheapest(need: SliceNeed, weights: SliceWeights) -> tuple[int, ...]:
    """Return how often each way is taken where the slices of all count least."""
    return _Cheapest(need, weights).taken


def weight_of(taken: Sequence[int], need: SliceNeed, weights: SliceWeights) -> Fraction:
    """Return what the slices count that the ways of `need` take."""
    return sum((times * weigh(way.slices, weights) for times, way in zip(taken, need.ways, strict=True)), _NOTHING)


def weigh(slices: Mapping[str, int], weights: SliceWeights) -> Fraction:
    """Return what some slices count together."""
    return sum((weights[name] * count for name, count in slices.items()), _NOTHING)


_NOTHING: Final = Fraction(0)


class _Cheapest:
    """A search from the way with the most for its weight, cut off where what is left cannot beat what was found."""

    def __init__(self, need: SliceNeed, weights: SliceWeights) -> None:
        self._ways = [(weigh(way.slices, weights), way.amount, number) for number, way in enumerate(need.ways)]
        self._ways.sort(key=lambda way: (way[0] / way[1], -way[1]))
        self._least: Fraction | None = None
        self.taken: tuple[int, ...] = ()
        self._look(0, need.amount, _NOTHING, (0,) * len(need.ways))

    def _look(self, first: int, missing: int, spent: Fraction, taken: tuple[int, ...]) -> None:
        if missing <= 0:
            if self._least is None or spent < self._least:
                self._least, self.taken = spent, taken
            return
        if first == len(self._ways):
            return
        weight, amount, number = self._ways[first]
        for times in range(-(-missing // amount), -1, -1):
            rest, now = missing - times * amount, spent + times * weight
            if self._least is not None and now + self._at_least(first + 1, rest) >= self._least:
                # Fewer of the best way make it no cheaper.
                if rest > 0:
                    return
                continue
            self._look(first + 1, rest, now, (*taken[:number], taken[number] + times, *taken[number + 1 :]))

    def _at_least(self, first: int, missing: int) -> Fraction:
        if missing <= 0 or first == len(self._ways):
            return _NOTHING
        weight, amount, _ = self._ways[first]
        return weight * missing / amount
