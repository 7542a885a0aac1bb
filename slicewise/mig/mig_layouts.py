"""Layouts of NVIDIA's MIG manager: what `all-<profile>` makes of the GPUs of a model.

Source: mig-parted v0.13.1, deployments/systemd/config-default.yaml, as in the GPU Operator: 81 layouts, some with
filters of device ids. From 0.14 on MIG manager makes its layouts from the GPUs that are there.
"""

from __future__ import annotations

from typing import Final

from slicewise.mig.gpu_models import GpuModel
from slicewise.mig.profiles import kubernetes_spelling

WHOLE_LAYOUT: Final = "all-disabled"
"""The layout of GPUs that are not cut."""
UNCUT_LAYOUT: Final = "all-enabled"
"""MIG mode on, and no slices: such GPUs offer nothing."""

# Without layouts by the names of their profiles; of GB300 those of the drivers 61x.
_NONE: Final = frozenset({"h100-64gb", "rtx-pro-4500", "thor"})
_NO_LAYOUT: Final = {
    "gb300": frozenset({"1g.31gb", "1g.31gb+me", "1g.63gb", "2g.63gb", "3g.126gb", "4g.126gb", "7g.251gb"}),
    # 1g.35gb is for H200 SXM (0x2335) and GB300; no GPU of another id gets any, and the state is success.
    "h20-141gb": frozenset({"1g.35gb"}),
}
_H200: Final = "h200"
_H200_SXM_ALONE: Final = "1g.35gb"
_NVL: Final = "nvl"
# More, or fewer, than one GPU holds: these layouts are those of RTX PRO 6000.
_OTHER_NUMBERS: Final = {
    "gb200": {"1g.24gb": 4},
    "rtx-pro-5000": {"1g.24gb": 4, "1g.24gb+gfx": 4, "1g.24gb-me": 4, "2g.48gb": 2, "2g.48gb+gfx": 2},
}


def layout_name(profile: str | None) -> str:
    """Return what MIG manager calls the layout of GPUs that are all cut into `profile`, or not at all where None."""
    return f"all-{kubernetes_spelling(profile)}" if profile else WHOLE_LAYOUT


def slices_made(model: GpuModel, profile: str, accelerator: str = "") -> int:
    """Return how many slices a GPU gets by the layout of `profile` up to MIG manager 0.13.

    Args:
        model: The GPU model.
        profile: One of its profiles.
        accelerator: The GPU model as a label writes it, which may tell boards of a model apart.

    Returns:
        The number, also where no GPU holds as many; 0 where there is no such layout, or not for this GPU.
    """
    known = model.profile(profile)
    if known is None or model.name in _NONE or profile in _NO_LAYOUT.get(model.name, ()):
        return 0
    if (model.name, profile) == (_H200, _H200_SXM_ALONE) and _NVL in accelerator.lower():
        return 0
    return _OTHER_NUMBERS.get(model.name, {}).get(profile, known.per_gpu)
