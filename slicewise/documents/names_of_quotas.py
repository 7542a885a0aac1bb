"""Names that people write for the fields of a Quota: those of ResourceQuotas, of Kueue, and older ones of pools."""

from __future__ import annotations

from typing import Final

from slicewise.documents.other_name import OtherName, renamed

_NOT_COUNTED: Final = OtherName("leave it out: quotas count units, their memory, or GPU equivalents")
_LIMITED: Final = {
    **dict.fromkeys(("unit", "slices", "devices", "maxUnits"), "units"),
    **dict.fromkeys(("gpuMemory", "memoryGiB", "vram", "maxMemory"), "memory"),
    **dict.fromkeys(("gpu", "gpus", "gpuEquivalent", "gpuCount", "maxGpus"), "gpuEquivalents"),
}
OF_QUOTAS: Final = {
    **{f"spec.limits.{name}": renamed(target) for name, target in _LIMITED.items()},
    **{f"spec.{name}": renamed(f"limits.{target}") for name, target in _LIMITED.items()},
    **{f"spec.limits.{name}": _NOT_COUNTED for name in ("replicas", "cpu", "pods", "deployments", "environments")},
    **dict.fromkeys(("spec.hard", "spec.limit", "spec.quota", "spec.max"), renamed("limits")),
    "spec.namespace": renamed("namespaces", ", a list"),
    "spec.teams": renamed("namespaces"),
    "spec.namespaceSelector": OtherName(
        "no document has labels of namespaces: write their names as namespaces, or labels of deployments as "
        "deploymentSelector.matchLabels"
    ),
    "spec.selector": renamed("deploymentSelector", ".matchLabels, which reads the labels of deployments"),
    "spec.matchLabels": renamed("deploymentSelector", ".matchLabels"),
    **dict.fromkeys(
        ("spec.poolSelector", "spec.pools", "spec.nodeSelector"), renamed("nodePoolSelector", ".matchLabels")
    ),
    "spec.clusterSelector": renamed("environmentSelector"),
    **dict.fromkeys(
        ("spec.resourceGroups", "spec.cohort"), OtherName("leave it out: quotas are not lent to each other")
    ),
    "metadata.namespace": OtherName("leave it out: a quota belongs to no namespace; whose it is says spec.namespaces"),
}
