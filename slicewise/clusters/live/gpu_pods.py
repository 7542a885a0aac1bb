"""Pods that hold GPUs or slices, counted as kube-scheduler counts them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from slicewise.clusters.live.claimed_devices import ClaimedUnits
from slicewise.clusters.live.facts import GpuPod
from slicewise.kubernetes import containers_of, items, mapping, pod_resources, text
from slicewise.manifests import COMPONENT_LABEL, NAME_LABEL, PREFILL_COMPONENT, REVISION_ANNOTATION
from slicewise.mig import is_gpu_resource

_DAEMONS: Final = ("DaemonSet", "Node")
ENDED: Final = frozenset({"Succeeded", "Failed"})
_NO_CLAIMS: Final = ClaimedUnits()


def gpu_pods(pods: Iterable[Mapping[str, Any]], claimed: ClaimedUnits = _NO_CLAIMS) -> tuple[GpuPod, ...]:
    """Return the pods that ask for GPUs or slices and have not ended, by namespace and name.

    Args:
        pods: Pod objects as the API server writes them (core/v1, JSON).
        claimed: What ResourceClaims have, or ask for.
    """
    found = (_gpu_pod(pod, claimed) for pod in pods)
    return tuple(sorted((pod for pod in found if pod), key=lambda pod: (pod.namespace, pod.name)))


def daemon_node(pod: Mapping[str, Any]) -> str | None:
    """Return the node of a pod that every such node runs: one of a DaemonSet, or of the node itself (static)."""
    owners = items(mapping(pod.get("metadata")).get("ownerReferences"))
    if not any(each.get("kind") in _DAEMONS for each in owners):
        return None
    return text(mapping(pod.get("spec")).get("nodeName")) or None


def _gpu_pod(pod: Mapping[str, Any], claimed: ClaimedUnits) -> GpuPod | None:
    metadata, spec = mapping(pod.get("metadata")), mapping(pod.get("spec"))
    whole_pod = pod_resources(containers_of(spec))
    requests = claimed.of_pod(pod)
    requests.update(
        {name: int(amount) for name, amount in whole_pod.requests.items() if is_gpu_resource(name) and amount}
    )
    if not requests or text(mapping(pod.get("status")).get("phase")) in ENDED:
        return None
    labels = mapping(metadata.get("labels"))
    ours = REVISION_ANNOTATION in mapping(metadata.get("annotations"))
    return GpuPod(
        text(metadata.get("namespace")),
        text(metadata.get("name")),
        text(spec.get("nodeName")) or None,
        dict(requests),
        (text(labels.get(NAME_LABEL)) or None) if ours else None,
        whole_pod,
        spec["priority"] if type(spec.get("priority")) is int else 0,
        text(spec.get("preemptionPolicy")) != "Never",
        ours and labels.get(COMPONENT_LABEL) == PREFILL_COMPONENT,
    )
