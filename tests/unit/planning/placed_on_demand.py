"""Every order of pods and every choice of places on GPUs that are cut on demand, tried out on small nodes.

Places are those of `nvidia-smi mig -lgipp` (NVIDIA MIG User Guide), written down here again: nothing is taken from the
catalogue.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

SEVEN_SLICES: Mapping[str, tuple[int, tuple[int, ...]]] = {
    "1g": (1, (0, 1, 2, 3, 4, 5, 6)),
    "1g+me": (1, (0, 1, 2, 3, 4, 5, 6)),
    "1g double": (2, (0, 2, 4, 6)),
    "2g": (2, (0, 2, 4)),
    "3g": (4, (0, 4)),
    "4g": (4, (0,)),
    "7g": (8, (0,)),
}
"""Memory slices and first memory slices on A100 and H100."""
FOUR_SLICES: Mapping[str, tuple[int, tuple[int, ...]]] = {
    "1g": (1, (0, 1, 2, 3)),
    "1g+me": (1, (0, 1, 2, 3)),
    "2g": (2, (0, 2)),
    "4g": (4, (0,)),
}
"""The same on A30."""


class AskedSlice(NamedTuple):
    """A pod: the profile of its one slice, and its CPUs."""

    profile: str
    cpu: int = 0


class _Node(NamedTuple):
    gpus: tuple[tuple[int, bool], ...]
    """The memory slices that are taken on each, and whether its media extensions are, sorted."""
    cpu: int


def always_placed(
    board: Mapping[str, tuple[int, tuple[int, ...]]], nodes: int, gpus: int, pods: Counter[AskedSlice], cpu: int = 0
) -> bool:
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


def _with_one_more(
    board: Mapping[str, tuple[int, tuple[int, ...]]], state: tuple[_Node, ...], kind: AskedSlice
) -> Iterator[tuple[_Node, ...]]:
    size, starts = board[kind.profile]
    media = kind.profile.endswith("+me")
    for place, node in enumerate(state):
        if node.cpu < kind.cpu:
            continue
        for number, (taken, has_media) in enumerate(node.gpus):
            if media and has_media:
                continue
            for start in starts:
                mine = ((1 << size) - 1) << start
                if not taken & mine:
                    gpu = (taken | mine, has_media or media)
                    changed = _Node(
                        tuple(sorted((*node.gpus[:number], gpu, *node.gpus[number + 1 :]))), node.cpu - kind.cpu
                    )
                    yield tuple(sorted((*state[:place], changed, *state[place + 1 :])))
