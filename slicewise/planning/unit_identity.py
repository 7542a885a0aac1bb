"""By what the next plan knows a unit that pods have, whatever its pool is called by then: its slice, and its nodes."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from typing import Final, Protocol

from slicewise.documents import NodePool, selected_labels
from slicewise.mig import WHOLE_GPU_RESOURCE, canonical_profile_name

_DIGEST_LENGTH: Final = 8
_MOST_KEPT: Final = 1 << 14


class KnownUnit(Protocol):
    """What an earlier plan says of the units that pods of it have."""

    @property
    def node_pool(self) -> str:
        """What their pool was called."""

    @property
    def resource(self) -> str | None:
        """Their Kubernetes resource; None where the plan does not say it."""

    @property
    def mig_profile(self) -> str | None:
        """Of which MIG profile they are; None for whole GPUs."""

    @property
    def nodes(self) -> str | None:
        """A digest of the labels that selected their nodes; None where nothing did."""


def nodes_of_pool(pool: NodePool) -> str | None:
    """Return a digest of the labels that select the nodes of `pool`; None where there are none."""
    return _digest(tuple(pool.node_selector.items())) if pool.node_selector else None


@lru_cache(_MOST_KEPT)
def _digest(selector: tuple[tuple[str, str | tuple[str, ...]], ...]) -> str:
    """Return a digest of labels and their values, both sorted: every placement on a pool has the same."""
    selected = sorted((key, sorted(values)) for key, values in selected_labels(dict(selector)).items())
    return f"#{hashlib.sha256(json.dumps(selected).encode()).hexdigest()[:_DIGEST_LENGTH]}"


def profile_of_unit(pool: NodePool, resource: str) -> str | None:
    """Return the MIG profile of the units that `pool` offers under the name of `resource`; None for whole GPUs.

    Under strategy `single` slices are `nvidia.com/gpu`, as whole GPUs are.
    """
    if resource != WHOLE_GPU_RESOURCE:
        return canonical_profile_name(resource)
    return pool.mig.profile if pool.mig else None


Kind = tuple[str, str | None]
"""A resource; and the MIG profile, where the resource does not say it."""


def kind_of_pool(pool: NodePool) -> Kind:
    """Return what the units of one GPU resource of a pool are."""
    return pool.resource, (profile_of_unit(pool, pool.resource) if pool.resource == WHOLE_GPU_RESOURCE else None)


def kind_of_unit(unit: KnownUnit) -> Kind:
    """Return what the units of an earlier plan were."""
    return unit.resource or "", (unit.mig_profile if unit.resource == WHOLE_GPU_RESOURCE else None)
