"""Pools of one environment that could be one: alike in all but name, number of nodes, and one label that selects them.

A deployment is on one pool of an environment, so node groups of three zones hold less as three pools than as one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from slicewise.documents import MAX_LABEL_VALUES, NodePool

# What is added up, or listed; the rest must be equal.
_OWN = {"name": "pool", "node_selector": {}, "node_count": 1, "max_node_count": None, "reserved_units": 0}


class JoinedPool(NamedTuple):
    """Several pools as one.

    Attributes:
        pool: The one, under the name of the first.
        names: The names of all.
        key: The label of which it lists the values of all.
    """

    pool: NodePool
    names: tuple[str, ...]
    key: str

    @property
    def written(self) -> str:
        """What to write in place of the pools."""
        values = ", ".join(sorted(self.pool.selected[self.key]))
        most = self.pool.max_node_count
        growing = "" if most is None else f", maxNodeCount: {most}"
        reserved = f", reservedUnits: {self.pool.reserved_units}" if self.pool.reserved_units else ""
        return f"nodeSelector {self.key}: [{values}], nodeCount: {self.pool.node_count}{growing}{reserved}"


def joined_pools(pools: Iterable[NodePool]) -> Iterator[JoinedPool]:
    """Yield each set of `pools`, of one environment, that could be one pool."""
    alike: list[tuple[NodePool, list[NodePool]]] = []
    for pool in pools:
        if pool.mig and pool.mig.reserved_slices:
            continue
        rest = pool.model_copy(update=_OWN)
        those = next((each for other, each in alike if other == rest and _telling(each[0], pool)), None)
        if those is None:
            alike.append((rest, [pool]))
        else:
            those.append(pool)
    for _, those in alike:
        if len(those) > 1 and (joined := _joined(those)):
            yield joined


def _telling(one: NodePool, other: NodePool) -> str | None:
    """Return the one label of which two pools have other values; None where it is none, or several."""
    mine, theirs = one.selected, other.selected
    differing = [key for key, values in mine.items() if theirs.get(key) != values]
    return differing[0] if mine.keys() == theirs.keys() and len(differing) == 1 else None


def _joined(pools: Sequence[NodePool]) -> JoinedPool | None:
    first, *others = pools
    keys = {_telling(first, other) for other in others}
    key = keys.pop()
    values = frozenset().union(*(pool.selected[key] for pool in pools)) if key and not keys else frozenset[str]()
    if key is None or not values or len(values) > MAX_LABEL_VALUES:
        return None
    most = sum(pool.nodes for pool in pools) if any(pool.max_node_count is not None for pool in pools) else None
    return JoinedPool(
        first.model_copy(
            update={
                "node_selector": {**first.node_selector, key: tuple(sorted(values))},
                "node_count": sum(pool.node_count for pool in pools),
                "max_node_count": most,
                "reserved_units": sum(pool.reserved_units for pool in pools),
            }
        ),
        tuple(pool.name for pool in pools),
        key,
    )
