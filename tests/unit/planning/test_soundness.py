"""The rule of capacity against every scheduling that there is, on pools small enough to try them all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations_with_replacement, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slicewise.planning.capacity.sizes import NodeSize, PodSize, extended_amounts
from slicewise.planning.capacity.soundness import fewest_nodes, is_sound, smallest_sum
from tests.unit.planning.capacity_rule import promised
from tests.unit.planning.scheduler import Scheduler, Size
from tests.unit.planning.strategies import steady

# What is counted, in the order of this test's tuples: units, CPU, memory, pods, disk, and a device that some pods use.
_RESOURCES = 6
_PODS = 3


def _pod(size: Size) -> PodSize:
    units, cpu, memory, _, storage, devices = (*size, *(0,) * (_RESOURCES - len(size)))
    return PodSize(units, cpu, memory, storage, extended_amounts({"rdma/ib": devices}))


def _node(capacity: Sequence[int | None]) -> NodeSize:
    padded: list[int | None] = [*capacity, *[None] * (_RESOURCES - len(capacity))]
    units, cpu, memory, pods, storage, devices = padded
    assert units is not None
    return NodeSize(units, cpu, memory, pods, storage, () if devices is None else (("rdma/ib", devices),))


def _pods(sizes: Counter[Size]) -> dict[PodSize, int]:
    return {_pod(size): count for size, count in sizes.items()}


def _multisets(sizes: Sequence[Size], most: int) -> Iterator[Counter[Size]]:
    for count in range(1, most + 1):
        yield from map(Counter, combinations_with_replacement(sizes, count))


def _judge(nodes: int, capacity: Size, pods: Counter[Size]) -> tuple[bool, bool]:
    """Return what the rule says and what is so."""
    rule = is_sound(nodes, _node(capacity), _pods(pods))
    return rule, Scheduler(nodes, capacity, pods).always_finds_room()


def test_units_alone_exhaustively() -> None:
    mixed = Counter[str]()
    for nodes, units in product(range(1, 4), range(1, 7)):
        for pods in _multisets([(size,) for size in range(1, units + 1)], 6):
            rule, truth = _judge(nodes, (units,), pods)
            assert truth or not rule, (nodes, units, pods)
            if len(pods) == 1:
                assert rule == truth, (nodes, units, pods)
            elif truth:
                mixed["accepted" if rule else "refused"] += 1
    # Safe, and not by refusing everything: what the rule gives away of mixed pools may only become less.
    assert mixed["refused"] <= 7
    assert mixed["accepted"] >= 500


def test_units_and_cpu_exhaustively() -> None:
    for nodes, units, cpus in product(range(1, 4), range(1, 5), range(1, 6)):
        sizes = [(unit, cpu) for unit in range(1, min(units, 3) + 1) for cpu in range(1, min(cpus, 3) + 1)]
        for pods in _multisets(sizes, 4):
            rule, truth = _judge(nodes, (units, cpus), pods)
            assert truth or not rule, (nodes, units, cpus, pods)
            if len(pods) == 1:
                assert rule == truth, (nodes, units, cpus, pods)


def test_units_pods_and_a_device_exhaustively() -> None:
    """Nodes that take few pods, and pods of which only some ask for the device."""
    refused = Counter[bool]()
    for nodes, units, places, devices in product(range(1, 4), range(1, 5), range(1, 4), range(1, 3)):
        capacity = (units, None, None, places, None, devices)
        sizes = [(unit, 0, 0, 1, 0, device) for unit in range(1, min(units, 3) + 1) for device in range(devices + 1)]
        for pods in _multisets(sizes, 4):
            rule = is_sound(nodes, _node(capacity), _pods(pods))
            truth = Scheduler(
                nodes, (units, places, devices), Counter({(a, c, d): n for (a, _, _, c, _, d), n in pods.items()})
            ).always_finds_room()
            assert truth or not rule, (nodes, capacity, pods)
            if len(pods) == 1:
                assert rule == truth, (nodes, capacity, pods)
            elif truth:
                refused[not rule] += 1
    # Safe, and not by refusing everything.
    assert refused[True] * 5 < refused[False]


@pytest.mark.parametrize("size", range(1, 9))
@pytest.mark.parametrize("nodes", range(1, 4))
def test_equal_sizes_are_exact_so_no_slice_is_wasted(nodes: int, size: int) -> None:
    units = 8
    most = nodes * (units // size)
    for count in (most, most + 1):
        rule, truth = _judge(nodes, (units,), Counter({(size,): count}))
        assert rule == truth == (count == most)


@st.composite
def _cases(draw: st.DrawFn) -> tuple[int, Size, Counter[Size]]:
    """Draw a few nodes with units and other resources, and pods that could fit one by one."""
    resources = draw(st.integers(1, _RESOURCES))
    capacity = tuple(draw(st.integers(2, 9)) for _ in range(resources))
    least = (1, 1, 1, 1, 1, 0)
    size = st.tuples(
        *(st.just(1) if number == _PODS else st.integers(least[number], most) for number, most in enumerate(capacity))
    )
    sizes = draw(st.lists(size, min_size=1, max_size=3, unique=True))
    pods = Counter({size: draw(st.integers(1, 3)) for size in sizes})
    return draw(st.integers(1, 4)), capacity, pods


@steady
@given(_cases())
def test_what_the_rule_accepts_no_scheduling_breaks(case: tuple[int, Size, Counter[Size]]) -> None:
    nodes, capacity, pods = case
    rule, truth = _judge(nodes, capacity, pods)
    assert truth or not rule


@steady
@given(_cases())
def test_the_rule_is_the_one_that_is_documented(case: tuple[int, Size, Counter[Size]]) -> None:
    nodes, capacity, pods = case
    expected = promised(nodes, capacity, list(pods.elements()), 0)
    assert is_sound(nodes, _node(capacity), _pods(pods)) is expected


@steady
@given(_cases())
def test_fewer_pods_never_need_more(case: tuple[int, Size, Counter[Size]]) -> None:
    nodes, capacity, pods = case
    if is_sound(nodes, _node(capacity), _pods(pods)):
        for size in pods:
            assert is_sound(nodes, _node(capacity), _pods(pods - Counter({size: 1})))


@steady
@given(_cases())
def test_the_fewest_nodes_are_the_first_number_that_is_enough(case: tuple[int, Size, Counter[Size]]) -> None:
    _, capacity, pods = case
    node, asked, most = _node(capacity), _pods(pods), pods.total()
    # A node for each pod is enough, if any number is.
    enough = next((nodes for nodes in range(most + 1) if is_sound(nodes, node, asked)), None)
    assert fewest_nodes(node, asked, most) == enough
    if enough:
        assert fewest_nodes(node, asked, enough - 1) is None


def test_no_pods_always_fit() -> None:
    assert is_sound(0, NodeSize(8), {})
    assert is_sound(0, NodeSize(8), {PodSize(1): 0})
    assert not is_sound(0, NodeSize(8), {PodSize(1): 1})


def test_two_sizes_that_a_count_of_units_would_accept() -> None:
    # 8 + 4 x 2 = 16 units on 16, but two small pods on different nodes leave no node for the large one.
    assert not is_sound(2, NodeSize(8), {PodSize(8): 1, PodSize(2): 4})
    assert is_sound(2, NodeSize(8), {PodSize(8): 1, PodSize(2): 1})


def test_cpu_decides_where_it_is_known() -> None:
    # 56 slices a node, 4 CPUs a pod: 188 CPUs take 47 of them.
    node = NodeSize(56, 188_000)
    pod = PodSize(1, 4_000)
    assert node.most(pod) == 47
    assert is_sound(2, node, {pod: 94})
    assert not is_sound(2, node, {pod: 95})
    assert is_sound(2, NodeSize(56), {PodSize(1): 112})


def test_a_node_of_56_slices_that_takes_30_pods_gets_30() -> None:
    node = NodeSize(56, pods=30)
    assert is_sound(1, node, {PodSize(1): 30})
    assert not is_sound(1, node, {PodSize(1): 31})
    # Their CPUs differ and never run out, so they are as good as alike.
    node = NodeSize(56, cpu=188_000, pods=30)
    assert is_sound(2, node, {PodSize(1, 1_000): 20, PodSize(1, 2_000): 40})
    assert not is_sound(2, node, {PodSize(1, 1_000): 21, PodSize(1, 2_000): 40})


def test_pods_without_the_device_leave_it_to_those_that_ask_for_it() -> None:
    node = NodeSize(8, extended=(("rdma/ib", 1),))
    with_device, without = PodSize(8, extended=(("rdma/ib", 1),)), PodSize(8)
    assert is_sound(3, node, {with_device: 2, without: 1})
    assert not is_sound(3, node, {with_device: 2, without: 2})
    assert not is_sound(3, NodeSize(16, extended=(("rdma/ib", 1),)), {with_device: 4})


def test_disk_decides_where_it_is_known() -> None:
    node = NodeSize(8, storage=1_000 * 2**30)
    assert is_sound(2, node, {PodSize(1, storage=300 * 2**30): 6})
    assert not is_sound(2, node, {PodSize(1, storage=300 * 2**30): 7})


def test_cpu_that_no_node_can_run_out_of_costs_no_slices() -> None:
    # Pods of different CPU, and enough for 56 of the largest: the slices are all used.
    pods = {PodSize(1, 1_000): 50, PodSize(1, 2_000): 62}
    assert is_sound(2, NodeSize(56, 112_000), pods)
    assert not is_sound(2, NodeSize(56, 112_000), {**pods, PodSize(1, 1_000): 51})


def test_a_pod_larger_than_a_node_is_never_promised_one() -> None:
    assert not is_sound(9, NodeSize(8, 4_000), {PodSize(1, 5_000): 1})
    assert not is_sound(9, NodeSize(8, 4_000), {PodSize(1, 5_000): 1, PodSize(1, 1_000): 1})
    assert not is_sound(9, NodeSize(4), {PodSize(8): 1, PodSize(1): 1})


@steady
@given(
    st.dictionaries(st.integers(1, 12), st.integers(1, 4), max_size=3),
    st.integers(1, 20),
    st.integers(0, 12),
    st.sampled_from([1, 15 * 2**20, 2**40 + 1]),
)
def test_the_smallest_sum_is_the_smallest(sizes: dict[int, int], low: int, width: int, more: int) -> None:
    """Also of amounts whose common divisor is small beside what a node has."""
    sizes = {size * more + 1: count for size, count in sizes.items()}
    low, high = low * more, (low + width) * more
    sums = {0}
    for size, count in sizes.items():
        sums = {total + size * times for total in sums for times in range(count + 1)}
    expected = min((total for total in sums if low <= total <= high), default=None)
    assert smallest_sum(sizes, low, high) == expected


def test_models_in_images_cost_no_room_on_nodes_of_much_memory() -> None:
    # KServe's container of such a model takes 15 MiB (docs/placement.md). Three of the large ones block a node of
    # 100 GiB for a fourth, six pods block one, and a second is there.
    large, small = (PodSize(1, memory=gib * 2**30 + 15 * 2**20) for gib in (30, 8))
    node = NodeSize(8, memory=100 * 2**30)
    assert is_sound(2, node, {large: 6, small: 1})
    assert not is_sound(2, node, {large: 7, small: 1})


def test_many_byte_exact_sizes_give_a_lower_bound_of_their_sum() -> None:
    sizes = {10**9 + 7: 3, 10**9 + 9: 3}
    assert smallest_sum(sizes, 2 * 10**9, 10**10) == 2 * (10**9 + 7)
    many = {10**9 + 2**n: 3 for n in range(12)}
    assert smallest_sum(many, 2 * 10**9, 10**10) == 2 * 10**9
    # The divisor they share is what counts, not their magnitude.
    assert smallest_sum({3 * 2**30: 3, 5 * 2**30: 1}, 7 * 2**30, 64 * 2**30) == 8 * 2**30
