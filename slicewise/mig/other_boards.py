"""GPU models with four, three or two slices, and those that cannot do MIG at all."""

from __future__ import annotations

from typing import Final

from slicewise.mig.gpu_models import GpuModel, MeasuredMemory, Placing
from slicewise.mig.gpu_models import mig_profile as profile
from slicewise.mig.profiles import MigProfile

# Memory slices, and where an instance may begin: `nvidia-smi mig -lgipp` of an A30 and of an RTX PRO 6000, whose driver
# counts twelve memory slices.
_A30: Final[dict[str, Placing]] = {"1g": (1, (0, 1, 2, 3)), "2g": (2, (0, 2)), "4g": (4, (0,))}
_RTX_PRO_6000: Final[dict[str, Placing]] = {"1g": (3, (0, 3, 6, 9)), "2g": (6, (0, 6)), "4g": (12, (0,))}


def _placed(placing: dict[str, Placing], *profiles: tuple[str, int, MeasuredMemory]) -> tuple[MigProfile, ...]:
    """Return profiles of a board on which the number of compute slices says where one may be."""
    return tuple(profile(name, per_gpu, measured, placing[name[:2]]) for name, per_gpu, measured in profiles)


FEW_SLICE_BOARDS: Final = (
    # MIG User Guide, A30-24GB.
    GpuModel(
        "a30",
        24,
        _placed(
            _A30,
            ("1g.6gb", 4, 5952),
            ("1g.6gb+me", 1, 5952),
            ("2g.12gb", 2, 11968),
            ("2g.12gb+me", 1, 11968),
            ("4g.24gb", 1, (24000, 24064)),
        ),
    ),
    # MIG User Guide, RTX PRO 6000 Blackwell (all three editions); `-lgip` prints one memory for all suffixes of a size,
    # and 23.12 GiB or 23.62 GiB for the smallest.
    GpuModel(
        "rtx-pro-6000",
        96,
        _placed(
            _RTX_PRO_6000,
            ("1g.24gb", 4, (23680, 24192)),
            ("1g.24gb+me", 1, (23680, 24192)),
            ("1g.24gb+gfx", 4, (23680, 24192)),
            ("1g.24gb+me.all", 1, (23680, 24192)),
            ("1g.24gb-me", 4, (23680, 24192)),
            ("2g.48gb", 2, 48512),
            ("2g.48gb+gfx", 2, 48512),
            ("2g.48gb+me.all", 1, 48512),
            ("2g.48gb-me", 2, 48512),
            ("4g.96gb", 1, (97280, 97408)),
            ("4g.96gb+gfx", 1, (97280, 97408)),
        ),
        (
            "rtx-pro-6000-blackwell",
            "rtx-pro-6000-blackwell-server-edition",
            "rtx-pro-6000-blackwell-workstation-edition",
            "rtx-pro-6000-blackwell-max-q-workstation-edition",
        ),
    ),
    # MIG User Guide, RTX PRO 5000 Blackwell 48GB, as of v610; the v580 guide had other names.
    GpuModel(
        "rtx-pro-5000",
        48,
        (
            profile("1g.24gb", 2),
            profile("1g.24gb+me", 1),
            profile("1g.24gb+gfx", 2),
            profile("1g.24gb+me.all", 1),
            profile("1g.24gb-me", 2),
            profile("2g.48gb", 1),
            profile("2g.48gb+gfx", 1),
        ),
        ("rtx-pro-5000-blackwell",),
    ),
    # MIG User Guide, RTX PRO 4500 Blackwell 32GB: no profile with +me.
    GpuModel(
        "rtx-pro-4500",
        32,
        (
            profile("1g.16gb", 2),
            profile("1g.16gb+gfx", 2),
            profile("1g.16gb+me.all", 1),
            profile("1g.16gb-me", 2),
            profile("2g.32gb", 1),
            profile("2g.32gb+gfx", 1),
        ),
        ("rtx-pro-4500-blackwell", "rtx-pro-4500-blackwell-server-edition"),
    ),
    # MIG User Guide, Thor iGPU: memory is the system's (128 GB on Jetson T5000), so every profile says 0gb.
    GpuModel(
        "thor",
        128,
        (
            profile("1g.0gb", 1),
            profile("1g.0gb+me", 1),
            profile("1g.0gb+gfx", 1),
            profile("2g.0gb", 1),
            profile("2g.0gb+gfx", 1),
            profile("3g.0gb", 1),
            profile("3g.0gb+gfx", 1),
        ),
        ("jetson-thor", "jetson-agx-thor"),
    ),
)

# Absent from "supported GPUs" of the MIG User Guide (v620). Memory: NVIDIA's data sheets, for one GPU of the board.
BOARDS_WITHOUT_MIG: Final = (
    GpuModel("a2", 16),
    GpuModel("a10", 24),
    GpuModel("a10g", 24),
    GpuModel("a16", 16),  # the board carries four GPUs of 16 GB
    GpuModel("a40", 48),
    GpuModel("k80", 12, aliases=("tesla-k80",)),  # the board carries two GPUs of 12 GB
    GpuModel("l4", 24),
    GpuModel("l40", 48),
    GpuModel("l40s", 48),
    GpuModel("p4", 8, aliases=("tesla-p4",)),
    GpuModel("p100", 16, aliases=("tesla-p100", "p100-12gb")),
    GpuModel("rtx-6000-ada", 48, aliases=("rtx-6000-ada-generation",)),
    GpuModel("rtx-a6000", 48, aliases=("a6000",)),
    GpuModel("t4", 16, aliases=("tesla-t4",)),
    GpuModel("v100", 32, aliases=("tesla-v100", "v100-16gb")),  # sold with 16 and 32 GB; GKE's name does not say which
)
