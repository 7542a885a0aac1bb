"""Pools that no node can be in both of, whatever their labels: it would need more GPUs than it has."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from slicewise.documents.cloud_nodes import catalogued
from slicewise.documents.environment import NodePool
from slicewise.kubernetes import GKE_ACCELERATOR_LABEL, INSTANCE_TYPE_LABEL, PRODUCT_LABEL, REGION_LABEL, ZONE_LABEL
from slicewise.mig import GpuModel, can_be_placed, canonical_profile_name, fewest_gpus

# The same on nodes that are cut in many ways.
_OF_ANY_NODES: Final = {PRODUCT_LABEL, GKE_ACCELERATOR_LABEL, INSTANCE_TYPE_LABEL, REGION_LABEL, ZONE_LABEL}
# What GPU feature discovery writes for each profile under strategy mixed (k8s-device-plugin v0.20, internal/lm).
_COUNTED: Final = re.compile(r"nvidia\.com/mig-(?P<profile>[0-9a-z.-]+)\.count")


def are_told_by_gpus(one: NodePool, other: NodePool) -> bool:
    """Return whether no node can be in both pools, going by the GPUs that it would need.

    `nvidia.com/mig-1g.5gb.count: 56` selects nodes whose eight A100s are all cut, and none with eight whole ones. What
    is declared counts only if the nodeSelectors have no name of nodes in common: those that have one probably mean the
    same nodes, and too many slices are a mistake.
    """
    gpu = catalogued(one)
    if gpu is None or catalogued(other) != gpu:
        return False
    return _need_too_many(gpu, one, other) or _need_too_many(gpu, other, one)


def _need_too_many(gpu: GpuModel, one: NodePool, other: NodePool) -> bool:
    slices, whole = _selected(gpu, one, other)
    theirs, left = _units(gpu, other)
    together = {**slices, **{profile: max(count, slices.get(profile, 0)) for profile, count in theirs.items()}}
    if not (slices or whole) or not can_be_placed(gpu, list(together)):
        return False
    needed = fewest_gpus(gpu, together)
    return needed is None or needed + whole + left > max(one.accelerator_count, other.accelerator_count)


def _selected(gpu: GpuModel, pool: NodePool, other: NodePool) -> tuple[Mapping[str, int], int]:
    """Return the slices of each profile, and the whole GPUs, that a node has at least which `pool` selects."""
    if (pool.selected.keys() & other.selected.keys()) <= _OF_ANY_NODES:
        return _units(gpu, pool)
    found: dict[str, int] = {}
    for key, values in pool.selected.items():
        match = _COUNTED.fullmatch(key)
        if match and all(value.isdecimal() for value in values):
            found[canonical_profile_name(match["profile"])] = min(map(int, values))
    return found, 0


def _units(gpu: GpuModel, pool: NodePool) -> tuple[Mapping[str, int], int]:
    """Return the slices of each profile, and the whole GPUs, that a node of `pool` has at least."""
    mig = pool.mig
    if mig is None:
        return {}, max(pool.accelerator_count - pool.reserved_units, 0)
    reserved = mig.reserved_slices or {}
    if mig.slices:
        return {name: max(count - reserved.get(name, 0), 0) for name, count in mig.slices.items()}, mig.whole_gpus
    profile = gpu.profile(mig.profile or "")
    if profile is None:
        return {}, 0
    return {profile.name: max(profile.per_gpu * pool.accelerator_count - pool.reserved_units, 0)}, 0
