"""What units cost an hour, their share of a node's price: without a currency, and exact until it is shown."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from typing import Final

from slicewise.documents import Fleet, NodePool, price_per_unit
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
        price = price_per_unit(fleet.offer(each.environment, each.node_pool, each.resource))
        yield each.units, None if price is None else price * each.units


def pool_costs(fleet: Fleet, usages: Iterable[PoolUsage]) -> Iterator[PoolCost]:
    """Yield what each pool costs that has a price: all GPU resources of its nodes together."""
    for (environment, name), several in groupby(usages, key=lambda usage: (usage.environment, usage.node_pool)):
        usages_of_pool = list(several)
        pool = fleet.node_pool[environment, name]
        if pool.price_per_hour is not None:
            yield _cost(fleet, pool, usages_of_pool)


def _cost(fleet: Fleet, pool: NodePool, usages: Sequence[PoolUsage]) -> PoolCost:
    nodes = _paid_nodes(pool, usages)
    allocated = reserved = free = stranded = Fraction()
    for usage in usages:
        offer = fleet.offer(usage.environment, usage.node_pool, usage.resource)
        unit = price_per_unit(offer) or Fraction()
        # The profiles of GPUs that are cut on demand share what is left, which counts once.
        units = Fraction(nodes * usage.units_per_node)
        if usage.gpus_on_demand:
            units = Fraction(nodes * usage.gpus_on_demand, len(usages)) * usage.units_per_gpu
        rest = (units - usage.allocated - usage.kept_free) * unit
        allocated += usage.allocated * unit
        reserved += usage.kept_free * unit
        if usage.short:
            stranded += rest
        else:
            free += rest
    return PoolCost(usages[0].environment, usages[0].node_pool, allocated, reserved, free, stranded)


def _paid_nodes(pool: NodePool, usages: Sequence[PoolUsage]) -> int:
    """Return how many nodes are there: of a pool that an autoscaler grows, no more than are needed."""
    if pool.max_node_count is None:
        return pool.nodes
    if all(usage.gpus_on_demand for usage in usages):
        taken = sum(Fraction(usage.allocated + usage.kept_free) / usage.units_per_gpu for usage in usages)
        needed = math.ceil(taken / usages[0].gpus_on_demand)
    else:
        needed = max(-(-(usage.allocated + usage.kept_free) // usage.units_per_node) for usage in usages)
    return min(max(pool.node_count, needed), pool.nodes)
