"""One node pool while a plan is made: what it has, and what has been promised."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import product

from slicewise.mig import find_gpu_model
from slicewise.placement.plan import PoolUsage
from slicewise.placement.soundness import NodeSize, PodSize, fit_on_empty_node, is_sound
from slicewise.spec import ModelSpec, NodePool, ServingProfile
from slicewise.spec.quantity import GIB


def units_per_gpu(pool: NodePool) -> int:
    """Return how many allocation units one physical GPU of `pool` is: its slices, or 1.

    The catalogue decides; `slicesPerGpu` only where it does not know the profile (validation has made sure).
    """
    if pool.mig is None or pool.mig.profile is None:
        return 1
    if pool.mig.slices_per_gpu is not None:
        return pool.mig.slices_per_gpu
    known = find_gpu_model(pool.accelerator_type).profile(pool.mig.profile)
    if known is None:
        message = f"{pool.mig.profile} on {pool.accelerator_type} passed validation without a slice count"
        raise AssertionError(message)
    return known.per_gpu


class PoolState:
    """A pool's capacity and the pods charged to it. The only thing that changes while a plan is made."""

    def __init__(self, environment: str, pool: NodePool) -> None:
        self.environment = environment
        self.pool = pool
        allocatable = pool.allocatable
        self.node = NodeSize(
            units=pool.accelerator_count * units_per_gpu(pool),
            cpu=allocatable.cpu.millis if allocatable.cpu else None,
            memory=allocatable.memory.bytes if allocatable.memory else None,
        )
        self._pods: Counter[PodSize] = Counter()
        self._taken: dict[tuple[PodSize, int], bool] = {}  # what `takes` has answered since the last charge

    @property
    def name(self) -> str:
        """The pool's name."""
        return self.pool.name

    @property
    def units(self) -> int:
        """Units of all nodes."""
        return self.node.units * self.pool.nodes

    @property
    def allocated(self) -> int:
        """Units charged to placements."""
        return sum(pod.units * count for pod, count in self._pods.items())

    @property
    def free(self) -> int:
        """Units neither allocated nor reserved."""
        return max(self.units - self.allocated - self.pool.reserved_units, 0)

    def pod_size(self, model: ModelSpec, profile: ServingProfile) -> PodSize:
        """Return what one pod of `model` asks of this pool's nodes."""
        return PodSize(
            units=profile.replica_topology.gpus_per_node,
            cpu=model.resources.cpu.millis if self.node.cpu is not None else 0,
            memory=model.resources.memory.bytes if self.node.memory is not None else 0,
        )

    def takes(self, pod: PodSize, count: int) -> bool:
        """Return whether `count` more pods can all be scheduled, whatever the order.

        What a pool takes it also takes in part: fewer pods never leave less room.
        """
        if count == 0:
            return True
        if count * pod.units > self.free:
            return False
        answer = self._taken.get((pod, count))
        if answer is None:
            pods = self._pods + Counter({pod: count})
            answer = all(is_sound(self.pool.nodes, self.node, those) for those in self._with_reserved(pods))
            self._taken[pod, count] = answer
        return answer

    def has_room_to_roll(self, pod: PodSize) -> bool:
        """Return whether one more pod can be scheduled when the reserved units are used for it."""
        return is_sound(self.pool.nodes, self.node, self._pods + Counter({pod: 1}))

    def charge(self, pod: PodSize, count: int) -> None:
        """Promise room for `count` pods."""
        self._pods[pod] += count
        self._taken.clear()

    def stranded_by(self, pod: PodSize, count: int) -> int:
        """Return how many free units no further pod of this size could use once `count` of them are charged."""
        taken = count * pod.units
        return self.free - taken - (self.most(pod) - count) * pod.units

    def full_message(self, pod: PodSize, count: int) -> str:
        """Say in numbers why `count` more pods do not fit."""
        free = f"{self.free} of {self.units} units free"
        if self.free < count * pod.units:
            return f"{free}, needs {count * pod.units}"
        asks = f"{pod.units} {'unit' if pod.units == 1 else 'units'}"
        if pod.cpu:
            asks += f", {pod.cpu / 1000:g} CPUs"
        if pod.memory:
            asks += f", {pod.memory / GIB:g}Gi"
        most = self.most(pod)
        promised = f"only {most} more {'pod' if most == 1 else 'pods'} of {asks} each can be promised a node"
        return f"{free}, but {promised} whatever the order, needs {count}"

    def most(self, pod: PodSize) -> int:
        """Return how many more pods of this size the pool takes."""
        low, high = 0, self.pool.nodes * fit_on_empty_node(self.node, pod)
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self.takes(pod, middle) else (low, middle - 1)
        return low

    def usage(self) -> PoolUsage:
        """Return how full the pool is."""
        return PoolUsage(
            environment=self.environment,
            node_pool=self.pool.name,
            resource=self.pool.resource,
            units_per_node=self.node.units,
            nodes=self.pool.nodes,
            allocated=self.allocated,
            reserved=self.pool.reserved_units,
        )

    def _with_reserved(self, pods: Counter[PodSize]) -> Iterator[Counter[PodSize]]:
        """Yield `pods` with the reserved units: as pods of the largest size on the pool, and one of what remains.

        Any of the `pods` may go and leave a smaller one as the largest. What is left then, with the reserved units cut
        to its size, must find room too: otherwise removing one deployment would push out another.
        """
        reserved = self.pool.reserved_units
        if not reserved:
            yield pods
            return
        # Nobody knows what other tenants' pods ask for, so they count as the largest of ours in every resource.
        values = [sorted(set(values)) for values in zip(*((p.units, p.cpu, p.memory) for p in pods), strict=True)]
        for units, cpu, memory in product(*values):
            left = Counter({p: n for p, n in pods.items() if p.units <= units and p.cpu <= cpu and p.memory <= memory})
            largest = _largest(left)
            if largest == PodSize(units, cpu, memory):
                whole, rest = divmod(reserved, units)
                left[largest] += whole
                if rest:
                    left[PodSize(rest, cpu, memory)] += 1
                yield left


def _largest(pods: Mapping[PodSize, int]) -> PodSize | None:
    """Return the largest of `pods`, in every resource; None if there are none."""
    if not pods:
        return None
    return PodSize(max(p.units for p in pods), max(p.cpu for p in pods), max(p.memory for p in pods))
