"""Integer programs, solved by OR-Tools where it is installed (the extra `layout`)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

Terms = Mapping[int, int]
"""A sum: how often each variable counts, by its number."""
# CP-SAT's strategies complement each other: eight of them prove more than one does, even on two cores. One alone proves
# most programs in a few milliseconds, and always finds the same.
_STRATEGIES: Final = 8
# From so many variables on, linear programs lead.
_LARGE: Final = 200
# The solver's bound is a float of a whole number.
_ROUNDING: Final = 1e-6


@dataclass(frozen=True, slots=True)
class IntegerAnswer:
    """What the solver found.

    Attributes:
        values: Of the variables.
        bound: No values have a smaller sum.
    """

    values: tuple[int, ...]
    bound: int

    def sum_of(self, terms: Terms) -> int:
        """Return what a sum has with these values."""
        return sum(self.values[number] * times for number, times in terms.items())


@dataclass(slots=True)
class IntegerProgram:
    """Variables from 0 to a limit each, and sums of them that are not below a number."""

    limits: list[int] = field(default_factory=list)
    rows: list[tuple[dict[int, int], int]] = field(default_factory=list)

    def variable(self, limit: int) -> int:
        """Add a variable, and return its number."""
        self.limits.append(limit)
        return len(self.limits) - 1

    def at_least(self, terms: Terms, number: int) -> None:
        """Demand that a sum is not below `number`."""
        self.rows.append((dict(terms), number))

    def minimise(self, terms: Terms, hint: Sequence[int], seconds: float) -> IntegerAnswer | None:
        """Return values with the smallest sum that is found within `seconds`; None where nothing is.

        Args:
            terms: The sum.
            hint: Values to begin with, which need not fit; empty for none.
            seconds: How long to look.
        """
        if seconds <= 0 or not solver_is_installed():
            return None
        large = len(self.limits) > _LARGE
        return (_by_linear_programs if large else _by_constraints)(self, terms, hint, seconds)


def solver_is_installed() -> bool:
    """Return whether OR-Tools is there, without which nothing is proved but what counting proves."""
    try:
        import ortools  # noqa: F401, PLC0415 - an extra, which takes long to import
    except ImportError:
        return False
    return True


def _by_linear_programs(
    program: IntegerProgram, terms: Terms, hint: Sequence[int], seconds: float
) -> IntegerAnswer | None:
    """Solve with SCIP: of thousands of variables it finds more in seconds than CP-SAT does."""
    from ortools.linear_solver import pywraplp  # type: ignore[import-untyped]  # noqa: PLC0415 - as above; it has no types

    solver: Any = pywraplp.Solver.CreateSolver("SCIP")
    variables = [solver.IntVar(0, limit, "") for limit in program.limits]
    for row, number in program.rows:
        constraint = solver.RowConstraint(number, solver.infinity(), "")
        for each, times in row.items():
            constraint.SetCoefficient(variables[each], times)
    for each, times in terms.items():
        solver.Objective().SetCoefficient(variables[each], times)
    solver.Objective().SetMinimization()
    if hint:
        solver.SetHint(variables, list(hint))
    solver.SetTimeLimit(int(seconds * 1000))
    if solver.Solve() not in (solver.OPTIMAL, solver.FEASIBLE):
        return None
    bound = math.ceil(solver.Objective().BestBound() - _ROUNDING)
    return IntegerAnswer(tuple(round(each.solution_value()) for each in variables), bound)


def _by_constraints(program: IntegerProgram, terms: Terms, hint: Sequence[int], seconds: float) -> IntegerAnswer | None:
    """Solve with CP-SAT, which computes in whole numbers."""
    from ortools.sat.python import cp_model  # noqa: PLC0415 - as above

    model = cp_model.CpModel()
    variables = [model.new_int_var(0, limit, f"v{number}") for number, limit in enumerate(program.limits)]
    for row, number in program.rows:
        model.add(sum(variables[each] * times for each, times in row.items()) >= number)
    model.minimize(sum(variables[each] * times for each, times in terms.items()))
    for variable, value in zip(variables, hint, strict=False):
        model.add_hint(variable, value)
    for strategies, share in ((1, seconds / 4), (_STRATEGIES, seconds * 3 / 4)):
        solver = cp_model.CpSolver()
        solver.parameters.max_time_in_seconds = share
        solver.parameters.num_workers = strategies
        solver.parameters.random_seed = 1
        status = solver.solve(model)
        if status == cp_model.OPTIMAL:
            break
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    bound = math.ceil(solver.best_objective_bound - _ROUNDING)
    return IntegerAnswer(tuple(map(solver.value, variables)), bound)
