"""The design's rule of capacity (section 4), written a second time: slow, in plain lists, sharing no code with it.

Pods and nodes are tuples: GPU units, millicores, bytes. A pool that does not say what its nodes have has None there.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product

Pod = tuple[int, int, int]
Node = tuple[int, int | None, int | None]

_RESOURCES = (0, 1, 2)


def promised(nodes: int, node: Node, pods: list[Pod], reserved: int) -> bool:
    """Return whether the rule promises all `pods` a node, beside the `reserved` units."""
    if not reserved:
        return _sound(nodes, node, pods)
    return all(_sound(nodes, node, [*left, *_reserve(left, reserved)]) for left in _remainders(pods))


def _remainders(pods: list[Pod]) -> Iterator[list[Pod]]:
    """Yield the most that may be left of `pods` for each size that the largest of what is left can have."""
    for largest in product(*({pod[resource] for pod in pods} for resource in _RESOURCES)):
        left = [pod for pod in pods if all(pod[resource] <= largest[resource] for resource in _RESOURCES)]
        if left and _largest(left) == largest:
            yield left


def _largest(pods: list[Pod]) -> Pod:
    return (max(pod[0] for pod in pods), max(pod[1] for pod in pods), max(pod[2] for pod in pods))


def _reserve(pods: list[Pod], reserved: int) -> Iterator[Pod]:
    units, cpu, memory = _largest(pods)
    while reserved:
        yield (min(units, reserved), cpu, memory)
        reserved -= min(units, reserved)


def _sound(nodes: int, node: Node, pods: list[Pod]) -> bool:
    kinds = set(pods)
    fit = {pod: _fit(node, pod) for pod in kinds}
    if len(kinds) <= 1:
        return all(len(pods) <= nodes * fit[pod] for pod in kinds)
    for pod in kinds:
        others = list(pods)
        others.remove(pod)
        if not fit[pod] or sum(_blocked(node, pod, others, resource) for resource in _RESOURCES) >= nodes:
            return False
    return True


def _fit(node: Node, pod: Pod) -> int:
    count = 0
    while all(has is None or (count + 1) * need <= has for has, need in zip(node, pod, strict=True)):
        count += 1
    return count


def _blocked(node: Node, pod: Pod, others: list[Pod], resource: int) -> int:
    """Return how many nodes at most have too little of `resource` left for `pod`."""
    capacity = node[resource]
    if capacity is None:
        return 0
    room = capacity - pod[resource]
    if resource:
        # What runs on the units that may be used without blocking the node: does it ever use more than `room`?
        hungriest = max(Fraction(other[resource], other[0]) for other in others)
        if hungriest * (node[0] - pod[0]) <= room:
            return 0
    needs = [other[resource] for other in others]
    alone = sum(need > room for need in needs)
    small = [need for need in needs if need <= room]
    sums = {0}
    for need in small:
        sums |= {total + need for total in sums if total + need <= capacity}
    blocking = [total for total in sums if total > room]
    return alone + (sum(small) // min(blocking) if blocking else 0)
