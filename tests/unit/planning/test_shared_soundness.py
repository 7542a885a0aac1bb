"""Nodes with several GPU resources against every scheduling that there is, on nodes small enough to try them all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import combinations_with_replacement, product

from hypothesis import given
from hypothesis import strategies as st

from slicewise.planning.capacity import NodeSize, PodSize, SharedPod, are_light_together, is_sound, is_sound_together
from tests.unit.planning.scheduler import Scheduler, Size
from tests.unit.planning.strategies import steady

Kind = tuple[int, int, int]
"""A pod: which GPU resource it has, how many units of it, and its CPUs."""


def _sizes(units: Sequence[int], cpus: int | None, places: int | None = None) -> list[NodeSize]:
    return [NodeSize(each, cpu=cpus, pods=places) for each in units]


def _rule(nodes: int, sizes: Sequence[NodeSize], pods: Counter[Kind]) -> bool:
    counted = {
        SharedPod(resource, sizes[resource].known_part(PodSize(units, cpu))): count
        for (resource, units, cpu), count in pods.items()
    }
    return is_sound_together(nodes, sizes, counted)


def _truth(nodes: int, units: Sequence[int], cpus: int | None, pods: Counter[Kind], places: int | None = None) -> bool:
    """Return whether no order of scheduling leaves a pod: each GPU resource is an amount, CPU and places are others."""

    def vector(kind: Kind) -> Size:
        resource, own, cpu = kind
        of_units = [own if number == resource else 0 for number in range(len(units))]
        return (*of_units, *([] if cpus is None else [cpu]), *([] if places is None else [1]))

    capacity = (*units, *([] if cpus is None else [cpus]), *([] if places is None else [places]))
    waiting: Counter[Size] = Counter()
    for kind, count in pods.items():
        waiting[vector(kind)] += count
    return Scheduler(nodes, capacity, waiting).always_finds_room()


def test_two_resources_and_cpus_exhaustively() -> None:
    accepted: Counter[bool] = Counter()
    for nodes, first, second, cpus in product((1, 2), (1, 2), (1, 2, 3), (2, 3, 5)):
        sizes = _sizes((first, second), cpus)
        kinds = [(0, 1, 1), (0, 1, 2), (1, 1, 1), (1, 1, 2), (1, 2, 2)]
        possible = [kind for kind in kinds if kind[1] <= (first, second)[kind[0]]]
        for count in range(1, 5):
            for pods in map(Counter, combinations_with_replacement(possible, count)):
                rule, truth = _rule(nodes, sizes, pods), _truth(nodes, (first, second), cpus, pods)
                assert truth or not rule, (nodes, first, second, cpus, pods)
                if len(pods) == 1:
                    assert rule == truth, (nodes, first, second, cpus, pods)
                elif truth:
                    accepted[rule] += 1
    # Safe, and not by refusing everything.
    assert accepted[True] > 3 * accepted[False]


def test_slices_of_three_profiles_and_whole_gpus_that_take_few_pods_exhaustively() -> None:
    """A node that takes fewer pods than it has units, as the kubelet does with its 110."""
    units = (2, 2, 1, 2)
    kinds = [(0, 1, 0), (1, 1, 0), (2, 1, 0), (3, 1, 0), (3, 2, 0)]
    accepted: Counter[bool] = Counter()
    for nodes, places in product((1, 2), (2, 3, 4)):
        sizes = _sizes(units, None, places)
        for count in range(1, 6):
            for pods in map(Counter, combinations_with_replacement(kinds, count)):
                rule, truth = _rule(nodes, sizes, pods), _truth(nodes, units, None, pods, places)
                assert truth or not rule, (nodes, places, pods)
                if truth and len(pods) > 1:
                    accepted[rule] += 1
    assert accepted[True] > accepted[False]


@st.composite
def _cases(draw: st.DrawFn) -> tuple[int, tuple[int, ...], int, Counter[Kind]]:
    """Draw a few nodes with two or three GPU resources and CPUs, and pods that could fit one by one."""
    units = tuple(draw(st.lists(st.integers(1, 4), min_size=2, max_size=3)))
    cpus = draw(st.integers(2, 9))
    kinds = st.integers(0, len(units) - 1).flatmap(
        lambda number: st.tuples(st.just(number), st.integers(1, units[number]), st.integers(0, cpus))
    )
    found = draw(st.lists(kinds, min_size=1, max_size=3, unique=True))
    return draw(st.integers(1, 3)), units, cpus, Counter({kind: draw(st.integers(1, 3)) for kind in found})


@steady
@given(_cases())
def test_what_the_rule_accepts_no_scheduling_breaks(case: tuple[int, tuple[int, ...], int, Counter[Kind]]) -> None:
    nodes, units, cpus, pods = case
    assert _truth(nodes, units, cpus, pods) or not _rule(nodes, _sizes(units, cpus), pods)


@steady
@given(_cases())
def test_fewer_pods_never_need_more(case: tuple[int, tuple[int, ...], int, Counter[Kind]]) -> None:
    nodes, units, cpus, pods = case
    if _rule(nodes, _sizes(units, cpus), pods):
        for kind in pods:
            assert _rule(nodes, _sizes(units, cpus), pods - Counter({kind: 1}))


@steady
@given(_cases())
def test_with_one_resource_it_is_the_rule_of_one(case: tuple[int, tuple[int, ...], int, Counter[Kind]]) -> None:
    nodes, units, cpus, pods = case
    mine = Counter({PodSize(own, cpu): count for (resource, own, cpu), count in pods.items() if resource == 0})
    alone = Counter({kind: count for kind, count in pods.items() if kind[0] == 0})
    assert _rule(nodes, _sizes(units, cpus), alone) == is_sound(nodes, NodeSize(units[0], cpu=cpus), mine)


def test_where_nothing_but_units_runs_out_each_resource_is_full_by_itself() -> None:
    """Sixteen slices of 4 CPUs and eight of 8 use 128 CPUs, which the node has."""
    sizes = _sizes((16, 8), 128)
    full = Counter({(0, 1, 4): 2 * 16, (1, 1, 8): 2 * 8})
    assert _rule(2, sizes, full)
    assert not _rule(2, sizes, full + Counter({(1, 1, 8): 1}))
    assert not _rule(2, sizes, full + Counter({(0, 1, 4): 1}))
    kinds = {SharedPod(0, PodSize(1, 4)): 1, SharedPod(1, PodSize(1, 8)): 1}
    assert are_light_together(sizes, kinds)
    assert not are_light_together(_sizes((16, 8), 127), kinds)
