"""One GPU resource of a pool whose nodes offer several, while a plan is made: the rest of a node is there for all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

from slicewise.documents import NodePool
from slicewise.planning.capacity.pool_ledger import PoolLedger
from slicewise.planning.capacity.shared_soundness import (
    SharedPod,
    are_light_together,
    are_sound_by_units,
    is_sound_together,
)
from slicewise.planning.capacity.sizes import NodeSize, PodSize


def link(offers: Sequence[OfferLedger]) -> None:
    """Let the ledgers of all resources of a pool know each other."""
    light = _LightKinds([each.node for each in offers])
    for number, each in enumerate(offers):
        each.join(offers, number, light)
        each.told = each.others


class OfferLedger(PoolLedger):
    """Its units are its own; CPU, memory and all else of a node are there once, for the pods of every resource."""

    def join(self, offers: Sequence[OfferLedger], number: int, light: _LightKinds) -> None:
        """Take the ledgers of all resources of the pool, of which this one has a number."""
        self._offers, self._number, self._light = offers, number, light
        self._sizes = light.sizes
        self.others = [each for each in offers if each is not self]
        """The ledgers of the other GPU resources of the same nodes."""
        self.told: Sequence[OfferLedger] = ()
        """Those of them to which it makes a difference what is charged here: none, for a pool that is tried out."""
        self.kinds: AbstractSet[SharedPod] = frozenset()
        """The pods that are charged, each size once; none where nothing but units can run out."""

    @property
    def shares_nodes(self) -> bool:
        """Whether the pods of the other resources take anything that these pods need."""
        return self.node.limited

    @property
    def beside(self) -> Sequence[PoolLedger]:
        """The ledgers of the other GPU resources of the same nodes."""
        return self.others

    def charge(self, pod: PodSize, count: int) -> None:
        """Promise room for `count` pods; with a negative count, take a promise back."""
        sizes = len(self.pods)
        super().charge(pod, count)
        if not self.shares_nodes:
            return
        if len(self.pods) != sizes:
            self.kinds = frozenset(SharedPod(self._number, each) for each in self.pods)
        for each in self.told:
            each.forget(better=count < 0)

    def without(self, pods: Iterable[tuple[PodSize, int]]) -> PoolLedger:
        """Return a copy in which these pods of this resource are not charged."""
        copies = [type(each)(each.environment, each.pool) for each in self._offers]
        link(copies)
        for copy, each in zip(copies, self._offers, strict=True):
            for pod, count in each.pods.items():
                copy.charge(pod, count)
        mine = copies[self._number]
        for pod, count in pods:
            mine.charge(pod, -count)
        return mine

    def emptied(self, pool: NodePool) -> PoolLedger:
        """Return a ledger of `pool`, as if it were the one of this resource: the others stay as they are."""
        other = type(self)(self.environment, pool)
        other.join([other if each is self else each for each in self._offers], self._number, self._light)
        return other

    def _least_of(self, ways: Iterable[Mapping[PodSize, int]], most: int) -> int | None:  # noqa: ARG002 - not counted
        """Return that no number is known: the pods of the other resources take a part of every node."""
        return 0

    def _alike(self, pod: PodSize) -> bool:
        """Return whether counting units is exact: nobody else is there, or nothing but units can run out."""
        kinds = [each.kinds for each in self.others if each.kinds]
        if not kinds:
            return super()._alike(pod)
        if self.pool.reserved_units % pod.units or self.mixing(pod) > 1:
            return False
        return self._light.covers({SharedPod(self._number, pod)}, self.kinds, *kinds)

    def _holds(self, node: NodeSize, pods: Mapping[PodSize, int]) -> bool:
        """Return whether nodes of a size take `pods` of this resource beside those of the others, in any order."""
        if not self.shares_nodes:
            return super()._holds(node, pods)
        gone = {name for name, _ in self.node.limits()} - {name for name, _ in node.limits()}
        together = self._together(pods, gone)
        if not gone and self._light.covers(together.keys()):
            return are_sound_by_units(self.pool.nodes, self._sizes, together)
        return is_sound_together(self.pool.nodes, [each.without(gone) for each in self._sizes], together)

    def _together(self, pods: Mapping[PodSize, int], gone: AbstractSet[str] = frozenset()) -> Counter[SharedPod]:
        """Return `pods` of this resource and those of all others, with what these reserve.

        Of the others' without what they ask for of some resources, which `pods` do not have either.
        """
        found = Counter({SharedPod(self._number, pod): count for pod, count in pods.items()})
        for number, each in enumerate(self._offers):
            if each is not self:
                for pod, count in each.with_reserved_slices().items():
                    found[SharedPod(number, pod.without(gone) if gone else pod)] += count
        return found

    def with_reserved_slices(self) -> Counter[PodSize]:
        """Return the pods of this resource, and for each reserved slice one that is as large as any of them.

        What other people's pods ask for is unknown. Where none of ours is on the resource, it is left open, and nothing
        is charged: the slices themselves are kept.
        """
        pods = Counter(self.pods)
        if pods and self.pool.reserved_units:
            largest, *rest = pods
            for each in rest:
                largest = largest.or_more(each)
            pods[largest._replace(units=1)] += self.pool.reserved_units
        return pods


class _LightKinds:
    """Pods of which any number on a node uses up nothing but units: what is known of them is not computed again.

    Pods in place of reserved slices, which are as large as the largest on their resource, need not be among them.
    """

    def __init__(self, sizes: Sequence[NodeSize]) -> None:
        self.sizes = sizes
        self._known: AbstractSet[SharedPod] = frozenset()

    def covers(self, *some: AbstractSet[SharedPod]) -> bool:
        """Return whether pods of all these kinds are light together."""
        if all(kinds <= self._known for kinds in some):
            return True
        kinds = frozenset[SharedPod]().union(*some)
        for larger in (self._known | kinds, kinds):
            if are_light_together(self.sizes, dict.fromkeys(larger, 1)):
                self._known = larger
                return True
        return False
