"""Serving profiles that require no memory, where slices could serve them: the smallest one is taken."""

from __future__ import annotations

from collections.abc import Iterator

from slicewise.kubernetes.canonical_quantity import canonical
from slicewise.placement.board import Board, Way
from slicewise.placement.pool_state import PoolState
from slicewise.spec import Advice, Code, ServingProfile
from slicewise.spec.fleet import ModelKey, label, model_key


def required_memory_advice(board: Board) -> Iterator[Advice]:
    """Yield the profiles that may be placed on the smallest slice, whatever their model's weights are.

    Which slices those are is what the planner's matching says of the deployments that there are.
    """
    smallest: dict[tuple[ModelKey, int], PoolState] = {}
    profiles: dict[tuple[ModelKey, int], ServingProfile] = {}
    seen: set[int] = set()
    for demand in board.demands:
        if id(demand.ways) in seen:
            continue
        seen.add(id(demand.ways))
        for number, way in enumerate(demand.ways):
            if way.profile.replica_topology.requires.memory_per_gpu is not None:
                continue
            pool = _smallest_slices(board, way)
            key = (model_key(demand.deployment), number)
            if pool and (key not in smallest or _memory(pool) < _memory(smallest[key])):
                smallest[key], profiles[key] = pool, way.profile
    for (model, number), pool in smallest.items():
        path = f"{label(*model)}: spec.serving[{number}].replicaTopology.requires.memoryPerGpu"
        yield Advice(path, Code.NO_MEMORY_REQUIRED, _message(profiles[model, number], pool))


def _smallest_slices(board: Board, way: Way) -> PoolState | None:
    """Return the pool of the smallest slices that could serve a deployment this way, if any could."""
    # Levels come by the memory of a unit.
    for level in way.levels:
        pools = (board.pools[index] for lane, _, _ in level.lanes for index in lane.members)
        found = min(
            (pool for pool in pools if pool.pool.mig), key=lambda pool: (pool.environment, pool.name), default=None
        )
        if found:
            return found
    return None


def _memory(pool: PoolState) -> int:
    return pool.pool.capabilities.memory_per_gpu.bytes


def _message(profile: ServingProfile, slices: PoolState) -> str:
    return (
        f'profile "{profile.name}" requires no memory, so any slice will do, and the smallest is preferred: a slice of '
        f"{slices.environment}/{slices.name} has {canonical(slices.pool.capabilities.memory_per_gpu)}, and a model "
        "that is larger runs out of memory there; write what its weights, KV cache and engine need (in bf16 8B of "
        "parameters alone are 15Gi)"
    )
