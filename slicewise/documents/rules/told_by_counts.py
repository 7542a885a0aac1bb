"""Pools whose nodes a count of slices keeps apart: the GPUs beside these slices are fewer than the others have."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from slicewise.documents.cloud_nodes import catalogued
from slicewise.documents.environment import NodePool
from slicewise.mig import GpuModel, can_be_placed, canonical_profile_name, fewest_gpus

# What GPU feature discovery writes for each profile under strategy mixed (k8s-device-plugin v0.20, internal/lm).
_COUNTED: Final = re.compile(r"nvidia\.com/mig-(?P<profile>[0-9a-z.-]+)\.count")


def are_told_by_counts(one: NodePool, other: NodePool) -> bool:
    """Return whether no node can be in both pools, going by the number of slices that one of them selects by.

    `nvidia.com/mig-1g.5gb.count: 56` is a node whose eight A100s are all cut, and not one with eight whole ones.
    """
    gpu = catalogued(one)
    if gpu is None or catalogued(other) != gpu:
        return False
    return _leaves_too_few(gpu, one, other) or _leaves_too_few(gpu, other, one)


def _leaves_too_few(gpu: GpuModel, one: NodePool, other: NodePool) -> bool:
    counted = _counted(one)
    slices, whole = _units(gpu, other)
    together = counted | {profile: max(count, counted.get(profile, 0)) for profile, count in slices.items()}
    if not counted or not can_be_placed(gpu, list(together)):
        return False
    needed = fewest_gpus(gpu, together)
    return needed is None or needed + whole > max(one.accelerator_count, other.accelerator_count)


def _counted(pool: NodePool) -> dict[str, int]:
    """Return how many slices of each profile a node has at least that the pool's nodeSelector selects."""
    found: dict[str, int] = {}
    for key, values in pool.selected.items():
        match = _COUNTED.fullmatch(key)
        if match and all(value.isdecimal() for value in values):
            found[canonical_profile_name(match["profile"])] = min(map(int, values))
    return found


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
