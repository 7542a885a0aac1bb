"""How many allocation units a pool has, as far as its document and the catalogue say."""

from __future__ import annotations

from fractions import Fraction

from slicewise.documents.cloud_nodes import catalogued
from slicewise.documents.environment import NodePool
from slicewise.documents.pool_offers import PoolOffer, declared_pool, offers_of


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


def gpus_per_unit(pool: NodePool) -> Fraction:
    """Return how many of a node's GPUs one allocation unit of a valid `pool` takes: the units have all GPUs.

    Of nodes that are cut in several profiles the GPUs are shared by how many slices of each a GPU could have.
    """
    if not isinstance(pool, PoolOffer):
        return Fraction(pool.accelerator_count, units_per_node(pool) or 1)
    if pool.mig is None:
        return Fraction(1)
    slices = [each for each in offers_of(pool.declared) if each.mig]
    parts = {each.resource: Fraction(1, units_per_gpu(each) or 1) for each in slices}
    whole = sum((parts[each.resource] * (units_per_node(each) or 0) for each in slices), Fraction())
    return parts[pool.resource] / whole * pool.accelerator_count


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
