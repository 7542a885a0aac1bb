"""Proposals as the configuration of NVIDIA's MIG manager: a config for each way to cut a node.

Source: mig-parted v0.13.1, api/spec/v1/spec.go: `version: v1`, and by name a list of devices with their slices.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from slicewise.layouts.gpu_cuts import GpuCut


def mig_parted_config(cuts: Iterable[tuple[str, Sequence[GpuCut], int]]) -> dict[str, Any]:
    """Return the configuration as YAML data.

    Args:
        cuts: By name, the cut of each GPU of a node, and how many more GPUs it has, which are not cut.
    """
    return {"version": "v1", "mig-configs": {name: _devices(gpus, whole) for name, gpus, whole in cuts}}


def _devices(gpus: Sequence[GpuCut], whole: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    first = 0
    for counts, alike in groupby(gpus, key=lambda cut: cut.counts):
        count = len(list(alike))
        found.append(_entry(first, count, {"mig-enabled": True, "mig-devices": dict(counts)}))
        first += count
    if whole:
        found.append(_entry(first, whole, {"mig-enabled": False, "mig-devices": {}}))
    if len(found) == 1:
        found[0]["devices"] = "all"
    return found


def _entry(first: int, count: int, rest: dict[str, Any]) -> dict[str, Any]:
    return {"devices": list(range(first, first + count)), **rest}
