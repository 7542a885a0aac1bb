"""The fleet as an integer program: how nodes are cut anew, and what is served then.

Of each pool some free nodes are cut anew, all alike: a pool's document has one number of slices a node. How many nodes
is one of few choices, so that everything is linear: what a choice of `nodes` makes of a profile is `nodes` times what
the cuts of a node's GPUs have of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from slicewise.layouts.gpu_cuts import GpuCut
from slicewise.layouts.integer_program import IntegerProgram
from slicewise.layouts.pool_states import PoolState
from slicewise.layouts.served_demands import UnplacedDemand
from slicewise.mig import WHOLE_GPU_RESOURCE

_Place = tuple[int, str, str]


@dataclass(frozen=True, slots=True)
class NewCut:
    """What becomes of some nodes of a pool.

    Attributes:
        nodes: How many are cut anew.
        gpus: The cut of each GPU of such a node.
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


def on_every_gpu(cuts: Sequence[GpuCut], gpus: int) -> tuple[GpuCut, ...]:
    """Return `cuts` with the most frequent of them on all other of a node's `gpus` that are cut.

    MIG manager leaves a GPU that its config does not list as it is, and the node would have slices that its document
    lacks (mig-parted v0.13.1, cmd/nvidia-mig-parted/assert).
    """
    most, _ = Counter(cuts).most_common(1)[0]
    by_cut = Counter((*cuts, *[most] * (gpus - len(cuts))))
    return tuple(by_cut.elements())


@dataclass(frozen=True, slots=True)
class ProgramAnswer:
    """What the solver found.

    Attributes:
        cuts: What is cut anew, by the number of the pool; several answers that serve as much, the best first.
        bounds: By priority, the most replicas that any answer serves of those that serve as many of all higher ones.
    """

    cuts: Sequence[Mapping[int, NewCut]]
    bounds: Mapping[int, int]


@dataclass
class FleetProgram:
    """A program over pools and demands.

    Attributes:
        states: The pools.
        demands: What is not served yet.
        split: Whether the GPUs of all free nodes are cut each by itself, and slices of a pool count together. No real
            layout serves more than such an answer, so it is the bound of all.
    """

    states: Sequence[PoolState]
    demands: Sequence[UnplacedDemand]
    split: bool = False
    _program: IntegerProgram = field(default_factory=IntegerProgram)
    _supply: dict[_Place, tuple[dict[int, int], int]] = field(default_factory=dict)
    _columns: dict[tuple[int, int], list[tuple[GpuCut, int]]] = field(default_factory=dict)
    _chosen: dict[tuple[int, int], int] = field(default_factory=dict)
    _served: dict[int, dict[int, int]] = field(default_factory=dict)

    def solve(self, seconds: float) -> ProgramAnswer | None:
        """Return the best answer that is found: by priority the most replicas, then the fewest nodes cut anew."""
        wanted: dict[int, set[str]] = {}
        for each in (unit for demand in self.demands for unit in demand.units if unit.profile):
            wanted.setdefault(each.pool, set()).add(each.profile)
        for number, state in enumerate(self.states):
            self._add_pool(number, state, wanted.get(number, set()))
        taken: dict[_Place, dict[int, int]] = {}
        for demand in self.demands:
            self._add_demand(demand, taken)
        for place, terms in taken.items():
            supply, constant = self._supply.get(place, ({}, 0))
            row = Counter({number: -units for number, units in terms.items()})
            row.update(supply)
            self._program.at_least(dict(row), -constant)
        return self._minimised(seconds)

    def _add_pool(self, number: int, state: PoolState, profiles: set[str]) -> None:
        for resource, units in state.offered.items():
            constant = units * state.pool.nodes - state.running.get(resource, 0) - state.reserved.get(resource, 0)
            self._supply[number, resource, ""] = ({}, constant)
        cuts = state.cuts(profiles) if profiles else ()
        if not cuts:
            return
        every = [state.free_nodes] if self.split else _choices(state.free_nodes)
        choices = [nodes for nodes in every if self.split or state.may_split or nodes == state.pool.nodes]
        if not choices:
            return
        gpus_in = {nodes: nodes * state.gpus if self.split else state.gpus for nodes in choices}
        for nodes in choices:
            chosen = self._program.variable(1)
            columns = [self._program.variable(gpus_in[nodes]) for _ in cuts]
            # As many GPUs as the nodes have, if they are cut anew.
            row = {**dict.fromkeys(columns, -1), chosen: gpus_in[nodes]}
            self._program.at_least(row, 0)
            self._chosen[number, nodes] = chosen
            self._columns[number, nodes] = list(zip(cuts, columns, strict=True))
            times = 1 if self.split else nodes
            for cut, column in self._columns[number, nodes]:
                for name, count in cut.counts.items():
                    self._supply.setdefault((number, "", name), ({}, 0))[0][column] = count * times
            # GPUs of such a node that are not cut stay whole.
            for resource in state.offered.keys() - {WHOLE_GPU_RESOURCE}:
                self._supply[number, resource, ""][0][chosen] = -state.offered[resource] * nodes
        one = dict.fromkeys((self._chosen[number, nodes] for nodes in choices), -1)
        self._program.at_least(one, -1)

    def _add_demand(self, demand: UnplacedDemand, taken: dict[_Place, dict[int, int]]) -> None:
        by_environment: dict[str, list[int]] = {}
        for unit in demand.units:
            place = (unit.pool, unit.resource, unit.profile)
            if place not in self._supply:
                continue
            variable = self._program.variable(1)
            taken.setdefault(place, {})[variable] = unit.units * demand.replicas
            by_environment.setdefault(self.states[unit.pool].key[0], []).append(variable)
            self._served.setdefault(demand.priority, {})[variable] = demand.replicas
        for variables in by_environment.values():
            self._program.at_least(dict.fromkeys(variables, -1), -1)
        every = [each for variables in by_environment.values() for each in variables]
        if len(by_environment) > demand.missing:
            self._program.at_least(dict.fromkeys(every, -1), -demand.missing)

    def _minimised(self, seconds: float) -> ProgramAnswer | None:
        levels = sorted(self._served, reverse=True)
        values: Sequence[int] = ()
        bounds: dict[int, int] = {}
        for number, priority in enumerate(levels):
            terms = self._served[priority]
            more = {variable: -replicas for variable, replicas in terms.items()}
            answer = self._program.minimise(more, values, seconds / (len(levels) + 1 - number))
            if answer is None:
                return None
            values = answer.values
            bounds[priority] = -answer.bound
            self._program.at_least(terms, answer.sum_of(terms))
        found = [] if self.split else [self._cuts(values)]
        if not self.split:
            nodes = {variable: nodes for (_, nodes), variable in self._chosen.items()}
            answer = self._program.minimise(nodes, values, seconds / (len(levels) + 1)) if nodes else None
            if answer:
                found.insert(0, self._cuts(answer.values))
        return ProgramAnswer(found, bounds)

    def _cuts(self, values: Sequence[int]) -> dict[int, NewCut]:
        found = {}
        for (number, nodes), variable in self._chosen.items():
            if values and values[variable]:
                gpus = tuple(cut for cut, column in self._columns[number, nodes] for _ in range(values[column]))
                if gpus:
                    found[number] = NewCut(nodes, on_every_gpu(gpus, self.states[number].gpus))
        return found


def _choices(free: int) -> list[int]:
    """Return how many nodes may be cut anew: any number of a few, else steps that grow by a quarter."""
    found = [free] if free else []
    while found and found[-1] > 1:
        found.append(min(found[-1] - 1, found[-1] * 4 // 5))
    return sorted(found)
