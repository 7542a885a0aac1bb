"""The ways in which the pods of a pool can share its nodes, each a sum that must not exceed a capacity.

On slices, and on whole GPUs where all pods are packed with care, only the units count: pods of 1, 2, 4 and 8 GPUs
fill nodes of eight without a gap, the largest first.

Where the pods must fit in any order, the rule of docs/placement.md says for N nodes of eight: for every size g on the
pool, the others must not be able to block all nodes. A pod of more than 8 - g GPUs blocks a node alone, smaller ones
together with w, the smallest sum of their sizes in 9 - g .. 8. So a set of pods is sound if one of these holds:

- there are at most N pods, of any size (for g = 8 every other pod blocks a node, so with 8 there is no other way);
- there are 4, 2 and 1, at most 5 N + 3 GPUs (g = 4: w is 4 + 1);
- there are 4 and 2, at most 6 N + 3 GPUs (g = 4: w is 4 + 2);
- there are 2 and 1, at most 7 N + 1 GPUs (g = 2: w is 7);
- all are alike, and fill the nodes.
"""

from __future__ import annotations

from dataclasses import dataclass

from bench.hardware import GPUS_PER_NODE
from bench.static_matching import Option, slices_or_gpus
from slicewise.documents import NodePool


@dataclass(frozen=True)
class Packing:
    """One way: which sizes of pod there are, and how much of them."""

    sizes: frozenset[int]
    capacity: int
    counts_pods: bool = False
    """Whether the capacity is one of pods, and not of units."""

    def weight(self, option: Option) -> int:
        """Return what `option` takes of the capacity."""
        return option.pods if self.counts_pods else option.units


_ALL_SIZES = frozenset({1, 2, 4, 8})


def packings(pool: NodePool, *, in_any_order: bool) -> list[Packing]:
    """Return the ways of filling `pool`, of which one must hold.

    Raises:
        ValueError: The pool has whole GPUs, and not eight a node.
    """
    nodes, units = pool.nodes, pool.nodes * slices_or_gpus(pool)
    if pool.mig:
        return [Packing(frozenset({1}), units)]
    if pool.accelerator_count != GPUS_PER_NODE:
        raise ValueError(f"{pool.name} has {pool.accelerator_count} GPUs a node, and the packings are for 8")
    if not in_any_order:
        return [Packing(_ALL_SIZES, units)]
    return [
        Packing(_ALL_SIZES, nodes, counts_pods=True),
        Packing(frozenset({4, 2, 1}), min(5 * nodes + 3, units)),
        Packing(frozenset({4, 2}), min(6 * nodes + 3, units)),
        Packing(frozenset({2, 1}), min(7 * nodes + 1, units)),
        *(Packing(frozenset({size}), units) for size in (4, 2, 1)),
    ]
