"""How many allocation units a pool has, as far as its document and the catalogue say."""

from __future__ import annotations

from slicewise.documents.cloud_nodes import catalogued
from slicewise.documents.environment import NodePool
from slicewise.documents.pool_offers import PoolOffer


def units_per_gpu(pool: NodePool) -> int | None:
    """Return how many allocation units one physical GPU of `pool` is: its slices, or 1 where it is not cut.

    `slicesPerGpu` counts where it is written, which is where the catalogue does not know the profile. None where
    neither says it. Of a pool that is cut in several profiles it is asked of each resource by itself (`offers_of`).
    """
    if pool.mig is None:
        return 1
    if pool.mig.slices_per_gpu is not None or pool.mig.profile is None:
        return pool.mig.slices_per_gpu
    gpu = catalogued(pool)
    known = gpu.profile(pool.mig.profile) if gpu else None
    if known is None and isinstance(pool, PoolOffer):
        return max(pool.units // pool.accelerator_count, 1)
    return known.per_gpu if known else None


def units_per_node(pool: NodePool) -> int | None:
    """Return how many allocation units one node of `pool` offers; None where nothing says it."""
    if isinstance(pool, PoolOffer):
        return pool.units
    per_gpu = units_per_gpu(pool)
    return None if per_gpu is None else pool.accelerator_count * per_gpu
