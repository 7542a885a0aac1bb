"""Units of any size in one measure: whole GPUs. Two of the 3g.40gb slices that an H100 is cut into are one GPU."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from slicewise.planning.plan import PoolUsage


@dataclass(frozen=True, slots=True)
class GpuSums:
    """How many GPUs pools have, and what becomes of them; exact, because a seventh has no decimal."""

    allocated: Fraction
    reserved: Fraction
    """As much of what is reserved as nothing is allocated on."""
    free: Fraction

    @property
    def total(self) -> Fraction:
        """The GPUs of all pools."""
        return self.allocated + self.reserved + self.free


def gpu_equivalents(pool: PoolUsage, units: int) -> Fraction:
    """Return how many whole GPUs `units` of a pool are: the units divided by those of one GPU."""
    return Fraction(units) / pool.units_per_gpu


def gpu_sums(pools: Iterable[PoolUsage]) -> GpuSums:
    """Return what pools of any units have together, in GPUs."""
    allocated = reserved = free = Fraction()
    on_demand: dict[tuple[str, str], Fraction] = {}
    for pool in pools:
        taken, kept = gpu_equivalents(pool, pool.allocated), gpu_equivalents(pool, pool.kept_free)
        allocated += taken
        reserved += kept
        if pool.gpus_on_demand:
            # Every profile of the pool may have the same GPUs.
            name = pool.environment, pool.node_pool
            on_demand[name] = on_demand.get(name, Fraction(pool.gpus_on_demand * pool.nodes)) - taken - kept
        else:
            free += gpu_equivalents(pool, pool.free)
    return GpuSums(allocated, reserved, free + sum(max(left, Fraction()) for left in on_demand.values()))


def gpus_in_words(gpus: Fraction) -> str:
    """Write a number of GPUs with at most one decimal: `4`, `0.3`, `1,024.5`; what is less than 0.05 is `<0.1`."""
    if 0 < gpus < Fraction(1, 20):
        return "<0.1"
    return f"{float(round(gpus, 1)):,.1f}".removesuffix(".0")
