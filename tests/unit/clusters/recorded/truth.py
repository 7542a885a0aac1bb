"""What can run on a node, said from how it is laid out alone: not from labels, and sharing no code with the product.

Memory is what NVIDIA's tools print on such boards (`nvidia-smi`, `nvidia-smi mig -lgip`), in MiB.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from embedded.nvidia import GpuLayout, NodeLayout

GPU: Final = "nvidia.com/gpu"
_WHOLE: Final = {
    "a100-40gb": 40960,
    "a100-80gb": 81920,
    "a30": 24576,
    "h100-80gb": 81559,
    "h200": 143771,
    "l40s": 46068,
    "rtx-pro-6000": 97887,
    "rtx-pro-6000-max-q": 97887,
}
_SLICES: Final = {
    "a100-40gb": {5: 4864, 10: 9856, 20: 19968, 40: 40192},
    "a100-80gb": {10: 9728, 20: 19968, 40: 40192, 80: 80896},
    "a30": {6: 5952, 12: 11968, 24: 24000},
    "h100-80gb": {10: 9984, 20: 20096, 40: 40448, 80: 81152},
    "h200": {18: 16384, 35: 33024, 71: 71168, 141: 143104},
    "rtx-pro-6000": {24: 24192, 48: 48512, 96: 97280},
    "rtx-pro-6000-max-q": {24: 24192, 48: 48512, 96: 97280},
}


@dataclass(frozen=True)
class Units:
    """Units of one resource of a node, of which a pod may get any.

    Attributes:
        count: How many there are.
        memory: MiB of the smallest.
        alike: Whether all are of one board, and one kind.
        slices: Whether they are slices of GPUs.
    """

    count: int
    memory: int
    alike: bool
    slices: bool


def usable_units(layout: NodeLayout) -> dict[str, Units]:
    """Return the units that a model can be promised, by resource: none of a resource that has any other unit."""
    found: dict[str, list[tuple[str, int]]] = {}
    whole: set[str] = set()
    useless: set[str] = {f"nvidia.com/{name}" for name in _shared(layout)}
    if layout.strategy == "single" and not _fits_single(layout):
        return {}
    for gpu in layout.gpus:
        if not gpu.mig or layout.strategy == "none":
            found.setdefault(GPU, []).append((gpu.board, _WHOLE[gpu.board]))
            whole.add(GPU)
            if gpu.mig:
                useless.add(GPU)  # No program can use a GPU in MIG mode as one.
            continue
        for each in gpu.slices:
            profile, _, split = each.partition(":")
            resource = GPU if layout.strategy == "single" else f"nvidia.com/mig-{_plain(profile)}"
            found.setdefault(resource, []).append((gpu.board, _memory(gpu, profile)))
            if split:
                useless.add(resource)  # Its units share the memory of a slice.
    return {
        resource: Units(
            len(units), min(memory for _, memory in units), len(set(units)) == 1, slices=resource not in whole
        )
        for resource, units in found.items()
        if resource not in useless
    }


def is_as_it_should_be(layout: NodeLayout) -> bool:
    """Return whether nothing is wrong with a node: all that it offers can be used, and no GPU is without use."""
    cut = [gpu for gpu in layout.gpus if gpu.mig]
    if cut and layout.strategy == "none":
        return False
    if layout.strategy == "single" and not _fits_single(layout):
        return False
    split = any(":" in each for gpu in cut for each in gpu.slices)
    return not split and all(gpu.slices for gpu in cut) and all(each.alike for each in usable_units(layout).values())


def shares(layout: NodeLayout) -> bool:
    """Return whether anything that the node has is shared, and its labels say so."""
    if layout.strategy == "none" and all(gpu.mig for gpu in layout.gpus):
        return False
    used = (
        {f"mig-{_plain(each)}" for gpu in layout.gpus for each in gpu.slices} if layout.strategy == "mixed" else set()
    )
    if any(not gpu.mig for gpu in layout.gpus) or layout.strategy != "mixed":
        used.add("gpu")
    return bool(used & set(_shared(layout)))


def _shared(layout: NodeLayout) -> list[str]:
    ways = (layout.sharing or {}).values()
    return [each["name"].removeprefix("nvidia.com/") for way in ways for each in way["resources"]]


def _fits_single(layout: NodeLayout) -> bool:
    """Return whether strategy single works: all GPUs are whole, or all are cut into slices of one kind."""
    kinds = {each if gpu.mig else "whole" for gpu in layout.gpus for each in (gpu.slices or ("",))}
    boards = {gpu.board for gpu in layout.gpus}
    return kinds == {"whole"} or (len(kinds) == 1 and len(boards) == 1 and kinds != {""})


def _plain(profile: str) -> str:
    """Return a profile without its suffix: of that the device plugin names resources, up to 0.19.3."""
    return re.split("[+-]", profile, maxsplit=1)[0]


def _memory(gpu: GpuLayout, profile: str) -> int:
    gigabytes = re.search(r"\.(\d+)gb", profile)
    assert gigabytes
    return _SLICES[gpu.board][int(gigabytes[1])]


def memory_of(board: str, profile: str | None) -> int:
    """Return the MiB of a whole GPU of a board, or of one of its slices."""
    return _memory(GpuLayout(board), profile) if profile else _WHOLE[board]
