"""Every order of pods and every choice of places on GPUs that are cut on demand, tried out on small nodes.

Places are those of `nvidia-smi mig -lgipp` (NVIDIA MIG User Guide), written down here again: nothing is taken from the
catalogue.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from random import Random
from typing import NamedTuple

Board = Mapping[str, tuple[int, tuple[int, ...]]]
"""How many memory slices an instance of each profile takes, and which it may begin at."""
WHOLE = "whole"
"""A GPU without slices, where the board has it as a profile; a pod may have several."""
SEVEN_SLICES: Board = {
    "1g": (1, (0, 1, 2, 3, 4, 5, 6)),
    "1g+me": (1, (0, 1, 2, 3, 4, 5, 6)),
    "1g double": (2, (0, 2, 4, 6)),
    "2g": (2, (0, 2, 4)),
    "3g": (4, (0, 4)),
    "4g": (4, (0,)),
    "7g": (8, (0,)),
}
"""Memory slices and first memory slices on A100 and H100."""
FOUR_SLICES: Board = {
    "1g": (1, (0, 1, 2, 3)),
    "1g+me": (1, (0, 1, 2, 3)),
    "2g": (2, (0, 2)),
    "2g+me": (2, (0, 2)),
    "4g": (4, (0,)),
}
"""The same on A30."""


class AskedSlice(NamedTuple):
    """A pod: the profile of its slice, its CPUs, and how many it has: more than one of whole GPUs only."""

    profile: str
    cpu: int = 0
    slices: int = 1


class _Node(NamedTuple):
    gpus: tuple[tuple[int, bool], ...]
    """The memory slices that are taken on each, and whether its media extensions are, sorted."""
    cpu: int


def always_placed(board: Board, nodes: int, gpus: int, pods: Counter[AskedSlice], cpu: int = 0) -> bool:
    """Return whether every pod finds a place, whatever the order of pods and whichever free places they get.

    Args:
        board: The places of each profile.
        nodes: How many there are.
        gpus: GPUs of a node.
        pods: How many there are of each kind.
        cpu: CPUs of a node.
    """
    empty = tuple(_Node(tuple((0, False) for _ in range(gpus)), cpu) for _ in range(nodes))
    kinds = tuple(sorted(pods))
    waiting = [(empty, tuple(pods[kind] for kind in kinds))]
    seen = set(waiting)
    while waiting:
        state, left = waiting.pop()
        for number, kind in enumerate(kinds):
            if not left[number]:
                continue
            rest = (*left[:number], left[number] - 1, *left[number + 1 :])
            after = set(_with_one_more(board, state, kind))
            if not after:
                return False
            for found in {(each, rest) for each in after} - seen:
                seen.add(found)
                waiting.append(found)
    return True


def _with_one_more(board: Board, state: tuple[_Node, ...], kind: AskedSlice) -> Iterator[tuple[_Node, ...]]:
    """Yield every state after one pod more, each node and GPU in an order that depends on nothing else."""
    for place, node in enumerate(state):
        if node.cpu >= kind.cpu:
            for gpus in _with_slices(board, node.gpus, kind.profile, kind.slices):
                changed = _Node(gpus, node.cpu - kind.cpu)
                yield tuple(sorted((*state[:place], changed, *state[place + 1 :])))


def _with_slices(
    board: Board, gpus: tuple[tuple[int, bool], ...], profile: str, count: int
) -> Iterator[tuple[tuple[int, bool], ...]]:
    if not count:
        yield gpus
        return
    size, starts = board[profile]
    media = profile.endswith("+me")
    for number, (taken, has_media) in enumerate(gpus):
        if media and has_media:
            continue
        for start in starts:
            mine = ((1 << size) - 1) << start
            if not taken & mine:
                after = (*gpus[:number], (taken | mine, has_media or media), *gpus[number + 1 :])
                yield from _with_slices(board, tuple(sorted(after)), profile, count - 1)


def placed_in_order(
    board: Board, nodes: int, gpus: int, order: Iterable[AskedSlice], cpu: int, rng: Random
) -> AskedSlice | None:
    """Return the first pod that finds no place when pods come in an order and get any of the free places."""
    state = tuple(_Node(tuple((0, False) for _ in range(gpus)), cpu) for _ in range(nodes))
    for pod in order:
        after = list(_with_one_more(board, state, pod))
        if not after:
            return pod
        state = rng.choice(after)
    return None
