"""What units cost an hour, their share of a node's price: without a currency, and exact until it is shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from slicewise.documents import Fleet, NodePool, units_per_node
from slicewise.planning.plan import Placement, PoolUsage

_DECIMALS: Final = 4


@dataclass(frozen=True, slots=True)
class PoolCost:
    """What a pool costs an hour, by what becomes of its units."""

    environment: str
    node_pool: str
    allocated: Fraction
    reserved: Fraction
    free: Fraction
    """Of units that are free, and that pods of the pool's sizes can have."""
    stranded: Fraction
    """Of units that are free, and that no pod can have: the nodes are short of something else."""


def price_number(price: Fraction) -> float:
    """Return a price as a number of at most four decimals."""
    return float(round(price, _DECIMALS))


def placement_price(fleet: Fleet, placement: Placement) -> Fraction | None:
    """Return what the units of a placement cost an hour, with its prefill workload; None where that is not declared."""
    prices = [price for _, price in workload_prices(fleet, placement)]
    known = [price for price in prices if price is not None]
    return sum(known, Fraction()) if len(known) == len(prices) else None


def workload_prices(fleet: Fleet, placement: Placement) -> Iterator[tuple[int, Fraction | None]]:
    """Yield the units of a placement and of its prefill workload, and what they cost an hour; None where not known."""
    for each in placement.workloads:
        yield each.units, _price(fleet.node_pool[each.environment, each.node_pool], each.units)


def pool_costs(fleet: Fleet, usages: Iterable[PoolUsage]) -> Iterator[PoolCost]:
    """Yield what each pool costs that has a price."""
    for usage in usages:
        pool = fleet.node_pool[usage.environment, usage.node_pool]
        if pool.price_per_hour is not None:
            unit = Fraction(pool.price_per_hour.value) / usage.units_per_node
            taken = usage.allocated + usage.kept_free
            free = (_paid_nodes(pool, usage, taken) * usage.units_per_node - taken) * unit
            nothing = Fraction()
            yield PoolCost(
                usage.environment,
                usage.node_pool,
                usage.allocated * unit,
                usage.kept_free * unit,
                nothing if usage.short else free,
                free if usage.short else nothing,
            )


def _paid_nodes(pool: NodePool, usage: PoolUsage, taken: int) -> int:
    """Return how many nodes are there: of a pool that an autoscaler grows, no more than are needed."""
    if pool.max_node_count is None:
        return usage.nodes
    return min(max(pool.node_count, -(-taken // usage.units_per_node)), usage.nodes)


def _price(pool: NodePool, units: int) -> Fraction | None:
    if pool.price_per_hour is None:
        return None
    return Fraction(pool.price_per_hour.value) * units / (units_per_node(pool) or 1)
