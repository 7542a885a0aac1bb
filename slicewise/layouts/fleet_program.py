"""The fleet as an integer program: how nodes are cut anew, and what is served then.

Of each pool some free nodes are cut anew, all alike or in a few groups: a pool's document has one number of
slices a node. How many nodes a group has is one of few choices, so that everything is linear: what a choice of `nodes`
makes of a profile is `nodes` times what the cuts of a node's GPUs have of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from time import monotonic

from slicewise.layouts.gpu_cuts import GpuCut
from slicewise.layouts.integer_program import IntegerProgram
from slicewise.layouts.pool_states import PoolState
from slicewise.layouts.served_demands import UnplacedDemand
from slicewise.mig import WHOLE_GPU_RESOURCE

# A pool, the group of its nodes (_KEPT for those that are not cut anew), and the resource or the profile there.
_Place = tuple[int, int, str]
_KEPT = -1


@dataclass(frozen=True, slots=True)
class NewCut:
    """What becomes of some nodes of a pool.

    Attributes:
        nodes: How many are cut anew.
        gpus: The cut of each GPU of such a node that does not stay whole.
    """

    nodes: int
    gpus: tuple[GpuCut, ...]

    @property
    def slices(self) -> dict[str, int]:
        """The slices of a node."""
        found: Counter[str] = Counter()
        for cut in self.gpus:
            found.update(cut.counts)
        return dict(sorted(found.items()))


@dataclass(frozen=True, slots=True)
class ProgramAnswer:
    """What the solver found.

    Attributes:
        cuts: What is cut anew, by the number of the pool; several answers that serve as much, the best first.
        bounds: By priority, the most replicas that any answer serves of those that serve as many of all higher ones;
            without those for which no time was left.
        served: By priority, the replicas that the first of `cuts` serves if each has the place that the program meant.
    """

    cuts: Sequence[Mapping[int, tuple[NewCut, ...]]]
    bounds: Mapping[int, int]
    served: Mapping[int, int]


@dataclass
class FleetProgram:
    """A program over pools and demands.

    Attributes:
        states: The pools.
        demands: What is not served yet, and what runs and may move.
        split: Whether the GPUs of all free nodes are cut each by itself, and slices of a pool count together. No real
            layout serves more than such an answer, so it is the bound of all.
        groups: In how many ways a pool's nodes may be cut anew.
    """

    states: Sequence[PoolState]
    demands: Sequence[UnplacedDemand]
    split: bool = False
    groups: int = 1
    _program: IntegerProgram = field(default_factory=IntegerProgram)
    _supply: dict[_Place, tuple[dict[int, int], int]] = field(default_factory=dict)
    _columns: dict[tuple[int, int, int], list[tuple[GpuCut, int]]] = field(default_factory=dict)
    _chosen: dict[tuple[int, int, int], int] = field(default_factory=dict)
    _served: dict[int, dict[int, int]] = field(default_factory=dict)
    _leaving: dict[int, int] = field(default_factory=dict)
    _staying: set[int] = field(default_factory=set)

    def solve(self, seconds: float) -> ProgramAnswer | None:
        """Return the best answer that is found.

        By priority the most replicas, then the fewest that move, the fewest nodes cut anew, the fewest of their GPUs,
        and the least memory that lies in no slice.
        """
        wanted: dict[int, set[str]] = {}
        for each in (unit for demand in self.demands for unit in demand.units if unit.profile):
            wanted.setdefault(each.pool, set()).add(each.profile)
        for number, state in enumerate(self.states):
            self._add_pool(number, state, wanted.get(number, set()))
        taken: dict[_Place, dict[int, int]] = {}
        for demand in self.demands:
            self._add_demand(demand, taken)
        for place, terms in taken.items():
            supply, constant = self._supply[place]
            row = Counter({number: -units for number, units in terms.items()})
            row.update(supply)
            self._program.at_least(dict(row), -constant)
        return self._minimised(monotonic() + seconds)

    def _add_pool(self, number: int, state: PoolState, profiles: set[str]) -> None:
        for resource, units in state.offered.items():
            constant = units * state.pool.nodes - state.running.get(resource, 0) - state.reserved.get(resource, 0)
            self._supply[number, _KEPT, resource] = ({}, constant)
        cuts = state.cuts(profiles) if profiles else ()
        groups = 1 if self.split else min(self.groups, state.most_groups, state.free_nodes)
        if not cuts or groups < 1:
            return
        choices = [state.free_nodes] if self.split else _choices(state.free_nodes)
        nodes_of: list[dict[int, int]] = []
        for group in range(groups):
            nodes_of.append({})
            for nodes in choices:
                if self.split or state.may_split or nodes == state.pool.nodes:
                    nodes_of[group][self._add_choice(number, group, nodes, cuts)] = nodes
            self._program.at_least(dict.fromkeys(nodes_of[group], -1), -1)
        self._program.at_least(
            _negative({each: nodes for own in nodes_of for each, nodes in own.items()}), -state.free_nodes
        )
        # Groups are alike: the larger comes first.
        for larger, smaller in pairwise(nodes_of):
            self._program.at_least(larger | _negative(smaller), 0)

    def _add_choice(self, number: int, group: int, nodes: int, cuts: Sequence[GpuCut]) -> int:
        """Add that a group has so many nodes, and return the variable that says whether it has."""
        state = self.states[number]
        gpus, times = (nodes * state.gpus, 1) if self.split else (state.gpus, nodes)
        chosen = self._program.variable(1)
        columns = [self._program.variable(gpus) for _ in cuts]
        # As many GPUs as the nodes have, if they are cut anew: MIG manager leaves others as they are.
        self._program.at_least({**dict.fromkeys(columns, -1), chosen: gpus}, 0)
        self._program.at_least({**dict.fromkeys(columns, 1), chosen: -gpus}, 0)
        self._chosen[number, group, nodes] = chosen
        self._columns[number, group, nodes] = list(zip(cuts, columns, strict=True))
        for cut, column in self._columns[number, group, nodes]:
            for name, count in cut.counts.items():
                self._supply.setdefault((number, group, name), ({}, 0))[0][column] = count * times
        # GPUs of such a node that are not cut stay whole.
        for resource in state.offered.keys() - {WHOLE_GPU_RESOURCE}:
            self._supply[number, _KEPT, resource][0][chosen] = -state.offered[resource] * nodes
        return chosen

    def _add_demand(self, demand: UnplacedDemand, taken: dict[_Place, dict[int, int]]) -> None:
        by_environment: dict[str, list[int]] = {}
        for unit in demand.units:
            groups = range(self.groups) if unit.profile else (_KEPT,)
            for place in ((unit.pool, group, unit.profile or unit.resource) for group in groups):
                if place in self._supply:
                    most, replicas = (demand.replicas, 1) if demand.merged else (1, demand.replicas)
                    variable = self._program.variable(most)
                    taken.setdefault(place, {})[variable] = unit.units * replicas
                    by_environment.setdefault(self.states[unit.pool].key[0], []).append(variable)
                    if demand.stays is None:
                        self._served.setdefault(demand.priority, {})[variable] = replicas
                    elif unit == demand.stays:
                        self._staying.add(variable)
                    else:
                        self._leaving[variable] = demand.replicas
        for variables in by_environment.values():
            self._program.at_least(dict.fromkeys(variables, -1), -(demand.replicas if demand.merged else 1))
        every = [each for variables in by_environment.values() for each in variables]
        if demand.stays:
            self._program.at_least(dict.fromkeys(every, 1), 1)
        if demand.merged or len(by_environment) > demand.missing:
            self._program.at_least(dict.fromkeys(every, -1), -(demand.merged or demand.missing))

    def _minimised(self, until: float) -> ProgramAnswer | None:
        """Return what is found until a time: an aim after the other, each as good as the earlier ones let it be."""
        priorities = sorted(self._served, reverse=True)
        aims = [] if self.split else [terms for terms in self._later_aims() if terms]
        values: Sequence[int] = ()
        # Where what runs may move, everything can at least stay.
        hint = [int(number in self._staying) for number in range(len(self._program.limits))] if self._staying else []
        new = (demand.priority for demand in self.demands if demand.stays is None)
        bounds = {priority: 0 for priority in new if priority not in self._served}
        for number, priority in enumerate(priorities):
            # Twice the even part of what is left: most take less than theirs.
            seconds = (until - monotonic()) * 2 / (len(priorities) - number + 1 + bool(aims))
            answer = self._program.minimise(_negative(self._served[priority]), values or hint, seconds)
            if answer is None:
                break
            values = answer.values
            bounds[priority] = -answer.bound
            self._program.at_least(self._served[priority], answer.sum_of(self._served[priority]))
        if not values:
            return None
        found = [] if self.split else [self._cuts(values)]
        for number, terms in enumerate(aims):
            seconds = (until - monotonic()) * 2 / (len(aims) - number + 1)
            answer = self._program.minimise(terms, values, seconds)
            if answer is None:
                break
            values = answer.values
            if self._cuts(values) != found[0]:
                found.insert(0, self._cuts(values))
            self._program.at_least(_negative(terms), -answer.sum_of(terms))
        served = {
            priority: sum(values[variable] * replicas for variable, replicas in terms.items())
            for priority, terms in self._served.items()
        }
        return ProgramAnswer(found, bounds, served)

    def _later_aims(self) -> Iterator[dict[int, int]]:
        """Yield what shall be few where the most are served: moves, nodes cut anew, their GPUs, memory in no slice."""
        yield self._leaving
        yield {variable: nodes for (_, _, nodes), variable in self._chosen.items()}
        yield {variable: nodes * self.states[number].gpus for (number, _, nodes), variable in self._chosen.items()}
        yield {
            column: nodes * free
            for (number, _, nodes), here in self._columns.items()
            for cut, column in here
            if (free := self.states[number].left_by(cut))
        }

    def _cuts(self, values: Sequence[int]) -> dict[int, tuple[NewCut, ...]]:
        found: dict[int, dict[tuple[GpuCut, ...], int]] = {}
        for (number, group, nodes), variable in self._chosen.items():
            if values[variable]:
                here = self._columns[number, group, nodes]
                gpus = tuple(cut for cut, column in here for _ in range(values[column]))
                groups = found.setdefault(number, {})
                groups[gpus] = groups.get(gpus, 0) + nodes
        return {number: tuple(NewCut(nodes, gpus) for gpus, nodes in each.items()) for number, each in found.items()}


def _negative(terms: Mapping[int, int]) -> dict[int, int]:
    return {variable: -times for variable, times in terms.items()}


def _choices(free: int) -> list[int]:
    """Return how many nodes may be cut anew: any number of a few, else steps that grow by a quarter."""
    found = [free] if free else []
    while found and found[-1] > 1:
        found.append(min(found[-1] - 1, found[-1] * 4 // 5))
    return sorted(found)
