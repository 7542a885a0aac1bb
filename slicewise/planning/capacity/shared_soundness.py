"""Whether every pod of nodes with several GPU resources can be scheduled, in whatever order kube-scheduler takes them.

Each GPU resource is there for its own pods alone; CPU, memory, disk, devices and places for pods are there once, for
the pods of all of them. A pod is blocked on a node that is short of its own GPU resource or of anything that is shared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from slicewise.planning.capacity.sizes import NodeSize, PodSize
from slicewise.planning.capacity.soundness import Blocker, blockable_nodes, blocker_of, is_sound


class SharedPod(NamedTuple):
    """Pods that are alike: the number of their GPU resource, and what one of them asks for."""

    resource: int
    size: PodSize


SharedPods = Mapping[SharedPod, int]
"""How many pods there are of each kind."""


def is_sound_together(nodes: int, sizes: Sequence[NodeSize], pods: SharedPods) -> bool:
    """Return whether `nodes` nodes take all `pods` in any order.

    Exact where all pods are alike, and where only units can run out and the pods of each resource are alike; otherwise
    it errs on the safe side.

    Args:
        nodes: How many there are.
        sizes: What one of them has, for each GPU resource with its units; all else is the same in each.
        pods: All that are to run there.
    """
    kinds = Counter({kind: count for kind, count in pods.items() if count > 0})
    resources = {kind.resource for kind in kinds}
    if len(resources) <= 1:
        return all(is_sound(nodes, sizes[number], _of(kinds, number)) for number in resources)
    if are_light_together(sizes, kinds):
        return are_sound_by_units(nodes, sizes, kinds)
    return all(sizes[kind.resource].most(kind.size) > 0 and _blockable(sizes, kind, kinds) < nodes for kind in kinds)


def are_sound_by_units(nodes: int, sizes: Sequence[NodeSize], kinds: SharedPods) -> bool:
    """Return the same for pods that are light together: each resource runs out by itself."""
    numbers = {kind.resource for kind in kinds}
    return all(is_sound(nodes, NodeSize(sizes[number].units), _units_of(kinds, number)) for number in numbers)


def are_light_together(sizes: Sequence[NodeSize], kinds: SharedPods) -> bool:
    """Return whether pods of these kinds never use up anything but units, however many of them are on a node."""
    return all(sum(_most_used(name, sizes, kinds).values()) <= has for name, has in sizes[0].limits()) and not any(
        sizes[kind.resource].lacking(kind.size) for kind in kinds
    )


def _most_used(name: str, sizes: Sequence[NodeSize], kinds: SharedPods, own: SharedPod | None = None) -> Counter[int]:
    """Return for each GPU resource how much of `name` its pods can use on a node, by the units that they can have.

    Where one node has `own` yet to come, only as many of its resource's units as leave room for it.
    """
    most: Counter[int] = Counter()
    for (resource, size), count in kinds.items():
        if count > 0:
            units = sizes[resource].units
            if own is not None and own.resource == resource:
                units -= own.size.units
            most[resource] = max(most[resource], units * size.of(name) // size.units)
    return most


def _of(kinds: SharedPods, number: int) -> Mapping[PodSize, int]:
    return {kind.size: count for kind, count in kinds.items() if kind.resource == number}


def _units_of(kinds: SharedPods, number: int) -> Mapping[PodSize, int]:
    found: Counter[PodSize] = Counter()
    for kind, count in kinds.items():
        if kind.resource == number:
            found[PodSize(kind.size.units)] += count
    return found


def _blockable(sizes: Sequence[NodeSize], kind: SharedPod, kinds: SharedPods) -> int:
    """Return an upper bound of the nodes that the other pods can block for one pod of a kind."""
    others = Counter(kinds)
    others[kind] -= 1
    return blockable_nodes(list(_blockers(sizes, kind, +others)), +others)


def _blockers(sizes: Sequence[NodeSize], kind: SharedPod, others: SharedPods) -> Iterator[Blocker[SharedPod]]:
    node = sizes[kind.resource]
    units = {other: other.size.units if other.resource == kind.resource else 0 for other in others}
    yield blocker_of(node.units, kind.size.units, units, others)
    for name, capacity in node.limits():
        need = kind.size.of(name)
        # What units keep the others from using up blocks no node that the units have not blocked already.
        if need and sum(_most_used(name, sizes, others, kind).values()) > capacity - need:
            yield blocker_of(capacity, need, {other: other.size.of(name) for other in others}, others)
