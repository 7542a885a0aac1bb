"""The rule of capacity of docs/placement.md, written a second time: slow, in plain lists, sharing no code with it.

Pods and nodes are tuples of amounts: units of each GPU resource, of which a pod asks for one, then whatever else is
counted. A node has None where a pool does not say what its nodes have.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import product

Pod = tuple[int, ...]
Node = tuple[int | None, ...]


def promised(nodes: int, node: Node, pods: list[Pod], reserved: int) -> bool:
    """Return whether the rule promises all `pods` a node, beside the `reserved` units."""
    if not reserved:
        return _sound(nodes, node, pods)
    return all(
        any(_sound(nodes, node, [*left, *others]) for others in _reserves(left, reserved)) for left in _remainders(pods)
    )


def promised_of_several(nodes: int, node: Node, pods: list[Pod], reserved: Sequence[int]) -> bool:
    """Return the same of nodes with several GPU resources, of each of which so many units are reserved."""
    held = [pod for place, count in enumerate(reserved) for pod in _held(place, count, len(reserved), pods)]
    together = [*pods, *held]
    return _sound(nodes, node, together, len(reserved))


def _held(place: int, count: int, gpus: int, pods: list[Pod]) -> list[Pod]:
    """Return the pods for which reserved slices count: each as large as the largest that asks for such slices."""
    same = [pod for pod in pods if pod[place]]
    own = tuple(int(other == place) for other in range(gpus))
    return [(*own, *_largest(same)[gpus:])] * count if same else []


def _remainders(pods: list[Pod]) -> Iterator[list[Pod]]:
    """Yield the most that may be left of `pods` for each size that the largest of what is left can have."""
    for largest in product(*map(set, zip(*pods, strict=True))):
        left = [pod for pod in pods if all(need <= most for need, most in zip(pod, largest, strict=True))]
        if left and _largest(left) == largest:
            yield left


def _largest(pods: list[Pod]) -> Pod:
    return tuple(map(max, zip(*pods, strict=True)))


def _reserves(pods: list[Pod], reserved: int) -> Iterator[list[Pod]]:
    """Yield the ways to hold the `reserved` units: largest pods, and one of any size that holds what remains."""
    units, *more = _largest(pods)
    whole = [(units, *more)] * (reserved // units)
    if reserved % units == 0:
        yield whole
    else:
        for size in range(reserved % units, units + 1):
            yield [*whole, (size, *more)]


def _sound(nodes: int, node: Node, pods: list[Pod], gpus: int = 1) -> bool:
    # Many deployments ask the same of a pool.
    return _sound_in_any_order(nodes, node, tuple(sorted(pods)), gpus)


@lru_cache(maxsize=10_000)
def _sound_in_any_order(nodes: int, node: Node, pods: tuple[Pod, ...], gpus: int) -> bool:
    kinds = Counter(pods)
    fit = {pod: _fit(node, pod) for pod in kinds}
    if len(kinds) <= 1:
        return all(len(pods) <= nodes * fit[pod] for pod in kinds)
    return all(fit[pod] and _most_blocked(node, pod, kinds - Counter([pod]), gpus) < nodes for pod in kinds)


def _most_blocked(node: Node, pod: Pod, others: Counter[Pod], gpus: int) -> int:
    """Return the smaller of two bounds: resource by resource, and each pod once by its largest share in a node."""
    resources = [_shares(node, pod, others, resource, gpus) for resource in range(len(node))]
    apart = sum(
        sum(count for other, count in others.items() if shares[other] == 1)
        + int(sum(shares[other] * count for other, count in others.items() if shares[other] < 1))
        for shares in resources
    )
    together = int(sum(max(shares[other] for shares in resources) * count for other, count in others.items()))
    return min(apart, together)


def _fit(node: Node, pod: Pod) -> int:
    count = 0
    while all(has is None or (count + 1) * need <= has for has, need in zip(node, pod, strict=True)):
        count += 1
    return count


def _shares(node: Node, pod: Pod, others: Counter[Pod], resource: int, gpus: int) -> dict[Pod, Fraction]:
    """Return which part of leaving too little of `resource` for `pod` on a node each kind of the `others` can do."""
    none = dict.fromkeys(others, Fraction(0))
    capacity = node[resource]
    if capacity is None or not pod[resource]:
        return none
    room = capacity - pod[resource]
    # What runs on the units that may be used without blocking the node: does it ever use more than `room`?
    left = [(node[place] or 0) - pod[place] for place in range(gpus)]
    most = sum(_hungriest(place, resource, others) * units for place, units in enumerate(left))
    if resource >= gpus and most <= room:
        return none
    sums = {0}
    for other in others.elements():
        need = other[resource]
        if need <= room:
            sums |= {total + need for total in sums if total + need <= capacity}
    least = min((total for total in sums if total > room), default=None)
    alone = {other: Fraction(1) for other in others if other[resource] > room}
    return none | ({other: Fraction(other[resource], least) for other in others} if least else {}) | alone


def _hungriest(place: int, resource: int, pods: Iterable[Pod]) -> Fraction:
    """Return the most of `resource` that one unit of the GPU resource at `place` comes with."""
    return max((Fraction(pod[resource], pod[place]) for pod in pods if pod[place]), default=Fraction(0))
