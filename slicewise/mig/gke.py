"""What GKE offers: its names of GPU models, and the partition sizes that it cuts each into.

Source: GKE's cluster autoscaler, cloudprovider/gke (labels, machinetypes), 2026. It offers less than NVIDIA's drivers:
on A100 to GB200 no 4g and nothing with media extensions, on GB300 no partitions at all. The plugin on GKE's nodes knows
some 4g sizes; a pool of these could never be scaled, so they are left out here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

# Accelerator type -> the catalogue's short name of its GPU model.
_MODELS: Final[Mapping[str, str]] = {
    "nvidia-tesla-a100": "a100-40gb",
    "nvidia-a100-80gb": "a100-80gb",
    "nvidia-h100-80gb": "h100-80gb",
    "nvidia-h100-mega-80gb": "h100-80gb",
    "nvidia-h200-141gb": "h200",
    "nvidia-b200": "b200",
    "nvidia-gb200": "gb200",
    "nvidia-gb300": "gb300",
    "nvidia-rtx-pro-6000": "rtx-pro-6000",
    "nvidia-l4": "l4",
    "nvidia-tesla-t4": "t4",
    "nvidia-tesla-v100": "v100",
    "nvidia-tesla-p100": "p100",
    "nvidia-tesla-p4": "p4",
    "nvidia-tesla-k80": "k80",
}
# GPU model -> its partition sizes, in the spelling of NVIDIA's driver and of GKE's node configuration.
_PARTITION_SIZES: Final[Mapping[str, tuple[str, ...]]] = {
    "a100-40gb": ("1g.5gb", "2g.10gb", "3g.20gb", "7g.40gb"),
    "a100-80gb": ("1g.10gb", "2g.20gb", "3g.40gb", "7g.80gb"),
    "h100-80gb": ("1g.10gb", "1g.20gb", "2g.20gb", "3g.40gb", "7g.80gb"),
    "h200": ("1g.18gb", "1g.35gb", "2g.35gb", "3g.71gb", "7g.141gb"),
    "b200": ("1g.23gb", "1g.45gb", "2g.45gb", "3g.90gb", "7g.180gb"),
    "gb200": ("1g.23gb", "1g.47gb", "2g.47gb", "3g.93gb", "7g.186gb"),
    "rtx-pro-6000": (
        *("1g.24gb", "1g.24gb+me", "1g.24gb+gfx", "1g.24gb+me.all", "1g.24gb-me"),
        *("2g.48gb", "2g.48gb+gfx", "2g.48gb+me.all", "2g.48gb-me", "4g.96gb", "4g.96gb+gfx"),
    ),
}
# The one model that has two names: which it is goes by the machine.
_MEGA_MACHINE: Final = "a3-megagpu-"
_MEGA: Final = "nvidia-h100-mega-80gb"

GKE_ACCELERATORS: Final = tuple(_MODELS)
"""Every accelerator type of GKE."""


def gke_accelerator(model: str, machine_type: str | None) -> str | None:
    """Return GKE's accelerator type for a GPU model of the catalogue (`h100-80gb`); None where GKE has none.

    Args:
        model: The catalogue's short name.
        machine_type: The machine type of the nodes: H100s of A3 Mega machines have a name of their own.
    """
    if _MODELS[_MEGA] == model and (machine_type or "").startswith(_MEGA_MACHINE):
        return _MEGA
    return next((name for name, named in _MODELS.items() if named == model), None)


def gke_partition_sizes(model: str) -> tuple[str, ...]:
    """Return the partition sizes that GKE cuts a GPU model of the catalogue into; empty where it cuts none."""
    return _PARTITION_SIZES.get(model, ())
