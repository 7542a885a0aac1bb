"""kube-scheduler in small: every way in which it may place some pods, one after another, on nodes that are alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Size = tuple[int, ...]
"""An amount of each resource."""


class Scheduler:
    """Explores all schedulings of `pods` (how many of each size) on `nodes` nodes that each have `capacity`."""

    def __init__(self, nodes: int, capacity: Size, pods: Mapping[Size, int]) -> None:
        self._sizes: Sequence[Size] = sorted(size for size, count in pods.items() if count)
        self._empty = (capacity,) * nodes
        self._counts = tuple(pods[size] for size in self._sizes)
        self.states = 0

    def always_finds_room(self) -> bool:
        """Return whether no order of pods and no choice of nodes ever leaves a pod that fits nowhere."""
        seen = set()
        todo = [(self._empty, self._counts)]
        while todo:
            state = todo.pop()
            if state in seen:
                continue
            seen.add(state)
            self.states += 1
            free, waiting = state
            for index, size in enumerate(self._sizes):
                if not waiting[index]:
                    continue
                # Nodes with the same room left are one and the same to the scheduler.
                fitting = [node for node in set(free) if all(f >= s for f, s in zip(node, size, strict=True))]
                if not fitting:
                    return False
                fewer = (*waiting[:index], waiting[index] - 1, *waiting[index + 1 :])
                todo += [(_without(free, node, size), fewer) for node in fitting]
        return True


def _without(free: tuple[Size, ...], node: Size, size: Size) -> tuple[Size, ...]:
    """Return the room left on all nodes once a pod of `size` is on `node`, in an order that depends on nothing else."""
    others = list(free)
    others.remove(node)
    return tuple(sorted([*others, tuple(f - s for f, s in zip(node, size, strict=True))]))
