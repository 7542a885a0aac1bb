"""A declared pool beside the nodes that it has, and those that it seems to mean: what the checks compare, as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from slicewise.clusters.live import LiveNode, NodeGroupBounds, most_nodes
from slicewise.clusters.verify.pools.declared_pool import DeclaredPool
from slicewise.clusters.verify.pools.membership import matches
from slicewise.clusters.verify.pools.near_misses import (
    NearMisses,
    UnmatchedNode,
    closest_nodes,
    explained,
    near_misses,
)
from slicewise.clusters.verify.pools.pool_fields import has_reserve
from slicewise.clusters.verify.pools.pool_node import PoolNode, beside


@dataclass(frozen=True)
class ComparedPool(DeclaredPool):
    """A declared pool and what is there.

    Attributes:
        nodes: The nodes that belong to it, by name.
        near: Nodes of no pool that it seems to mean, where it has fewer than declared.
        elsewhere: Where it has no node: those that its nodeSelector matches, and that offer another pool's resource.
        closest: Where it has no node: those that lack fewest of its labels.
        most_nodes: How many nodes cluster-autoscaler lets it have; None where that is not said.
    """

    nodes: tuple[PoolNode, ...] = ()
    near: NearMisses = field(default_factory=NearMisses)
    elsewhere: NearMisses = field(default_factory=NearMisses)
    closest: tuple[UnmatchedNode, ...] = ()
    most_nodes: int | None = None

    @cached_property
    def gpu_nodes(self) -> tuple[PoolNode, ...]:
        """Its nodes that have GPUs, or labels that speak of some."""
        return tuple(node for node in self.nodes if node.gpus)

    @cached_property
    def bare_nodes(self) -> tuple[PoolNode, ...]:
        """Its nodes without any trace of GPUs."""
        return tuple(node for node in self.nodes if not node.gpus)

    @cached_property
    def offering(self) -> tuple[PoolNode, ...]:
        """Its nodes that offer what its pods ask for."""
        return tuple(node for node in self.nodes if node.units)

    @cached_property
    def taking(self) -> tuple[PoolNode, ...]:
        """Those of `offering` that take its pods now."""
        return tuple(node for node in self.nodes if node.takes_pods)

    @property
    def short(self) -> bool:
        """Whether fewer nodes offer what its pods ask for than are declared to be there at least."""
        return len(self.offering) < self.pool.node_count

    @property
    def units(self) -> int:
        """Units that are there."""
        return sum(node.units for node in self.nodes)

    @property
    def spare(self) -> int:
        """GPUs left whole on cut nodes beyond those that are declared: they are others'."""
        if has_reserve(self.pool):
            return 0
        return sum(max(node.units - self.units_per_node, 0) for node in self.nodes)

    @cached_property
    def lost(self) -> Mapping[str, int]:
        """How many units fewer than declared pods of the plan can have, by the node's name.

        Where pods ask for several units, a node counts in whole pods: one GPU less of eight is eight lost for such a
        pod.
        """
        size = min(self.largest_pod, self.units_per_node)
        lost = {
            node.name: (self.units_per_node // size - node.units // size) * size
            for node in self.nodes
            if node.is_of_declared_kind and node.node.ready
        }
        return {name: units for name, units in lost.items() if units > 0}


def compare_pool(
    declared: DeclaredPool,
    nodes: Sequence[LiveNode],
    strays: Sequence[LiveNode],
    everywhere: Sequence[LiveNode],
    bounds: Sequence[NodeGroupBounds],
) -> ComparedPool:
    """Put a pool beside its nodes.

    Args:
        declared: What is declared.
        nodes: The nodes that belong to it, by name.
        strays: The GPU nodes that belong to no pool.
        everywhere: All nodes of the cluster.
        bounds: What cluster-autoscaler says of its node groups.
    """
    own = {node.name for node in nodes}
    others = [node for node in everywhere if node.name not in own and node.units(declared.resource)]
    matched = [] if nodes else [node for node in everywhere if matches(declared.pool, node)]
    return ComparedPool(
        declared.pool,
        declared.placements,
        declared.charges,
        declared.required,
        declared.scheduling,
        nodes=tuple(beside(declared, nodes)),
        near=near_misses(declared, strays, len(nodes)),
        elsewhere=explained(declared, matched),
        closest=() if nodes else closest_nodes(declared, everywhere),
        most_nodes=most_nodes(nodes, others, bounds),
    )
