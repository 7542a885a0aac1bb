"""The most memory that a pool may declare of a unit without being corrected: what drivers leave of it for programs."""

from __future__ import annotations

import math

from slicewise.mig import GpuModel


def most_gib(gpu: GpuModel | None, profile: str | None) -> float | None:
    """Return the GiB that a slice of `profile`, or without one the whole GPU, has; None where that is not known.

    Of a slice it is the least that its driver was seen to leave, to two decimals: 39.5 of a `3g.40gb` of an H100.
    """
    if gpu is None:
        return None
    if profile is None:
        return gpu.memory_gib
    known = gpu.profile(profile)
    if known is None:
        return None
    usable = None if known.usable_mib is None else in_gib(known.usable_mib)
    return min((each for each in (known.nominal_gib, usable) if each is not None), default=None)


def in_gib(mib: int) -> float:
    """Return the most GiB of two decimals that are not more than so many MiB."""
    return math.floor(mib * 100 / 1024) / 100
