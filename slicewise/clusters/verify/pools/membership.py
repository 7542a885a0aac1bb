"""Which nodes belong to which pool."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from slicewise.clusters.live import LiveNode, by_allocation
from slicewise.documents import NodePool, SelectedLabels, resources_of, selects


def members(pools: Sequence[NodePool], nodes: Iterable[LiveNode]) -> dict[str, tuple[LiveNode, ...]]:
    """Return the nodes of every pool by its name, each with the GPUs that the pool's pods can get there.

    A node that the selectors of several pools match belongs to those whose resource it offers, for pods of the others
    never get there. One that offers none of them is the concern of all. An empty selector means no node in particular:
    nodes without any trace of GPUs are not its own.
    """
    found: dict[str, list[LiveNode]] = {pool.name: [] for pool in pools}
    for node in nodes:
        matching = [
            (pool, by_allocation(node, pool.allocation))
            for pool in pools
            if matches(pool, node) and (node.gpus or pool.node_selector)
        ]
        offered = [(pool, seen) for pool, seen in matching if any(map(seen.units, resources_of(pool)))]
        for pool, seen in offered or matching:
            found[pool.name].append(seen)
    return {name: tuple(those) for name, those in found.items()}


def matches(pool: NodePool, node: LiveNode) -> bool:
    """Return whether the pool's nodeSelector matches the node."""
    return selects(pool.selected, node.labels)


def missing_labels(pool: NodePool, node: LiveNode) -> SelectedLabels:
    """Return what of the pool's nodeSelector the node does not carry."""
    return {key: values for key, values in pool.selected.items() if node.labels.get(key) not in values}
