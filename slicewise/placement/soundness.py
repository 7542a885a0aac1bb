"""Whether every pod of a pool can be scheduled, in whatever order kube-scheduler takes them.

kube-scheduler may put a pool's pods in any order on any node that fits. A pod stays Pending only if every node is
blocked for it, so the pool is sound when, for each pod, the other pods can block fewer nodes than there are. How many
they can block at most is bounded one resource at a time, and the bounds are added: a node is blocked when at least one
of its resources is short.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple


class PodSize(NamedTuple):
    """What one pod asks for: GPU units, millicores and bytes (0 where the pool does not say what its nodes have)."""

    units: int
    cpu: int = 0
    memory: int = 0


@dataclass(frozen=True, slots=True)
class NodeSize:
    """What one node offers: GPU units, and millicores and bytes where known."""

    units: int
    cpu: int | None = None
    memory: int | None = None

    def less(self, pod: PodSize, count: int) -> NodeSize:
        """Return what is left beside `count` pods of size `pod`."""
        return NodeSize(
            self.units - count * pod.units,
            None if self.cpu is None else self.cpu - count * pod.cpu,
            None if self.memory is None else self.memory - count * pod.memory,
        )


def is_sound(nodes: int, node: NodeSize, pods: Mapping[PodSize, int]) -> bool:
    """Return whether `nodes` nodes of size `node` take all `pods` (how many of each size) in any order.

    Exact where all pods are alike; otherwise it errs on the safe side (design, section 4).
    """
    kinds = Counter({pod: count for pod, count in pods.items() if count > 0})
    if not kinds:
        return True
    if len(kinds) == 1:
        ((pod, count),) = kinds.items()
        return count <= nodes * fit_on_empty_node(node, pod)
    return all(fit_on_empty_node(node, pod) > 0 and _blockable(node, pod, kinds) < nodes for pod in kinds)


def fit_on_empty_node(node: NodeSize, pod: PodSize) -> int:
    """Return how many pods of size `pod` one empty node takes."""
    return min(capacity // need for capacity, need in _resources(node, pod) if need)


def _resources(node: NodeSize, pod: PodSize) -> list[tuple[int, int]]:
    """Return (capacity, need) of every resource that is known: GPU units, CPU, memory."""
    pairs = ((node.units, pod.units), (node.cpu, pod.cpu), (node.memory, pod.memory))
    return [(capacity, need) for capacity, need in pairs if capacity is not None]


def _blockable(node: NodeSize, pod: PodSize, kinds: Counter[PodSize]) -> int:
    """Return an upper bound of the nodes that the other pods can block for one pod of size `pod`."""
    others = Counter(kinds)
    others[pod] -= 1
    by_units = Counter({other.units: 0 for other in others})
    for other, count in others.items():
        by_units[other.units] += count
    blocked = _blocked_nodes(node.units, pod.units, by_units)
    for capacity, need, needs in (
        (node.cpu, pod.cpu, {other: other.cpu for other in others}),
        (node.memory, pod.memory, {other: other.memory for other in others}),
    ):
        if capacity is None or _units_run_out_first(node.units - pod.units, capacity - need, needs, others):
            continue
        by_need: Counter[int] = Counter()
        for other, count in others.items():
            by_need[needs[other]] += count
        blocked += _blocked_nodes(capacity, need, by_need)
    return blocked


def _units_run_out_first(
    free_units: int, free: int, needs: Mapping[PodSize, int], others: Mapping[PodSize, int]
) -> bool:
    """Return whether pods on a node with `free_units` units to spare can never use more than `free` of a resource.

    Such a resource blocks no node that the units have not blocked already, so it need not be counted.
    """
    return all(needs[other] * free_units <= free * other.units for other, count in others.items() if count)


def _blocked_nodes(capacity: int, need: int, others: Mapping[int, int]) -> int:
    """Return an upper bound of the nodes with less than `need` left, given the `others` (how many of each need).

    A pod that needs more than `capacity - need` blocks a node alone. Smaller ones block it together, and what they use
    there is at least the smallest sum of their needs in that range.
    """
    least = capacity - need + 1
    alone = sum(count for size, count in others.items() if size >= least)
    small = {size: count for size, count in others.items() if 0 < size < least and count > 0}
    together = smallest_sum(small, least, capacity)
    if together is None:
        return alone
    return alone + sum(size * count for size, count in small.items()) // together


# Beyond so many steps between 0 and a node's capacity the exact sum is not worth its cost (a byte-exact memory size).
_MAX_STEPS = 1 << 16


def smallest_sum(sizes: Mapping[int, int], low: int, high: int) -> int | None:
    """Return the smallest sum of some of `sizes` (how many of each) within `low`..`high`, or None if there is none.

    Where the sizes have no useful common divisor it returns a lower bound instead, which is as safe.
    """
    total = sum(size * count for size, count in sizes.items())
    if total < low:
        return None
    step = math.gcd(*sizes)
    if high // step > _MAX_STEPS:
        return low
    low_step, high_step = -(-low // step), high // step
    reachable = 1  # bit i: some of the sizes add up to i steps
    mask = (1 << (high_step + 1)) - 1
    for size, count in sizes.items():
        for _ in range(min(count, high // size)):
            grown = reachable | (reachable << (size // step)) & mask
            if grown == reachable:
                break
            reachable = grown
    within = reachable >> low_step
    if not within:
        return None
    lowest_bit = (within & -within).bit_length() - 1
    return (low_step + lowest_bit) * step
