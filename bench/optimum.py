"""The most (deployment, environment) pairs that any planner could accept, proven by OR-Tools' CP-SAT.

There is a yes-or-no variable for every pool and shape of replica that could serve a deployment, in each way of packing
that pool. A deployment has at most one place in an environment, and at most as many environments as it asks for; the
pods of a pool fit on its nodes in one of its packings.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from ortools.sat.python import cp_model

from bench.packing import Packing, packings
from bench.static_matching import Option, Shape, options
from slicewise.documents import DeploymentKey, Fleet

# CP-SAT's strategies complement each other: eight of them prove more than one does, even on two cores.
_WORKERS: Final = 8


@dataclass(frozen=True)
class Optimum:
    """What the solver found."""

    options: tuple[Option, ...]
    """The best placement found."""
    bound: int
    """No placement has more pairs than this."""

    @property
    def proven(self) -> bool:
        """Whether no placement is better."""
        return self.bound == len(self.options)


def optimum(fleet: Fleet, *, in_any_order: bool, hint: Iterable[Option] = (), seconds: float = 20) -> Optimum:
    """Return the best placement for `fleet` that is found within `seconds`, and a bound on any placement.

    Where deployments have priorities, higher ones count before lower ones, as many as there may be of each: the pairs
    of one priority are maximised, held, and then those of the next (the bound on these is one for what was held).

    Args:
        fleet: What there is, and what is asked for.
        in_any_order: Whether pods on whole GPUs must fit in any order, or only if packed with care.
        hint: A placement to begin with. It changes how fast the solver is, not what it proves.
        seconds: For each priority.
    """
    problem = _Problem(fleet, in_any_order=in_any_order)
    found = {option.shape for option in hint}
    bound = 0
    for priority in sorted({deployment.spec.priority for deployment in fleet.deployments}, reverse=True):
        found, most = problem.maximise(priority, found, seconds)
        bound += most
    return Optimum(tuple(problem.options[shape] for shape in sorted(found)), bound)


@dataclass(frozen=True)
class _Way:
    """A way of packing one pool."""

    packing: Packing
    chosen: cp_model.IntVar
    taken: dict[Shape, cp_model.IntVar]
    """What the pool takes if it is packed in this way."""

    def holds(self, options: Sequence[Option]) -> bool:
        """Return whether it has room for `options`."""
        fit = all(option.shape in self.taken for option in options)
        return fit and sum(self.packing.weight(option) for option in options) <= self.packing.capacity


class _Problem:
    """The fleet as CP-SAT sees it."""

    def __init__(self, fleet: Fleet, *, in_any_order: bool) -> None:
        self._model = cp_model.CpModel()
        self.options = _by_shape(fleet)
        self._variables: dict[Shape, list[cp_model.IntVar]] = {shape: [] for shape in self.options}
        self._pools: list[list[_Way]] = []
        self._fill_pools(in_any_order=in_any_order)
        self._not_more_than_wanted(fleet)

    def maximise(self, priority: int, hint: set[Shape], seconds: float) -> tuple[set[Shape], int]:
        """Accept the most pairs of `priority`, and hold them from now on. Return all that is chosen, and the bound."""
        pairs = sum(
            variable
            for shape, variables in self._variables.items()
            if self.options[shape].deployment.spec.priority == priority
            for variable in variables
        )
        self._model.maximize(pairs)
        self._begin_with(hint)
        solver = cp_model.CpSolver()
        solver.parameters.max_time_in_seconds = seconds
        solver.parameters.num_workers = _WORKERS
        status = solver.solve(self._model)
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            raise RuntimeError(f"no placement found within {seconds:g} seconds, not even the empty one")
        self._model.add(pairs >= round(solver.objective_value))
        chosen = {
            shape
            for shape, variables in self._variables.items()
            if any(solver.boolean_value(variable) for variable in variables)
        }
        return chosen, math.floor(solver.best_objective_bound + 1e-6)

    def _fill_pools(self, *, in_any_order: bool) -> None:
        by_pool: dict[tuple[str, str], list[Option]] = defaultdict(list)
        for option in self.options.values():
            by_pool[option.environment, option.pool.name].append(option)
        for pooled in by_pool.values():
            ways = [self._way(packing, pooled) for packing in packings(pooled[0].pool, in_any_order=in_any_order)]
            self._model.add_exactly_one(way.chosen for way in ways)
            self._pools.append(ways)

    def _way(self, packing: Packing, pooled: Iterable[Option]) -> _Way:
        chosen = self._model.new_bool_var("")
        taken = {}
        for option in pooled:
            if option.profile.replica_topology.gpus_per_node in packing.sizes:
                taken[option.shape] = self._model.new_bool_var("")
                self._variables[option.shape].append(taken[option.shape])
                self._model.add_implication(taken[option.shape], chosen)
        weights = sum(packing.weight(self.options[shape]) * variable for shape, variable in taken.items())
        self._model.add(weights <= packing.capacity * chosen)
        return _Way(packing, chosen, taken)

    def _begin_with(self, hint: set[Shape]) -> None:
        self._model.clear_hints()  # type: ignore[no-untyped-call]  # ortools has no type on this one
        for ways in self._pools:
            here = {shape for way in ways for shape in way.taken if shape in hint}
            holding = next((way for way in ways if way.holds([self.options[shape] for shape in here])), None)
            for way in ways:
                self._model.add_hint(way.chosen, way is holding)
                for shape, variable in way.taken.items():
                    self._model.add_hint(variable, way is holding and shape in here)

    def _not_more_than_wanted(self, fleet: Fleet) -> None:
        in_environment: dict[tuple[DeploymentKey, str], list[cp_model.IntVar]] = defaultdict(list)
        everywhere: dict[DeploymentKey, list[cp_model.IntVar]] = defaultdict(list)
        for (deployment, environment, *_), variables in self._variables.items():
            in_environment[deployment, environment] += variables
            everywhere[deployment] += variables
        for variables in in_environment.values():
            self._model.add_at_most_one(variables)
        for deployment, variables in everywhere.items():
            self._model.add(sum(variables) <= fleet.deployment[deployment].spec.environments)


def _by_shape(fleet: Fleet) -> dict[Shape, Option]:
    """Return every way of serving any deployment; of two profiles that take the same, the one the model prefers."""
    found: dict[Shape, Option] = {}
    for deployment in fleet.deployments:
        for environment in fleet.environments:
            for option in options(fleet, deployment, environment):
                found.setdefault(option.shape, option)
    return found
