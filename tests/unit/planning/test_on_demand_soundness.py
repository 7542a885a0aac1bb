"""GPUs that are cut on demand against every order of pods and every choice of places, on nodes small enough for all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slicewise.mig import on_demand_gpu
from slicewise.planning.capacity import NodeSize, OnDemandNode, PodSize, SharedPod, is_sound_on_demand
from tests.unit.planning.placed_on_demand import FOUR_SLICES, SEVEN_SLICES, WHOLE, AskedSlice, Board, always_placed
from tests.unit.planning.strategies import steady

A30 = {"1g": "1g.6gb", "1g+me": "1g.6gb+me", "2g": "2g.12gb", "2g+me": "2g.12gb+me", "4g": "4g.24gb"}
A100 = {
    "1g": "1g.5gb",
    "1g+me": "1g.5gb+me",
    "1g double": "1g.10gb",
    "2g": "2g.10gb",
    "3g": "3g.20gb",
    "4g": "4g.20gb",
    "7g": "7g.40gb",
}
H100 = {
    "1g": "1g.10gb",
    "1g+me": "1g.10gb+me",
    "1g double": "1g.20gb",
    "2g": "2g.20gb",
    "3g": "3g.40gb",
    "4g": "4g.40gb",
    "7g": "7g.80gb",
}
BOARDS: Mapping[str, tuple[Board, Mapping[str, str]]] = {
    "a30": (FOUR_SLICES, A30),
    "a100-40gb": (SEVEN_SLICES, A100),
    "h100-80gb": ({**SEVEN_SLICES, WHOLE: (8, (0,))}, H100),
}
MOST = {"1g": 7, "1g+me": 1, "1g double": 4, "2g": 3, "3g": 2, "4g": 1, "7g": 1}
"""Slices of one profile on a board with seven: NVIDIA MIG User Guide, Supported MIG Profiles."""


def rule(gpu: str, nodes: int, gpus: int, pods: Counter[AskedSlice], cpu: int | None = None) -> bool:
    """Return whether the rule accepts the pods on nodes of some GPUs, and CPUs where these count."""
    _, names = BOARDS[gpu]
    present = sorted({pod.profile for pod in pods})
    board = on_demand_gpu(gpu, tuple(names.get(each) for each in present))
    sizes = [NodeSize(gpus * profile.per_gpu, cpu=cpu) for profile in board.profiles]
    counted = {
        SharedPod(present.index(pod.profile), PodSize(pod.slices, 0 if cpu is None else pod.cpu)): count
        for pod, count in pods.items()
    }
    return is_sound_on_demand(nodes, OnDemandNode(gpus, board, sizes), counted)


def splits(count: int, parts: int) -> Iterator[tuple[int, ...]]:
    """Yield the ways to write a number as a sum of so many that are not 0."""
    for cuts in combinations(range(1, count), parts - 1):
        yield tuple(end - start for start, end in zip((0, *cuts), (*cuts, count), strict=True))


@pytest.mark.parametrize("profile", SEVEN_SLICES)
def test_one_profile_fills_every_gpu_and_no_more(profile: str) -> None:
    for nodes, gpus in ((1, 1), (2, 1), (1, 2), (3, 1)):
        most = nodes * gpus * MOST[profile]
        assert rule("a100-40gb", nodes, gpus, Counter({AskedSlice(profile): most}))
        assert not rule("a100-40gb", nodes, gpus, Counter({AskedSlice(profile): most + 1}))
        if nodes * gpus < 3:
            assert always_placed(SEVEN_SLICES, nodes, gpus, Counter({AskedSlice(profile): most}))


@pytest.mark.parametrize("gpu", ["a30", "a100-40gb"])
def test_two_profiles_exhaustively_and_exactly(gpu: str) -> None:
    board, names = BOARDS[gpu]
    accepted: Counter[bool] = Counter()
    for profiles in combinations(names, 2):
        for nodes, gpus in ((1, 1), (1, 2), (2, 1)):
            for count in range(2, 6):
                for split in splits(count, 2):
                    pods = Counter(dict(zip(map(AskedSlice, profiles), split, strict=True)))
                    found = rule(gpu, nodes, gpus, pods)
                    assert found == always_placed(board, nodes, gpus, pods), (profiles, nodes, gpus, split)
                    accepted[found] += 1
    assert accepted[True] > 40
    assert accepted[False] > 40


@pytest.mark.long
@pytest.mark.parametrize(("gpu", "shapes"), [("a30", ((1, 2), (2, 1), (1, 3))), ("a100-40gb", ((1, 2), (2, 1)))])
def test_three_profiles_exhaustively(gpu: str, shapes: tuple[tuple[int, int], ...]) -> None:
    board, names = BOARDS[gpu]
    accepted: Counter[tuple[bool, bool]] = Counter()
    for profiles in combinations(names, 3):
        for nodes, gpus in shapes:
            for split in (each for count in range(3, 6) for each in splits(count, 3)):
                pods = Counter(dict(zip(map(AskedSlice, profiles), split, strict=True)))
                found, truth = rule(gpu, nodes, gpus, pods), always_placed(board, nodes, gpus, pods)
                assert truth or not found, (profiles, nodes, gpus, split)
                accepted[found, truth] += 1
    # Safe, and of what never gets stuck nothing is refused.
    assert accepted[False, True] == 0
    assert accepted[True, True] > 20


def test_a_slice_at_the_wrong_place_blocks_half_a_gpu() -> None:
    """H100: 3g.40gb begins at 0 or 4. Two of 1g.10gb leave it no place on one GPU, and 4g.40gb is blocked by one."""
    small, large, largest = AskedSlice("1g"), AskedSlice("3g"), AskedSlice("4g")
    assert rule("h100-80gb", 1, 1, Counter({large: 1, small: 1}))
    assert not rule("h100-80gb", 1, 1, Counter({large: 1, small: 2}))
    assert rule("h100-80gb", 1, 2, Counter({large: 1, small: 3}))
    assert not rule("h100-80gb", 1, 2, Counter({large: 1, small: 4}))
    assert not rule("h100-80gb", 1, 1, Counter({largest: 1, small: 1}))
    assert rule("h100-80gb", 1, 2, Counter({largest: 1, small: 1}))


def test_one_gpu_has_one_slice_with_media_extensions() -> None:
    media = AskedSlice("1g+me")
    assert rule("h100-80gb", 1, 2, Counter({media: 2}))
    assert not rule("h100-80gb", 1, 2, Counter({media: 3}))


def test_pods_with_whole_gpus_need_those_that_nobody_is_on() -> None:
    small = AskedSlice("1g")
    for gpus in (2, 3):
        for count in range(1, gpus + 1):
            for others in range(3):
                pods = Counter({AskedSlice(WHOLE, 0, count): 1, small: others})
                board = BOARDS["h100-80gb"][0]
                assert rule("h100-80gb", 1, gpus, pods) == always_placed(board, 1, gpus, pods), (gpus, count, others)


Case = tuple[str, int, int, int, Counter[AskedSlice]]
"""A GPU model, nodes, GPUs and CPUs of a node, and pods."""


@st.composite
def _cases(draw: st.DrawFn) -> Case:
    """Draw a few nodes with one or two GPUs and CPUs, and pods of up to three profiles that could fit one by one."""
    gpu = draw(st.sampled_from(("a30", "a100-40gb")))
    cpu = draw(st.integers(2, 9))
    kinds = st.builds(AskedSlice, st.sampled_from(sorted(BOARDS[gpu][1])), st.integers(0, cpu), st.just(1))
    found = draw(st.lists(kinds, min_size=1, max_size=3, unique=True))
    nodes, gpus = draw(st.sampled_from(((1, 1), (1, 2), (2, 1), (3, 1))))
    return gpu, nodes, gpus, cpu, Counter({kind: draw(st.integers(1, 2)) for kind in found})


@steady
@given(_cases())
def test_what_the_rule_accepts_no_order_and_no_choice_breaks(
    case: tuple[str, int, int, int, Counter[AskedSlice]],
) -> None:
    gpu, nodes, gpus, cpu, pods = case
    assert always_placed(BOARDS[gpu][0], nodes, gpus, pods, cpu) or not rule(gpu, nodes, gpus, pods, cpu)


@steady
@given(_cases())
def test_fewer_pods_never_need_more(case: Case) -> None:
    gpu, nodes, gpus, cpu, pods = case
    if rule(gpu, nodes, gpus, pods, cpu):
        for kind in pods:
            left = pods - Counter({kind: 1})
            assert not left or rule(gpu, nodes, gpus, left, cpu)


def test_where_cpus_never_run_out_they_cost_nothing() -> None:
    """Two H100s hold at most 14 pods of 4 CPUs, or 2 of 8 and 8 of 4 of them."""
    pods = Counter({AskedSlice("1g", 4): 2, AskedSlice("3g", 8): 2})
    assert rule("h100-80gb", 1, 2, pods, cpu=56)
    assert rule("h100-80gb", 1, 2, pods)
    assert not rule("h100-80gb", 1, 2, pods, cpu=20)
