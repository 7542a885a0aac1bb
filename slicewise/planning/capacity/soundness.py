"""Whether every pod of a pool can be scheduled, in whatever order kube-scheduler takes them.

kube-scheduler may put a pool's pods in any order on any node that fits. A pod stays Pending only if every node is
blocked for it, so the pool is sound when, for each pod, the other pods can block fewer nodes than there are. A node is
blocked when at least one of its resources is short. Two bounds of how many can be blocked are known, and the smaller
one counts: one resource at a time, added up; and each pod once, by its largest share in blocking a node.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from slicewise.planning.capacity.sizes import NodeSize, PodSize

KindT = TypeVar("KindT", bound=Hashable)
"""What pods that are alike are known by: their size, or their GPU resource and size."""


def is_sound(nodes: int, node: NodeSize, pods: Mapping[PodSize, int]) -> bool:
    """Return whether `nodes` nodes of size `node` take all `pods` (how many of each size) in any order.

    Exact where all pods are alike; otherwise it errs on the safe side.
    """
    kinds = _kinds(node, pods)
    if not kinds:
        return True
    if len(kinds) == 1:
        ((pod, count),) = kinds.items()
        return count <= nodes * node.most(pod)
    return all(node.most(pod) > 0 and _blockable(node, pod, kinds) < nodes for pod in kinds)


def fewest_nodes(node: NodeSize, pods: Mapping[PodSize, int], most: int) -> int | None:
    """Return how many nodes of size `node` are sound with `pods`; None where that takes more than `most`."""
    kinds = _kinds(node, pods)
    fewest = 0
    for pod, count in kinds.items():
        here = node.most(pod)
        if not here:
            return None
        needed = -(-count // here) if len(kinds) == 1 else _blockable(node, pod, kinds) + 1
        if needed > most:
            return None
        fewest = max(fewest, needed)
    return fewest


def is_sound_on(nodes: Mapping[NodeSize, int], pods: Mapping[PodSize, int]) -> bool:
    """Return whether nodes of several sizes (how many of each) take all `pods` in any order; the same rule.

    Exact where all nodes are alike and where all pods are; otherwise it errs on the safe side.
    """
    if len(nodes) == 1:
        ((node, count),) = nodes.items()
        return is_sound(count, node, pods)
    kinds = Counter({pod: count for pod, count in pods.items() if count > 0})
    if all(node.is_light(pod) for node in nodes for pod in kinds):
        kinds = Counter[PodSize]()
        for pod, count in pods.items():
            kinds[PodSize(pod.units)] += max(count, 0)
        kinds = +kinds
    if len(kinds) == 1:
        ((pod, number),) = kinds.items()
        return number <= sum(count * node.most(pod) for node, count in nodes.items())
    return all(_finds_a_node(nodes, pod, kinds) for pod in kinds)


def _finds_a_node(nodes: Mapping[NodeSize, int], pod: PodSize, kinds: Counter[PodSize]) -> bool:
    """Return whether the other pods cannot block every node for one pod of size `pod`."""
    for node, count in nodes.items():
        here = Counter({node.known_part(other): number for other, number in kinds.items()})
        if node.most(pod) and _blockable(node, node.known_part(pod), here) < count:
            return True
    others = Counter({other.units: 0 for other in kinds})
    for other, number in kinds.items():
        others[other.units] += number - (other == pod)
    if any(node.pods is not None for node in nodes) or any(other != PodSize(other.units) for other in kinds):
        return False
    # Units alone: to block a node takes at least so many of the others'.
    needed = 0
    for node, count in nodes.items():
        if node.units >= pod.units:
            least = smallest_sum(+others, node.units - pod.units + 1, node.units) if +others else None
            if least is None:
                return True
            needed += least * count
    return needed > sum(units * number for units, number in others.items())


def _kinds(node: NodeSize, pods: Mapping[PodSize, int]) -> Mapping[PodSize, int]:
    """Return the pods that there are; by their units alone where nothing else can run out first."""
    if not all(map(node.is_light, pods)):
        return {pod: count for pod, count in pods.items() if count > 0}
    kinds: dict[PodSize, int] = {}
    for pod, count in pods.items():
        if count > 0:
            size = PodSize(pod.units)
            kinds[size] = kinds.get(size, 0) + count
    return kinds


def _blockable(node: NodeSize, pod: PodSize, kinds: Mapping[PodSize, int]) -> int:
    """Return an upper bound of the nodes that the other pods can block for one pod of size `pod`."""
    others = {**kinds, pod: kinds[pod] - 1}
    return blockable_nodes(list(_blockers(node, pod, others)), others)


def blockable_nodes(blockers: Sequence[Blocker[KindT]], others: Mapping[KindT, int]) -> int:
    """Return an upper bound of the nodes that `others` (how many of each kind) block by any of some resources."""
    one_resource_at_a_time = sum(blocker.nodes(others) for blocker in blockers)
    if len(blockers) == 1:
        return one_resource_at_a_time
    # On a node that a resource blocks, the pods' shares in it add up to 1 or more; so do their largest shares.
    whole = math.prod(blocker.together or 1 for blocker in blockers)
    shares = sum(count * max(blocker.share(other, whole) for blocker in blockers) for other, count in others.items())
    return min(one_resource_at_a_time, shares // whole)


@dataclass(frozen=True, slots=True)
class Blocker(Generic[KindT]):
    """How other pods can leave too little of one resource on a node."""

    needs: Mapping[KindT, int]
    """What a pod of each kind takes of it."""
    least: int
    """A pod that needs so much blocks a node alone."""
    together: int | None
    """Smaller pods that block a node need at least so much in all; None if they cannot block one."""

    def nodes(self, others: Mapping[KindT, int]) -> int:
        """Return an upper bound of the nodes that the `others` block by this resource."""
        alone = sum(count for other, count in others.items() if self.needs[other] >= self.least)
        if self.together is None:
            return alone
        small = sum(self.needs[other] * count for other, count in others.items() if self.needs[other] < self.least)
        return alone + small // self.together

    def share(self, other: KindT, whole: int) -> int:
        """Return what part of blocking a node one pod does, in parts of `whole`."""
        if self.needs[other] >= self.least:
            return whole
        return self.needs[other] * (whole // self.together) if self.together else 0


def _blockers(node: NodeSize, pod: PodSize, others: Mapping[PodSize, int]) -> Iterator[Blocker[PodSize]]:
    yield blocker_of(node.units, pod.units, {other: other.units for other in others}, others)
    for name, capacity in node.limits():
        need, needs = pod.of(name), {other: other.of(name) for other in others}
        # A pod that takes nothing of a resource is never short of it.
        if need and not _units_run_out_first(node.units - pod.units, capacity - need, needs, others):
            yield blocker_of(capacity, need, needs, others)


def _units_run_out_first(
    free_units: int, free: int, needs: Mapping[PodSize, int], others: Mapping[PodSize, int]
) -> bool:
    """Return whether pods on a node with `free_units` units to spare can never use more than `free` of a resource.

    Such a resource blocks no node that the units have not blocked already, so it need not be counted.
    """
    return all(needs[other] * free_units <= free * other.units for other, count in others.items() if count)


def blocker_of(capacity: int, need: int, needs: Mapping[KindT, int], others: Mapping[KindT, int]) -> Blocker[KindT]:
    """Return how `others` can leave less than `need` of a resource of which a node has `capacity`."""
    least = capacity - need + 1
    small: dict[int, int] = {}
    for other, count in others.items():
        size = needs[other]
        if count > 0 and 0 < size < least:
            small[size] = small.get(size, 0) + count
    return Blocker(needs, least, smallest_sum(small, least, capacity))


# Beyond so many steps between 0 and a node's capacity, such as 2 TiB in MiB, the sums themselves are gone through.
_MAX_STEPS = 1 << 16
# Three sizes on a node of 8 GPUs have 165 sums, two on one of 16 slices 153. More make plans of large fleets slow.
_MAX_SUMS = 256


def smallest_sum(sizes: Mapping[int, int], low: int, high: int) -> int | None:
    """Return the smallest sum of some of `sizes` (how many of each) within `low`..`high`, or None if there is none.

    Where the sizes have no useful common divisor and many sums it returns a lower bound instead, which is as safe.
    """
    total = sum(size * count for size, count in sizes.items())
    if total < low:
        return None
    step = math.gcd(*sizes)
    if high // step > _MAX_STEPS:
        return _smallest_of_few(sizes, low, high)
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


def _smallest_of_few(sizes: Mapping[int, int], low: int, high: int) -> int | None:
    sums = {0}
    for size, count in sizes.items():
        sums = {base + size * number for base in sums for number in range(min(count, (high - base) // size) + 1)}
        if len(sums) > _MAX_SUMS:
            return low
    return min((each for each in sums if each >= low), default=None)
