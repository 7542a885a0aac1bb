"""Slices of strategy single whose product label is missing: what their other labels say of them.

Names of boards with `-MIG-<profile>` behind them may be longer than the 63 characters of a label's value. Node feature
discovery then leaves the label out (NVIDIA RTX PRO 6000 Blackwell Max-Q Workstation Edition, 1g.24gb: 67).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from slicewise.kubernetes import (
    GPU_INSTANCE_SLICES_LABEL,
    GPU_MEMORY_LABEL,
    MIG_STRATEGY_LABEL,
    MULTIPROCESSORS_LABEL,
    whole,
)
from slicewise.mig import ALL_GPU_MODELS, GpuModel, MigProfile, MigStrategy, parse_profile_name


def has_slices(labels: Mapping[str, str]) -> bool:
    """Return whether `nvidia.com/gpu.*` is about slices: only of these GPU feature discovery says what they have."""
    is_single = labels.get(MIG_STRATEGY_LABEL) == MigStrategy.SINGLE
    return bool(whole(labels.get(GPU_INSTANCE_SLICES_LABEL))) or (is_single and MULTIPROCESSORS_LABEL in labels)


def profile_of(labels: Mapping[str, str], model: GpuModel | None) -> str:
    """Return the profile that compute slices and memory make likely, in the driver's spelling and without a suffix.

    Args:
        labels: The node's labels.
        model: The GPU model, where something else says it.
    """
    compute, memory = max(whole(labels.get(GPU_INSTANCE_SLICES_LABEL)), 1), whole(labels.get(GPU_MEMORY_LABEL))
    boards = (model,) if model else ALL_GPU_MODELS
    fitting = {each.name for board in boards for each in board.profiles if _fits(each, compute, memory)}
    # A name has no less than there is: 24 of 23.62 GiB.
    return fitting.pop() if len(fitting) == 1 else f"{compute}g.{max(math.ceil(memory / 1024), 1)}gb"


def _fits(profile: MigProfile, compute: int, memory: int) -> bool:
    parsed = parse_profile_name(profile.name)
    if parsed is None or parsed.compute != compute or parsed.suffix or not (profile.usable_mib and profile.most_mib):
        return False
    return profile.usable_mib <= memory <= profile.most_mib
