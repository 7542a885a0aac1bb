"""One node pool while a plan is made: what it has, and what has been promised."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction

from slicewise.documents import (
    ModelDeployment,
    ModelSpec,
    NodePool,
    PoolOffer,
    ServingProfile,
    gpus_per_unit,
    offered_as,
)
from slicewise.planning.capacity.declared_sizes import deployment_asks, node_size, pod_asks
from slicewise.planning.capacity.no_room import NodeTooSmall, TooFewPods, too_few_units
from slicewise.planning.capacity.sizes import NodeSize, PodAsks, PodSize
from slicewise.planning.capacity.soundness import fewest_nodes, is_sound
from slicewise.planning.plan import PoolUsage
from slicewise.planning.reasons import Reason


class PoolLedger:
    """A pool's capacity and the pods charged to it. The only thing that changes while a plan is made."""

    def __init__(self, environment: str, pool: NodePool, node: NodeSize | None = None) -> None:
        """Take a pool with nothing on it, and what one of its `node`s has where that is known already."""
        self.environment = environment
        self.pool = pool
        self.resource = pool.resource
        self.node = node or node_size(pool)
        self.units = self.node.units * pool.nodes
        """Units of all nodes."""
        self.allocated = 0
        """Units charged to placements."""
        self.free = max(self.units - pool.reserved_units, 0)
        """Units neither allocated nor reserved."""
        self.charges = 0
        """How often something was charged: as long as it is the same, nothing has changed."""
        self._pods: Counter[PodSize] = Counter()
        self._smallest = self._largest = 0
        # What has been asked since the last charge.
        self._taken: dict[tuple[PodSize, int], bool] = {}
        self._most: dict[PodSize, int] = {}
        self._no_room: dict[tuple[PodSize, int], Reason | None] = {}
        # Adding pods never makes room, so an earlier answer is an upper bound.
        self._at_most: dict[PodSize, int] = {}

    @property
    def name(self) -> str:
        """The pool's name."""
        return self.pool.name

    @property
    def pods(self) -> Counter[PodSize]:
        """The pods that are charged: how many of each size."""
        return self._pods

    @property
    def beside(self) -> Sequence[PoolLedger]:
        """The ledgers of other GPU resources of the same nodes: none, unless these are cut in several profiles."""
        return ()

    @property
    def shares_nodes(self) -> bool:
        """Whether the pods of other GPU resources take anything that these pods need."""
        return False

    @property
    def mixes(self) -> bool:
        """Whether pods of one size leave more to others on one pool than on another as large."""
        return False

    def pod_size(self, model: ModelSpec, profile: ServingProfile, deployment: ModelDeployment) -> PodSize:
        """Return what one pod of `deployment`, which serves `model` with `profile`, asks of this pool's nodes."""
        if not self.node.limited:
            # Only units count where a document says nothing else of its nodes.
            return PodSize(profile.replica_topology.gpus_per_node)
        return self.node.size_of(pod_asks(model, profile, deployment_asks(deployment)))

    def takes(self, pod: PodSize, count: int) -> bool:
        """Return whether `count` more pods can all be scheduled, whatever the order.

        What a pool takes it also takes in part: fewer pods never leave less room.
        """
        if count == 0:
            # None are there yet, and one that may come must not be impossible.
            return not self.node.lacking(pod)
        if count * pod.units > self.free:
            return False
        if self._alike(pod):
            return count <= self.most(pod)
        answer = self._taken.get((pod, count))
        if answer is None:
            answer = self._taken[pod, count] = self._sound(self._with(pod, count))
        return answer

    def least_nodes(self, pod: PodSize, count: int, most: int) -> int | None:
        """Return a number of nodes without which `count` more pods do not fit; None where not even `most` are enough.

        With so many they do fit, where the nodes offer one GPU resource.
        """
        if count == 0:
            return None if self.node.lacking(pod) else 0
        least = -(-(self.allocated + self.pool.reserved_units + count * pod.units) // self.node.units)
        if least > most:
            return None
        for ways in self._with_reserved(self._with(pod, count)):
            enough = self._least_of(ways, most)
            if enough is None:
                return None
            least = max(least, enough)
        return least

    def _least_of(self, ways: Iterable[Mapping[PodSize, int]], most: int) -> int | None:
        """Return how many nodes it takes for pods in the best of several ways; None where that is more than `most`."""
        found = (fewest_nodes(self.node, pods, most) for pods in ways)
        return min((nodes for nodes in found if nodes is not None), default=None)

    def has_room_to_roll(self, pod: PodSize) -> bool:
        """Return whether one more pod can be scheduled when the reserved units are used for it."""
        return self._holds(self.node, self._with(pod, 1))

    def charge(self, pod: PodSize, count: int) -> None:
        """Promise room for `count` pods; with a negative count, take a promise back."""
        before = self._pods.get(pod, 0)
        if before + count:
            self._pods[pod] = before + count
        else:
            self._pods.pop(pod, None)
        if not (before and before + count):
            sizes = [each.units for each in self._pods]
            self._smallest, self._largest = min(sizes, default=0), max(sizes, default=0)
        self.allocated += count * pod.units
        self.free = max(self.units - self.allocated - self.pool.reserved_units, 0)
        self.forget(better=count < 0)

    def forget(self, *, better: bool) -> None:
        """Forget answers that have changed; `better` where there may be more room now."""
        self.charges += 1
        self._taken.clear()
        self._most.clear()
        self._no_room.clear()
        if better:
            self._at_most.clear()

    def charge_all(self, pods: Iterable[tuple[PodSize, int]]) -> bool:
        """Promise room for `pods` (a size and how many) in turn; return whether all of them fit."""
        for pod, count in pods:
            if not self.takes(pod, count):
                return False
            self.charge(pod, count)
        return True

    def without(self, pods: Iterable[tuple[PodSize, int]]) -> PoolLedger:
        """Return a copy in which these pods are not charged."""
        other = PoolLedger(self.environment, self.pool, self.node)
        for pod, count in self._pods.items():
            other.charge(pod, count)
        for pod, count in pods:
            other.charge(pod, -count)
        return other

    def emptied(self, pool: NodePool) -> PoolLedger:
        """Return a ledger of `pool`, with nothing charged but what has the other GPU resources of the same nodes.

        Args:
            pool: The pool of this ledger with another number of nodes, or of units that are reserved.
        """
        return PoolLedger(self.environment, pool, self.node)

    def mixing(self, pod: PodSize) -> int:
        """Return how much a pod of this size would mix sizes, which costs room: 0 not at all, 1 the pool is empty.

        More than that: the ratio of the largest size to the smallest, so 2 and 1 units mix better than 8 and 1.
        """
        if not self._pods:
            return 1
        if self._smallest == self._largest == pod.units:
            return 0
        return 1 + -(-max(self._largest, pod.units) // min(self._smallest, pod.units))

    def no_room(self, pod: PodSize, count: int) -> Reason | None:
        """Return in numbers why `count` more pods do not fit; None where they do."""
        return self._too_few_units(count * pod.units) or self._no_room_but_units(pod, count)

    def no_room_for(self, asks: PodAsks, count: int) -> Reason | None:
        """Return the same of pods of which it is known what they ask for."""
        return self._too_few_units(count * asks.units) or self._no_room_but_units(self.node.size_of(asks), count)

    def _too_few_units(self, needs: int) -> Reason | None:
        return too_few_units(self.free, self.units, needs) if self.free < needs else None

    def _no_room_but_units(self, pod: PodSize, count: int) -> Reason | None:
        key = (pod, count)
        if key not in self._no_room:
            self._no_room[key] = None if self.takes(pod, count) else self._find_no_room(pod, count)
        return self._no_room[key]

    def _find_no_room(self, pod: PodSize, count: int) -> Reason:
        if self.node.lacking(pod):
            return NodeTooSmall(self.free, self.units, pod, self.node)
        return TooFewPods(self.free, self.units, pod, self.most(pod), count, self.node, self.short_of(pod, count))

    def short_of(self, pod: PodSize, count: int) -> tuple[str, ...]:
        """Return the fewest resources beside units, by Kubernetes' names, without whose limits `count` pods would fit.

        None are if it is units that are short, or the order of scheduling that costs them.
        """
        gone = [name for name, _ in self.node.limits()]
        pods = self._with(pod, count)
        if not gone or not self._sound_without(gone, pods):
            return ()
        for name in tuple(gone):
            others = [each for each in gone if each != name]
            if self._sound_without(others, pods):
                gone = others
        return tuple(gone)

    def most(self, pod: PodSize) -> int:
        """Return how many more pods of this size the pool takes."""
        known = self._most.get(pod)
        if known is None:
            known = self._most[pod] = self._at_most[pod] = self._find_most(pod)
        return known

    def _find_most(self, pod: PodSize) -> int:
        room = self.pool.nodes * self.node.most(pod)
        if self._alike(pod):
            return max(room - sum(self._pods.values()) - self.pool.reserved_units // pod.units, 0)
        low, high = 0, min(room, self.free // pod.units, self._at_most.get(pod, room))
        if self.takes(pod, high):
            return high
        high -= 1
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self.takes(pod, middle) else (low, middle - 1)
        return low

    def _alike(self, pod: PodSize) -> bool:
        """Return whether all pods are of this size, the reserved units too, so that counting them is exact."""
        if self.pool.reserved_units % pod.units:
            return False
        if all(each == pod for each in self._pods):
            return True
        light = self.node.is_light(pod) and all(self.node.is_light(each) for each in self._pods)
        return light and all(each.units == pod.units for each in self._pods)

    def usage(self) -> PoolUsage:
        """Return how full the pool is."""
        return PoolUsage(
            environment=self.environment,
            node_pool=self.pool.name,
            resource=self.resource,
            units_per_node=self.node.units,
            nodes=self.pool.nodes,
            allocated=self.allocated,
            reserved=self.pool.reserved_units,
            units_per_gpu=self._units_per_gpu(),
            short=self._short(),
            is_one_of_several=offered_as(self.pool) is not None,
        )

    def _units_per_gpu(self) -> int | Fraction:
        if isinstance(self.pool, PoolOffer):
            return 1 / gpus_per_unit(self.pool)
        return self.node.units // self.pool.accelerator_count

    def _short(self) -> tuple[str, ...]:
        if not (self.node.limited and self._pods):
            return ()
        smallest = min(self._pods)
        free = self.free >= smallest.units
        return self.short_of(smallest, 1) if free and not self.takes(smallest, 1) else ()

    def _with(self, pod: PodSize, count: int) -> Mapping[PodSize, int]:
        """Return the pods that are charged, and `count` more of one size."""
        return {**self._pods, pod: self._pods.get(pod, 0) + count}

    def _holds(self, node: NodeSize, pods: Mapping[PodSize, int]) -> bool:
        """Return whether nodes of a size take `pods` in any order."""
        return is_sound(self.pool.nodes, node, pods)

    def _sound(self, pods: Mapping[PodSize, int]) -> bool:
        return all(any(self._holds(self.node, those) for those in ways) for ways in self._with_reserved(pods))

    def _sound_without(self, resources: Iterable[str], pods: Mapping[PodSize, int]) -> bool:
        """Return whether `pods` would find room if nodes never ran out of these resources."""
        node, gone = self.node.without(resources), frozenset(resources)
        rest = Counter[PodSize]()
        for pod, count in pods.items():
            rest[pod.without(gone)] += count
        return all(any(self._holds(node, those) for those in ways) for ways in self._with_reserved(rest))

    def _with_reserved(self, pods: Mapping[PodSize, int]) -> Iterator[Iterator[Mapping[PodSize, int]]]:
        """Yield `pods` with the reserved units, as pods of the largest size on the pool; in several ways where odd.

        What remains is one pod of any size that holds it. One way must do: less in reserve never takes more room.

        Any of the `pods` may go and leave a smaller one as the largest. What is left then, with the reserved units cut
        to its size, must find room too: otherwise removing one deployment would push out another.
        """
        reserved = self.pool.reserved_units
        if not reserved:
            yield iter([pods])
            return
        # What other people's pods ask for is unknown, so they count as the largest of ours in every resource.
        for largest in _largest_of_any(pods):
            left = Counter({pod: number for pod, number in pods.items() if pod.or_more(largest) == largest})
            whole, rest = divmod(reserved, largest.units)
            left[largest] += whole
            remainders = range(rest, largest.units + 1) if rest else [0]
            yield (left + Counter({largest._replace(units=size): 1 if size else 0}) for size in remainders)


def _largest_of_any(pods: Iterable[PodSize]) -> Iterable[PodSize]:
    """Return the largest, in every resource, of each choice of `pods`; each size once."""
    found: dict[PodSize, None] = {}
    for pod in pods:
        found |= dict.fromkeys([pod, *(pod.or_more(each) for each in found)])
    return found
