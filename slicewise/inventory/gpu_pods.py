"""Pods that hold GPUs or slices, counted as kube-scheduler counts them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from slicewise.inventory.facts import GpuPod
from slicewise.inventory.json_values import items, mapping, text, whole
from slicewise.manifests.vocabulary import NAME_LABEL, REVISION_ANNOTATION

_GPU_RESOURCES: Final = ("nvidia.com/gpu", "nvidia.com/mig-")
ENDED: Final = frozenset({"Succeeded", "Failed"})


def gpu_pods(pods: Iterable[Mapping[str, Any]]) -> tuple[GpuPod, ...]:
    """Return the pods that ask for GPUs or slices and have not ended, by namespace and name.

    Args:
        pods: Pod objects as the API server writes them (core/v1, JSON).
    """
    found = (_gpu_pod(pod) for pod in pods)
    return tuple(sorted((pod for pod in found if pod), key=lambda pod: (pod.namespace, pod.name)))


def _gpu_pod(pod: Mapping[str, Any]) -> GpuPod | None:
    metadata, spec = mapping(pod.get("metadata")), mapping(pod.get("spec"))
    requests = _requests(spec)
    if not requests or text(mapping(pod.get("status")).get("phase")) in ENDED:
        return None
    ours = REVISION_ANNOTATION in mapping(metadata.get("annotations"))
    return GpuPod(
        text(metadata.get("namespace")),
        text(metadata.get("name")),
        text(spec.get("nodeName")) or None,
        requests,
        (text(mapping(metadata.get("labels")).get(NAME_LABEL)) or None) if ours else None,
    )


def _requests(spec: Mapping[str, Any]) -> dict[str, int]:
    """Return the units that a node must have free (k8s.io/component-helpers, resource.PodRequests).

    Containers and sidecars (init containers that are always restarted) run together; another init container runs
    alone with the sidecars before it.
    """
    together, most = Counter[str](), Counter[str]()
    for container in items(spec.get("initContainers")):
        if container.get("restartPolicy") == "Always":
            together += _container_requests(container)
            most |= together
        else:
            most |= together + _container_requests(container)
    for container in items(spec.get("containers")):
        together += _container_requests(container)
    return dict(sorted((most | together).items()))


def _container_requests(container: Mapping[str, Any]) -> Counter[str]:
    resources = mapping(container.get("resources"))
    # For what is limited and not requested the API server fills in the limit.
    requests = {**mapping(resources.get("limits")), **mapping(resources.get("requests"))}
    return Counter({name: whole(amount) for name, amount in requests.items() if name.startswith(_GPU_RESOURCES)})
