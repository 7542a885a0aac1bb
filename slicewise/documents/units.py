"""How many allocation units a pool has, as far as its document and the catalogue say."""

from __future__ import annotations

from slicewise.documents.cloud_nodes import catalogued
from slicewise.documents.environment import NodePool


def units_per_gpu(pool: NodePool) -> int | None:
    """Return how many allocation units one physical GPU of `pool` is: its slices, or 1 where it is not cut.

    `slicesPerGpu` counts where it is written, which is where the catalogue does not know the profile. None where
    neither says it.
    """
    if pool.mig is None:
        return 1
    if pool.mig.slices_per_gpu is not None or pool.mig.profile is None:
        return pool.mig.slices_per_gpu
    gpu = catalogued(pool)
    known = gpu.profile(pool.mig.profile) if gpu else None
    return known.per_gpu if known else None


def units_per_node(pool: NodePool) -> int | None:
    """Return how many allocation units one node of `pool` offers; None where nothing says it."""
    per_gpu = units_per_gpu(pool)
    return None if per_gpu is None else pool.accelerator_count * per_gpu
