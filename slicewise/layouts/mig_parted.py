"""Proposals as the configuration of NVIDIA's MIG manager: a config for each way to cut a node.

Source: mig-parted v0.13.1, api/spec/v1/spec.go: `version: v1`, and by name a list of devices with their slices.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from slicewise.layouts.gpu_cuts import NodeGpus


def mig_parted_config(nodes: Iterable[tuple[str, NodeGpus]]) -> dict[str, Any]:
    """Return the configuration as YAML data.

    Args:
        nodes: By name, how a node's GPUs are cut.
    """
    return {"version": "v1", "mig-configs": {name: _devices(node) for name, node in nodes}}


def _devices(node: NodeGpus) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    first = 0
    for counts, alike in groupby(node.cuts, key=lambda cut: cut.counts):
        count = len(list(alike))
        found.append(_entry(first, count, {"mig-enabled": True, "mig-devices": dict(counts)}))
        first += count
    if node.whole:
        found.append(_entry(first, node.whole, {"mig-enabled": False, "mig-devices": {}}))
    if len(found) == 1:
        found[0]["devices"] = "all"
    return found


def _entry(first: int, count: int, rest: dict[str, Any]) -> dict[str, Any]:
    return {"devices": list(range(first, first + count)), **rest}
