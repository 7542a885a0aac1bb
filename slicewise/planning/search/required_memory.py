"""Serving profiles that require no memory, where slices or GPUs of several sizes could serve: the smallest is taken."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from slicewise.diagnostics import Code, Diagnostic
from slicewise.documents import ModelKey, ServingProfile, model_key
from slicewise.kubernetes import canonical
from slicewise.planning.capacity import PoolLedger
from slicewise.planning.search.draft_plan import DraftPlan, ServingOption

# Boards that are sold with 80 GB report between 79.6 and 80 GiB: that is one size.
_LARGER: Final = 1.1


def required_memory_advice(draft: DraftPlan) -> Iterator[Diagnostic]:
    """Yield the profiles that may be placed on the smallest unit, whatever their model's weights are.

    Which units those are is what the planner's matching says of the deployments that there are.
    """
    smallest: dict[tuple[ModelKey, int], PoolLedger] = {}
    profiles: dict[tuple[ModelKey, int], ServingProfile] = {}
    seen: set[int] = set()
    for demand in draft.demands:
        if id(demand.options) in seen:
            continue
        seen.add(id(demand.options))
        for number, option in enumerate(demand.options):
            if option.profile.replica_topology.requires.memory_per_gpu is not None:
                continue
            pool = _smallest_units(draft, option)
            key = (model_key(demand.deployment), number)
            if pool and (key not in smallest or _memory(pool) < _memory(smallest[key])):
                smallest[key], profiles[key] = pool, option.profile
    for (model, number), pool in smallest.items():
        field = ("spec", "serving", number, "replicaTopology", "requires", "memoryPerGpu")
        yield Diagnostic.warning(
            Code.NO_MEMORY_REQUIRED, _message(profiles[model, number], pool), field=field, subject=model.subject
        )


def _smallest_units(draft: DraftPlan, option: ServingOption) -> PoolLedger | None:
    """Return the pool of the smallest units that could serve a deployment with this option.

    None where there is nothing to choose: all of them are whole GPUs of one size.
    """
    # Levels come by the memory of a unit.
    pools = [draft.pools[index] for level in option.levels for lane, _, _ in level.lanes for index in lane.members]
    if not pools:
        return None
    least = _memory(pools[0])
    if not any(pool.pool.mig for pool in pools) and _memory(pools[-1]) <= least * _LARGER:
        return None
    smallest = (pool for pool in pools if _memory(pool) == least)
    return min(smallest, key=lambda pool: (pool.pool.mig is None, pool.environment, pool.name))


def _memory(pool: PoolLedger) -> int:
    return pool.pool.capabilities.memory_per_gpu.bytes


def _message(profile: ServingProfile, smallest: PoolLedger) -> str:
    unit = "slice" if smallest.pool.mig else "GPU"
    return (
        f'profile "{profile.name}" requires no memory, so any {unit} will do, and the smallest is preferred: a {unit} '
        f"of {smallest.environment}/{smallest.name} has {canonical(smallest.pool.capabilities.memory_per_gpu)}, and a "
        "model that is larger runs out of memory there; write what its weights, KV cache and engine need (in bf16 8B "
        "of parameters alone are 15Gi)"
    )
