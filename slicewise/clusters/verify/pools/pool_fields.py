"""What the fields of a pool are called that say how many units it has, their memory, and how many are reserved.

Of nodes that are cut in several profiles the fields are those of one GPU resource (`PoolOffer`).
"""

from __future__ import annotations

from slicewise.documents import NodePool, PoolOffer, declared_pool, is_dynamic, reserved_field

_RESERVED = "reservedUnits"


def is_part(pool: NodePool) -> bool:
    """Return whether `pool` is one of the GPU resources of nodes that are cut in several profiles."""
    return isinstance(pool, PoolOffer)


def has_reserve(pool: NodePool) -> bool:
    """Return whether its document can say how many of its units are reserved; GPUs left whole are declared or not."""
    return reserved_field(pool) is not None


def reserving(pool: NodePool, count: int) -> str:
    """Return how `count` units are reserved in a document."""
    profile = pool.mig.profile if is_part(pool) and pool.mig else None
    return f"{profile}: {count} in reservedSlices" if profile else f"{_RESERVED}: {count}"


def reserve(pool: NodePool) -> str:
    """Return the name of what says how many units are reserved, as the subject of a sentence."""
    return f"reservedSlices of {pool.mig.profile}" if is_part(pool) and pool.mig else _RESERVED


def leaving_out(pool: NodePool) -> str:
    """Return how a document stops saying that nodes have units of this resource, and what memory these have."""
    declared = declared_pool(pool)
    if pool.mig is None:
        return f"leave wholeGpus{' and memoryPerGpu' if declared.capabilities.memory_per_gpu else ''} out"
    said = pool.mig.profile in ((declared.mig and declared.mig.memory_per_slice) or {})
    return f"leave {pool.mig.profile} out of slices{' and memoryPerSlice' if said else ''}"


def counting(pool: NodePool, count: int) -> str | None:
    """Return how a document says that a node has `count` units; None where acceleratorCount and profile say it.

    Of GPUs that are cut on demand it says so of whole ones alone.
    """
    if not is_part(pool) or (is_dynamic(pool) and pool.mig):
        return None
    return f"{pool.mig.profile}: {count} in slices" if pool.mig else f"wholeGpus: {count}"


def memory_said(pool: NodePool) -> str:
    """Return what says the memory of a unit, before its amount; of a slice beside others it may be the catalogue."""
    return f"a slice of {pool.mig.profile} counts as" if is_part(pool) and pool.mig else "memoryPerGpu declares"


def with_memory(pool: NodePool, amount: str) -> str:
    """Return how a document says that a unit has the memory `amount`."""
    return (
        f"{pool.mig.profile}: {amount} in memoryPerSlice" if is_part(pool) and pool.mig else f"memoryPerGpu: {amount}"
    )
