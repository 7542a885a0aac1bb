"""Whether every pod of nodes whose GPUs are cut on demand can be scheduled, in whatever order and wherever slices go.

A pod may get any free place of its profile on any GPU of a node, and keeps it. It stays Pending only if every node is
blocked for it: none of the node's GPUs has a place left, or the node is short of CPU, memory or whatever else is there
once. How many GPUs the other pods can block follows from the places that each profile has (`OnDemandGpu.weights`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from slicewise.mig import OnDemandGpu
from slicewise.planning.capacity.shared_soundness import SharedPod, SharedPods
from slicewise.planning.capacity.sizes import NodeSize, PodSize
from slicewise.planning.capacity.soundness import Blocker, blockable_nodes, blocker_of


@dataclass(frozen=True)
class OnDemandNode:
    """A node whose GPUs are cut on demand."""

    gpus: int
    """How many it has."""
    gpu: OnDemandGpu
    """Each of them."""
    sizes: Sequence[NodeSize]
    """What the node has, for each profile of the GPU with the most slices of it; all else is the same in each."""


def is_sound_on_demand(nodes: int, node: OnDemandNode, pods: SharedPods) -> bool:
    """Return whether `nodes` nodes take all `pods`, in any order and wherever their slices go.

    Exact where all pods are alike; otherwise it errs on the safe side.

    Args:
        nodes: How many there are.
        node: What one of them has.
        pods: All that are to run there, each with one slice of the profile whose number it has, or with whole GPUs.
    """
    kinds = Counter({kind: count for kind, count in pods.items() if count > 0})
    short = [] if _never_short(node, kinds) else [name for name, _ in node.sizes[0].limits()]
    if not short:
        kinds = _by_units(kinds)
    if len(kinds) == 1:
        ((kind, count),) = kinds.items()
        return count <= nodes * node.sizes[kind.resource].most(kind.size)
    return all(
        node.sizes[kind.resource].most(kind.size) > 0 and _blockable(node, kind, kinds, short) < nodes for kind in kinds
    )


def _never_short(node: OnDemandNode, kinds: SharedPods) -> bool:
    """Return whether slices run out before anything else on every node, however many pods of these kinds are on it."""
    size = node.sizes[0]
    if not size.limited:
        return True
    if any(node.sizes[kind.resource].lacking(kind.size) for kind in kinds):
        return False
    present = sorted({kind.resource for kind in kinds})
    cuts = node.gpu.cuts(present)
    for name, has in size.limits():
        most = [
            max(Fraction(kind.size.of(name), kind.size.units) for kind in kinds if kind.resource == each)
            for each in present
        ]
        if max(sum(count * each for count, each in zip(cut, most, strict=True)) for cut in cuts) * node.gpus > has:
            return False
    return True


def _by_units(kinds: SharedPods) -> Counter[SharedPod]:
    found: Counter[SharedPod] = Counter()
    for kind, count in kinds.items():
        found[SharedPod(kind.resource, PodSize(kind.size.units))] += count
    return found


def _blockable(node: OnDemandNode, kind: SharedPod, kinds: SharedPods, short: Sequence[str]) -> int:
    """Return an upper bound of the nodes that the other pods can block for one pod of a kind.

    Args:
        node: What a node has.
        kind: What the pod asks for.
        kinds: All pods, that one among them.
        short: What may run out besides slices, by Kubernetes' names.
    """
    others = Counter(kinds)
    others[kind] -= 1
    others = +others
    rest = list(_blockers(node, kind, others, short))
    return min(blockable_nodes([slices, *rest], others) for slices in _blockers_by_slices(node, kind, others))


def _blockers_by_slices(node: OnDemandNode, kind: SharedPod, others: SharedPods) -> Iterator[Blocker[SharedPod]]:
    """Yield how others can take the last place on a node's GPUs: by each of the weights that slices may be given."""
    present = sorted({other.resource for other in others})
    found = False
    for weights in node.gpu.weights(present, kind.resource):
        found = True
        of_each = dict(zip(present, weights.of_each, strict=True))
        needs = {other: of_each[other.resource] * other.size.units for other in others}
        # A pod with several GPUs, all whole, needs as many that nobody is on.
        whole = weights.whole * (node.gpus - kind.size.units + 1)
        yield Blocker(needs, whole, whole)
    if not found:
        yield Blocker(dict.fromkeys(others, 0), 1, None)


def _blockers(
    node: OnDemandNode, kind: SharedPod, others: SharedPods, short: Sequence[str]
) -> Iterator[Blocker[SharedPod]]:
    limits: Mapping[str, int] = dict(node.sizes[0].limits())
    for name in short:
        if need := kind.size.of(name):
            yield blocker_of(limits[name], need, {other: other.size.of(name) for other in others}, others)
