"""Linear programs of a few dozen rows, solved in fractions: what is proved by one holds without rounding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class LinearOptimum:
    """The best of a linear program.

    Attributes:
        value: Of the objective.
        variables: The values of the variables.
        prices: What one more of each limit would add to the value: the optimum of the dual program.
    """

    value: Fraction
    variables: tuple[Fraction, ...]
    prices: tuple[Fraction, ...]


def maximise(objective: Sequence[int], rows: Sequence[Sequence[int]], limits: Sequence[int]) -> LinearOptimum:
    """Maximise `objective` over variables that are not negative, with each of `rows` at most its limit.

    The simplex method with Bland's rule, which never goes in circles.

    Args:
        objective: What one of each variable is worth.
        rows: What one of each variable takes, by limit.
        limits: None is negative.

    Raises:
        ValueError: There is no largest value.
    """
    tableau = _Tableau(objective, rows, limits)
    while tableau.improve():
        pass
    return tableau.optimum()


class _Tableau:
    """The rows in terms of the variables outside the basis; those of the slack come after the program's own."""

    def __init__(self, objective: Sequence[int], rows: Sequence[Sequence[int]], limits: Sequence[int]) -> None:
        self._own, self._height = len(objective), len(rows)
        self._rows = [
            [*map(Fraction, row), *(Fraction(number == other) for other in range(self._height)), Fraction(limit)]
            for number, (row, limit) in enumerate(zip(rows, limits, strict=True))
        ]
        self._last = [*(Fraction(-each) for each in objective), *[Fraction(0)] * (self._height + 1)]
        self._basis = list(range(self._own, self._own + self._height))

    def improve(self) -> bool:
        """Take one step; False where there is none."""
        entering = next((number for number, each in enumerate(self._last[:-1]) if each < 0), None)
        if entering is None:
            return False
        choices = [
            (row[-1] / row[entering], self._basis[number], number)
            for number, row in enumerate(self._rows)
            if row[entering] > 0
        ]
        if not choices:
            raise ValueError("there is no largest value")
        self._pivot(min(choices)[2], entering)
        return True

    def _pivot(self, leaving: int, entering: int) -> None:
        pivot = self._rows[leaving][entering]
        kept = [each / pivot if each else each for each in self._rows[leaving]]
        self._rows = [
            kept if number == leaving else _without(row, kept, entering) for number, row in enumerate(self._rows)
        ]
        self._last = _without(self._last, kept, entering)
        self._basis[leaving] = entering

    def optimum(self) -> LinearOptimum:
        values = dict(zip(self._basis, (row[-1] for row in self._rows), strict=True))
        return LinearOptimum(
            self._last[-1],
            tuple(values.get(number, Fraction(0)) for number in range(self._own)),
            tuple(self._last[self._own : -1]),
        )


def _without(row: list[Fraction], pivot: list[Fraction], entering: int) -> list[Fraction]:
    times = row[entering]
    return [each - times * other if other else each for each, other in zip(row, pivot, strict=True)] if times else row
