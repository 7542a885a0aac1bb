"""Which nodes belong to which pool, and which nearly do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from slicewise.clusters.live import LiveNode
from slicewise.diagnostics import did_you_mean, some
from slicewise.documents import NodePool


def members(pools: Sequence[NodePool], nodes: Iterable[LiveNode]) -> dict[str, tuple[LiveNode, ...]]:
    """Return the nodes of every pool by its name.

    A node that the selectors of several pools match belongs to those whose resource it offers, for pods of the others
    never get there. One that offers none of them is the concern of all. An empty selector means no node in particular:
    nodes without any trace of GPUs are not its own.
    """
    found: dict[str, list[LiveNode]] = {pool.name: [] for pool in pools}
    for node in nodes:
        matching = [pool for pool in pools if matches(pool, node) and (node.gpus or pool.node_selector)]
        offered = [pool for pool in matching if units_of(node, pool.resource)]
        for pool in offered or matching:
            found[pool.name].append(node)
    return {name: tuple(those) for name, those in found.items()}


def matches(pool: NodePool, node: LiveNode) -> bool:
    """Return whether the pool's nodeSelector matches the node."""
    return not missing_labels(pool, node)


def units_of(node: LiveNode, resource: str) -> int:
    """Return how many units of `resource` the node offers."""
    return node.gpus.units(resource) if node.gpus else 0


def names_of(nodes: Iterable[LiveNode]) -> list[str]:
    """Return the nodes' names, in their order."""
    return [node.name for node in nodes]


def missing_labels(pool: NodePool, node: LiveNode) -> dict[str, str]:
    """Return what of the pool's nodeSelector the node does not carry."""
    return {key: value for key, value in pool.node_selector.items() if node.labels.get(key) != value}


def why_no_node(pool: NodePool, nodes: Sequence[LiveNode]) -> str:
    """Say which labels of the pool's selector no node has, and what nodes have in their place."""
    reasons = [
        _instead(key, value, nodes)
        for key, value in sorted(pool.node_selector.items())
        if all(node.labels.get(key) != value for node in nodes)
    ]
    if reasons:
        return "; ".join(reasons)
    return f"each of the labels is on some node, all of them on none: {lacks(pool, closest(pool, nodes)[:1])}"


def closest(pool: NodePool, nodes: Sequence[LiveNode]) -> list[LiveNode]:
    """Return the nodes that lack fewest of the pool's labels; of those with GPUs, if any has."""
    candidates = [node for node in nodes if node.gpus] or nodes
    fewest = min(len(missing_labels(pool, node)) for node in candidates)
    return [node for node in candidates if len(missing_labels(pool, node)) == fewest]


def lacks(pool: NodePool, nodes: Iterable[LiveNode]) -> str:
    """Say what nodes lack to be matched: `n-0 and n-1 have pool=left, not pool=right`."""
    return "; ".join(_lacking(pool, nodes))


def _lacking(pool: NodePool, nodes: Iterable[LiveNode]) -> Iterator[str]:
    groups: dict[tuple[tuple[str, str, str | None], ...], list[str]] = {}
    for node in nodes:
        missing = missing_labels(pool, node)
        key = tuple((name, value, node.labels.get(name)) for name, value in sorted(missing.items()))
        groups.setdefault(key, []).append(node.name)
    for labels, names in sorted(groups.items(), key=lambda group: group[1]):
        wanted = " and ".join(
            f"{key}={value}" + ("" if has is None else f" (it is {has or 'empty'})") for key, value, has in labels
        )
        yield f"{some(names)} {'lacks' if len(names) == 1 else 'lack'} {wanted}"


def _instead(key: str, value: str, nodes: Sequence[LiveNode]) -> str:
    values = Counter(node.labels[key] for node in nodes if key in node.labels)
    if not values:
        known = {each for node in nodes for each in node.labels}
        return f"no node has a label {key}{did_you_mean(key, sorted(known))}"
    return f"no node has {key}={value}; nodes have {_values(values)}"


def _values(values: Mapping[str, int]) -> str:
    ordered = sorted(values.items(), key=lambda item: (-item[1], item[0]))
    return some([f"{value or 'the empty value'} ({count})" for value, count in ordered])
