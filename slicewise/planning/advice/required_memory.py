"""Serving profiles that require no memory, where slices or GPUs of several sizes could serve: the smallest is taken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from slicewise.diagnostics import Code, Diagnostic
from slicewise.documents import ModelKey, ServingProfile
from slicewise.kubernetes import readable
from slicewise.planning.capacity import PoolLedger

# Boards that are sold with 80 GB report between 79.6 and 80 GiB: that is one size.
_LARGER: Final = 1.1
_REMEDY: Final = "write what its weights, KV cache and engine need (in bf16 8B of parameters alone are 15Gi)"


class FreeChoice(NamedTuple):
    """A serving profile that requires no memory, and the pools that could serve it."""

    model: ModelKey
    number: int
    """Of the profile among the model's."""
    profile: ServingProfile
    pools: Sequence[PoolLedger]
    """Those with the least memory a unit first."""


def required_memory_advice(choices: Iterable[FreeChoice]) -> Iterator[Diagnostic]:
    """Yield the profiles that may be placed on the smallest unit, whatever their model's weights are."""
    smallest: dict[tuple[ModelKey, int], tuple[ServingProfile, PoolLedger]] = {}
    for choice in choices:
        pool = _smallest_units(choice.pools)
        key = (choice.model, choice.number)
        if pool and (key not in smallest or _memory(pool) < _memory(smallest[key][1])):
            smallest[key] = choice.profile, pool
    for (model, number), (profile, pool) in smallest.items():
        field = ("spec", "serving", number, "replicaTopology", "requires", "memoryPerGpu")
        yield Diagnostic.warning(
            Code.NO_MEMORY_REQUIRED,
            _message(profile, pool),
            _REMEDY,
            field=field,
            subject=model.subject,
            smallestUnitBytes=_memory(pool),
        )


def _smallest_units(pools: Sequence[PoolLedger]) -> PoolLedger | None:
    """Return the pool of the smallest units.

    None where there is nothing to choose: all of them are whole GPUs of one size.
    """
    if not pools:
        return None
    least = _memory(pools[0])
    if not any(pool.pool.mig for pool in pools) and _memory(pools[-1]) <= least * _LARGER:
        return None
    smallest = (pool for pool in pools if _memory(pool) == least)
    return min(smallest, key=lambda pool: (pool.pool.mig is None, pool.environment, pool.name))


def _memory(pool: PoolLedger) -> int:
    return pool.pool.unit_memory.bytes


def _message(profile: ServingProfile, smallest: PoolLedger) -> str:
    unit = "slice" if smallest.pool.mig else "GPU"
    return (
        f'profile "{profile.name}" requires no memory, so any {unit} will do, and the smallest is preferred: a {unit} '
        f"of {smallest.environment}/{smallest.name} has {readable(smallest.pool.unit_memory)}, and a "
        "model that is larger runs out of memory there"
    )
