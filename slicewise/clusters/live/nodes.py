"""What a Node object says of the node and its GPUs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slicewise.clusters.live.facts import LiveNode, Taint
from slicewise.clusters.live.gpu_labels import read_gpus
from slicewise.documents import is_declarable
from slicewise.kubernetes import amounts, items, mapping, text, whole


def live_node(node: Mapping[str, Any]) -> LiveNode:
    """Return what a Node object says; whatever is malformed in it counts as not there.

    Args:
        node: The object as the API server writes it (core/v1, JSON).
    """
    metadata, spec, status = (mapping(node.get(part)) for part in ("metadata", "spec", "status"))
    labels = {key: value for key, value in mapping(metadata.get("labels")).items() if isinstance(value, str)}
    allocatable = mapping(status.get("allocatable"))
    return LiveNode(
        name=text(metadata.get("name")),
        labels=labels,
        taints=_taints(spec.get("taints")),
        ready=any(
            (each.get("type"), each.get("status")) == ("Ready", "True") for each in items(status.get("conditions"))
        ),
        cordoned=spec.get("unschedulable") is True,
        cpu=text(allocatable.get("cpu")) or "0",
        memory=text(allocatable.get("memory")) or "0",
        gpus=read_gpus(labels, allocatable),
        provider_id=text(spec.get("providerID")),
        pods=whole(allocatable["pods"]) if "pods" in allocatable else None,
        storage=text(allocatable.get("ephemeral-storage")) or "0",
        extended=_extended(allocatable),
    )


def _extended(allocatable: Mapping[str, Any]) -> dict[str, int]:
    """Return what a pool can declare in `extendedResources`; kubelets list devices that are gone, too, as 0."""
    found = {name: int(number) for name, number in amounts(allocatable).items() if is_declarable(name)}
    return {name: number for name, number in sorted(found.items()) if number}


def _taints(taints: object) -> tuple[Taint, ...]:
    found = (Taint(text(each.get("key")), text(each.get("value")), text(each.get("effect"))) for each in items(taints))
    return tuple(
        sorted({taint for taint in found if taint.key}, key=lambda taint: (taint.key, taint.value, taint.effect))
    )
