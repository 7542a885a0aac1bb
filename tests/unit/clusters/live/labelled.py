"""Labels of GPU feature discovery and resources of the device plugin, written shortly; a key is nvidia.com's."""

from __future__ import annotations

A100 = "gpu.product=NVIDIA-A100-SXM4-40GB gpu.count=8 gpu.memory=40960 "
A100_SHARED = "gpu.product=NVIDIA-A100-SXM4-40GB-SHARED gpu.count=8 gpu.memory=40960 "
H100 = "gpu.product=NVIDIA-H100-80GB-HBM3 gpu.count=8 gpu.memory=81559 "


def labels_of(text: str) -> dict[str, str]:
    """Return `gpu.count=8 team/x=1` as labels."""
    pairs = (each.partition("=") for each in text.split())
    return {key if "/" in key else f"nvidia.com/{key}": value for key, _, value in pairs}


def resources_of(text: str) -> dict[str, int]:
    """Return `gpu=8 mig-3g.40gb=2` as resources."""
    return {key: int(value) for key, value in labels_of(text).items()}
