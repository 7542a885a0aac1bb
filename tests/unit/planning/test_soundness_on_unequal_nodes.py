"""Soundness on nodes of several sizes, against every way in which a scheduler could put the pods."""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slicewise.planning.capacity.sizes import NodeSize, PodSize
from slicewise.planning.capacity.soundness import is_sound, is_sound_on


@cache
def may_wait(free: tuple[int, ...], pods: tuple[int, ...]) -> bool:
    """Return whether some order and some choice of nodes leaves a pod without one: all of them are tried."""
    for index, pod in enumerate(pods):
        if index and pods[index - 1] == pod:
            continue
        fitting = [number for number, units in enumerate(free) if units >= pod]
        if not fitting:
            return True
        rest = pods[:index] + pods[index + 1 :]
        for number in fitting:
            left = sorted((*free[:number], free[number] - pod, *free[number + 1 :]))
            if may_wait(tuple(left), rest):
                return True
    return False


@settings(max_examples=300, deadline=None)
@given(st.lists(st.integers(0, 6), min_size=1, max_size=4), st.lists(st.integers(1, 4), min_size=1, max_size=5))
def test_what_is_called_sound_never_leaves_a_pod_waiting(free: list[int], pods: list[int]) -> None:
    sound = is_sound_on(Counter(NodeSize(units) for units in free), Counter(PodSize(units) for units in pods))
    if sound:
        assert not may_wait(tuple(sorted(free)), tuple(sorted(pods)))
    elif len(set(pods)) == 1:
        # All alike: the rule is exact.
        assert may_wait(tuple(sorted(free)), tuple(sorted(pods)))


@pytest.mark.parametrize(("count", "sound"), [(10, True), (47, True), (48, False)])
def test_nodes_that_have_lost_a_unit_each(count: int, sound: bool) -> None:
    nodes = {NodeSize(16): 2, NodeSize(15): 1}
    assert is_sound_on(nodes, {PodSize(1): count}) is sound


def test_two_nodes_with_seven_gpus_take_no_pod_of_eight() -> None:
    assert not is_sound_on({NodeSize(7): 2}, {PodSize(8): 1})
    assert is_sound_on({NodeSize(7): 2, NodeSize(8): 1}, {PodSize(8): 1})


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 4), st.integers(1, 8), st.dictionaries(st.integers(1, 4), st.integers(1, 4), min_size=1))
def test_nodes_that_are_alike_are_judged_as_the_planner_does(nodes: int, units: int, pods: dict[int, int]) -> None:
    sizes = {PodSize(size): count for size, count in pods.items()}
    assert is_sound_on({NodeSize(units): nodes}, sizes) == is_sound(nodes, NodeSize(units), sizes)


def test_cpus_that_run_out_before_units() -> None:
    """Two nodes of 8 units, with 64 and 32 CPUs: six pods of 16 CPUs, not seven."""
    nodes = {NodeSize(8, cpu=64_000): 1, NodeSize(8, cpu=32_000): 1}
    assert is_sound_on(nodes, {PodSize(1, cpu=16_000): 6})
    assert not is_sound_on(nodes, {PodSize(1, cpu=16_000): 7})
