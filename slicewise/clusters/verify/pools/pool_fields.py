"""What the fields of a pool are called that say how many units it has, and how many of these are reserved.

Of nodes that are cut in several profiles the fields are those of one GPU resource (`PoolOffer`).
"""

from __future__ import annotations

from slicewise.documents import NodePool, PoolOffer, reserved_field

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
    return f"reservedSlices: {{{profile}: {count}}}" if profile else f"{_RESERVED}: {count}"


def reserve(pool: NodePool) -> str:
    """Return the name of what says how many units are reserved, as the subject of a sentence."""
    return f"reservedSlices of {pool.mig.profile}" if is_part(pool) and pool.mig else _RESERVED


def leaving_out(pool: NodePool) -> str:
    """Return how a document stops saying that nodes have units of this resource."""
    return f"leave {pool.mig.profile} out of slices" if pool.mig else "leave wholeGpus out"


def counting(pool: NodePool, count: int) -> str | None:
    """Return how a document says that a node has `count` units; None where acceleratorCount and profile say it."""
    if not is_part(pool):
        return None
    return f"slices: {{{pool.mig.profile}: {count}}}" if pool.mig else f"wholeGpus: {count}"
