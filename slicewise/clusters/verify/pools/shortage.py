"""The one principle of severity: does any pod that the plan has lack room, in any order of scheduling?

What takes room is an error exactly where the plan's pods find too little in what is left, by the planner's own rule
(`is_sound_on`), and then names the deployments that would wait. Where they find enough, it is a warning.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from slicewise.clusters.verify.pools.compared_pool import ComparedPool
from slicewise.clusters.verify.pools.held_units import Holdings
from slicewise.clusters.verify.pools.pool_node import PoolNode
from slicewise.diagnostics import Found, Severity, counted, some
from slicewise.documents import DeploymentKey
from slicewise.kubernetes import amount
from slicewise.planning import NodeSize, PlannedCharge, PodSize, is_sound_on


@dataclass(frozen=True)
class Shortage:
    """Whether the plan's pods find room on what a pool has now.

    Attributes:
        compared: The pool.
        held: Who holds its units; None where pods may not be read, and then none are taken to be held.
    """

    compared: ComparedPool
    held: Holdings | None

    @cached_property
    def nodes(self) -> Counter[NodeSize]:
        """What is left of the nodes that take pods of the plan, those that an autoscaler can add included."""
        left = Counter[NodeSize]()
        for node in self.compared.taking:
            if node.is_good_for_plan:
                others = self.held.others[node.name] if self.held else 0
                units = min(node.units - others, self.compared.units_per_node)
                left[self._size(node, max(min(units, self._most_units(node)), 0))] += 1
        if self.coming:
            left[self._size(None, self.compared.units_per_node)] += self.coming
        return left

    @cached_property
    def coming(self) -> int:
        """How many nodes an autoscaler can add.

        None to a pool whose fewest nodes it has not brought, nor where all that are there are cut otherwise: the next
        will be, too.
        """
        pool, there = self.compared.pool, len(self.compared.nodes)
        if pool.max_node_count is None or (pool.node_count and not there):
            return 0
        settled = [node for node in self.compared.nodes if node.gpus and any(each.units for each in node.gpus.offers)]
        if settled and not any(node.is_good_for_plan for node in settled):
            return 0
        most = self.compared.most_nodes
        return max(min(pool.nodes, pool.nodes if most is None else most) - there, 0)

    @cached_property
    def lacking(self) -> Mapping[DeploymentKey, int]:
        """How many pods of each deployment may find no node, by its name; those that run already keep theirs."""
        charged, lacking = Counter[PodSize](), dict[DeploymentKey, int]()
        kept = [self._running(charge, takes_more=True) for charge in self.compared.charges]
        for charge, running in zip(self.compared.charges, kept, strict=True):
            charged[charge.pod] += running
        for charge, running in zip(self.compared.charges, kept, strict=True):
            elsewhere = self._running(charge, takes_more=False)
            wanted = max(charge.count - running - elsewhere, 0)
            fit = _most(wanted, lambda n, pod=charge.pod: is_sound_on(self.nodes, charged + Counter({pod: n})))  # type: ignore[misc]
            charged[charge.pod] += fit
            if fit < wanted:
                lacking[charge.deployment] = lacking.get(charge.deployment, 0) + wanted - fit
        return lacking

    @cached_property
    def lacking_replicas(self) -> Mapping[DeploymentKey, int]:
        """How many replicas of each deployment may find no room: those of which a pod does not."""
        nodes = {each.deployment: each.nodes_per_replica for each in self.compared.placements}
        return {name: min(-(-pods // nodes[name]), self._replicas[name]) for name, pods in self.lacking.items()}

    @cached_property
    def _replicas(self) -> Counter[DeploymentKey]:
        """The replicas of each deployment here, those of its prefill workload included."""
        replicas = Counter[DeploymentKey]()
        for each in self.compared.placements:
            replicas[each.deployment] += each.replicas
        return replicas

    @cached_property
    def told(self) -> str:
        """Which deployments lack how much; empty where none lacks anything."""
        parts = [
            f"{name} lacks room for {lacks} of {counted(self._replicas[name], 'replica')}"
            for name, lacks in self.lacking_replicas.items()
        ]
        return some(parts)

    def weighed(self, found: Found) -> Found:
        """Return a difference as bad as it is for the plan."""
        if not found.takes_room:
            return found
        if not self.lacking:
            return replace(found, severity=Severity.WARNING)
        lacking = {str(name): lacks for name, lacks in self.lacking_replicas.items()}
        return replace(
            found,
            severity=Severity.ERROR,
            message=f"{found.message}; {self.told}",
            facts={**found.facts, "lackingReplicas": lacking},
        )

    def _running(self, charge: PlannedCharge, *, takes_more: bool) -> int:
        """Return how many of a deployment's pods run on nodes that take more pods now, or that do not and are Ready."""
        if self.held is None:
            return 0
        names = {node.name for node in self.compared.taking}
        ready = {node.name for node in self.compared.nodes if node.node.ready}
        on = self.held.running.get((charge.deployment, charge.is_prefill), Counter[str]())
        chosen = names if takes_more else ready - names
        return min(sum(number for node, number in on.items() if node in chosen), charge.count)

    def _most_units(self, node: PoolNode) -> int:
        """Return the units that as many pods as the node takes can have, if all of them were the smallest."""
        room = node.node.room_for_pods
        if room is None:
            return self.compared.units_per_node
        others = self.held.other_pods[node.name] if self.held else 0
        return (room - others) * self.compared.smallest_pod

    def _size(self, node: PoolNode | None, units: int) -> NodeSize:
        allocatable = self.compared.pool.allocatable
        cpu = allocatable.cpu.millis if allocatable.cpu else None
        memory = allocatable.memory.bytes if allocatable.memory else None
        storage = allocatable.ephemeral_storage.bytes if allocatable.ephemeral_storage else None
        extended = {name: int(each.value) for name, each in sorted(allocatable.extended_resources.items())}
        if node is None:
            return NodeSize(units, cpu, memory, storage=storage, extended=tuple(extended.items()))
        there = node.node.extended
        return NodeSize(
            units,
            None if cpu is None else min(cpu, int(amount(node.node.cpu) * 1000)),
            None if memory is None else min(memory, int(amount(node.node.memory))),
            storage=None if storage is None else min(storage, int(amount(node.node.storage))),
            extended=tuple((name, min(has, there.get(name, 0))) for name, has in extended.items()),
        )


def _most(wanted: int, fits: Callable[[int], bool]) -> int:
    """Return the most up to `wanted` that fit, where fewer fit wherever more do."""
    if not wanted or fits(wanted):
        return wanted
    low, high = 0, wanted - 1
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low
