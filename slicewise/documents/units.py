"""How many allocation units a pool has, as far as its document and the catalogue say."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from slicewise.documents.cloud_nodes import catalogued
from slicewise.documents.environment import NodePool
from slicewise.documents.pool_offers import PoolOffer, declared_pool
from slicewise.mig import GpuModel, known_gpu_model, memory_slices


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
    if isinstance(pool, PoolOffer):
        return _slices_of_a_gpu(gpu, pool.mig.profile, pool.units, pool.accelerator_count)
    known = gpu.profile(pool.mig.profile) if gpu else None
    return known.per_gpu if known else None


def _slices_of_a_gpu(gpu: GpuModel | None, profile: str, count: int, gpus: int) -> int:
    """Return how many slices of a profile one GPU can have; what a node has on average where nothing says it."""
    known = gpu.profile(profile) if gpu else None
    return known.per_gpu if known else max(count // gpus, 1)


def gpus_per_unit(pool: NodePool) -> Fraction:
    """Return how many of a node's GPUs one allocation unit of a valid `pool` takes: the units have all GPUs.

    Of nodes that are cut in several profiles the GPUs are shared by how many slices of each a GPU could have. Of a GPU
    that is cut on demand a slice takes its part of the board's memory: all that it has take no more than all of it.
    """
    if not isinstance(pool, PoolOffer):
        return Fraction(pool.accelerator_count, units_per_node(pool) or 1)
    if pool.mig is None:
        return Fraction(1)
    cut = pool.declared.mig
    if cut and cut.dynamic:
        share = _share_of_board(pool.accelerator_type, pool.mig.profile or "")
        return share if pool.is_one_of_several else Fraction(1, units_per_gpu(pool) or 1)
    counts = tuple(((cut.slices if cut else None) or {}).items())
    return _share(pool.accelerator_type, counts, pool.accelerator_count, units_per_gpu(pool) or 1)


@lru_cache(1024)
def _share(accelerator: str, counts: tuple[tuple[str, int], ...], gpus: int, per_gpu: int) -> Fraction:
    """Return how many of `gpus` GPUs, cut into slices by profile (`counts`), one is of which a GPU has `per_gpu`."""
    gpu = known_gpu_model(accelerator)
    taken = sum(Fraction(count, _slices_of_a_gpu(gpu, name, count, gpus)) for name, count in counts)
    return Fraction(gpus, per_gpu) / taken


@lru_cache(1024)
def _share_of_board(accelerator: str, profile: str) -> Fraction:
    gpu = known_gpu_model(accelerator)
    known = gpu.profile(profile) if gpu else None
    return Fraction(known.memory_slices, memory_slices(gpu)) if gpu and known else Fraction(1)


def units_per_node(pool: NodePool) -> int | None:
    """Return how many allocation units one node of `pool` offers; None where nothing says it."""
    if isinstance(pool, PoolOffer):
        return pool.units
    per_gpu = units_per_gpu(pool)
    return None if per_gpu is None else pool.accelerator_count * per_gpu


def price_per_unit(pool: NodePool) -> Fraction | None:
    """Return what one allocation unit of a valid `pool` costs an hour, its share of a node; None where not declared."""
    price = pool.price_per_hour
    return Fraction(price.value) * gpus_per_unit(pool) / declared_pool(pool).accelerator_count if price else None
