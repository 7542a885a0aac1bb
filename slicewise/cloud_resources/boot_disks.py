"""The boot disks of nodes that serve models."""

from __future__ import annotations

from typing import Final

from slicewise.documents import NodePool

# KServe keeps the weights on the node's disk, beside images of some 10 GB. EKS's own default is 20 GB.
_ENOUGH_FOR_MODELS: Final = 200


def disk_size_gb(pool: NodePool) -> int:
    """Return the size of the boot disk of each node of `pool`, in GB."""
    return _ENOUGH_FOR_MODELS if pool.disk_size_gb is None else pool.disk_size_gb
