"""GPU pods go to the nodes that are meant for them: pinned by labels, and tolerating the GPU taint."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from policies.rules.reading import Field, GpuRequest, NodeLabels, Pod, makes_pods, pod_requests, pods, required_labels
from policies.rules.rule_runner import each
from policies.rules.rule_types import Config, Finding, Level, Outcome, PolicySeverity, Resource, ResourceRule, Unchecked
from slicewise.kubernetes import GKE_ACCELERATOR_LABEL, PRODUCT_LABEL
from slicewise.mig import WHOLE_GPU_RESOURCE

# On every node of a cluster, or nearly: they tell no GPU from another.
_COMMON_LABELS: Final = ("kubernetes.io/os", "kubernetes.io/arch")
_FROM_BASE: Final = "may come from a baseRef or from what the config is merged with"
# Whose labels are on all nodes of a cluster, or on all that have GPUs; roles are the organisation's own.
_VENDORS: Final = (
    "kubernetes.io",
    "k8s.io",
    "nvidia.com",
    "cloud.google.com",
    "amazonaws.com",
    "azure.com",
    "azure.io",
)
_ROLE: Final = "node-role.kubernetes.io"


def _names_slice(request: GpuRequest) -> bool:
    return request.names_slice


def _check_slices_pinned(resource: Resource, config: Config) -> Iterator[Outcome]:
    return each(pods(resource), partial(_unpinned, config=config, slices=True))


def _check_whole_gpus_pinned(resource: Resource, config: Config) -> Iterator[Outcome]:
    return each(pods(resource), partial(_unpinned, config=config, slices=False))


def _unpinned(pod: Pod, *, config: Config, slices: bool) -> Iterator[Outcome]:
    requests = [request for request in pod_requests(pod) if _names_slice(request) == slices]
    if not requests or _is_pinned(pod, config):
        return
    selector = pod.spec["nodeSelector"]
    if not pod.whole:
        yield Unchecked(selector.path, _FROM_BASE)
        return
    keys = config.get("selectorKeys")
    missing = f"has none of {', '.join(keys)}" if keys else "does not pin the pod to a pool"
    names = ", ".join(dict.fromkeys(request.name for request in requests))
    why = (
        "the same profile on another GPU model is other hardware"
        if slices
        else "under the device plugin's single strategy and on GKE that may be a slice"
    )
    labels = "one of these labels" if keys else "the labels"
    example = "" if keys else f", such as {PRODUCT_LABEL} or {GKE_ACCELERATOR_LABEL}"
    remedy = f"add {labels} of the node pool{example}"
    yield Finding(selector.path, f"{missing}, and asks for {names}: {why}", remedy)


def _is_pinned(pod: Pod, config: Config) -> bool:
    if pod.spec["nodeName"].text():
        return True
    return all(_pins(labels, config) for labels in required_labels(pod))


def _pins(labels: NodeLabels, config: Config) -> bool:
    if labels.nodes is not None:
        return True
    keys = config.get("selectorKeys")
    if keys:
        return not labels.selecting.isdisjoint(keys)
    return bool(labels.selecting - set(_COMMON_LABELS)) or not all(map(_is_on_many, labels.existing))


def _is_on_many(label: str) -> bool:
    """Return whether nodes of many pools have the label, whatever its value: that it is there pins to none of them."""
    domain, slash, _ = label.rpartition("/")
    of_vendor = any(domain == vendor or domain.endswith(f".{vendor}") for vendor in _VENDORS)
    return bool(slash) and domain != _ROLE and of_vendor


def _check_toleration(resource: Resource, config: Config) -> Iterator[Outcome]:
    return each(pods(resource), partial(_intolerant, config=config))


def _taints(config: Config) -> list[str]:
    return list(config.get("taints", (WHOLE_GPU_RESOURCE,)))


def _intolerant(pod: Pod, *, config: Config) -> Iterator[Outcome]:
    if not pod_requests(pod):
        return
    tolerations = pod.spec["tolerations"]
    for taint in _taints(config):
        if any(_tolerates(toleration, taint) for toleration in tolerations.elements()):
            continue
        if not pod.whole and not tolerations.present:
            yield Unchecked(tolerations.path, _FROM_BASE)
            continue
        problem = f"the taint {taint}:NoSchedule of GPU nodes is not tolerated, so the pod stays Pending on them"
        yield Finding(tolerations.path, problem, f"add {{key: {taint}, operator: Exists, effect: NoSchedule}}")


def _tolerates(toleration: Field, taint: str) -> bool:
    key = toleration["key"].text() or ""
    if toleration["effect"].text() not in (None, "", "NoSchedule"):
        return False
    # Without a key it tolerates everything. The value of a taint is not compared: clusters choose it.
    return key == taint or (not key and toleration["operator"].text() == "Exists")


def _fix_toleration(resource: Resource, config: Config) -> bool:
    changed = False
    for pod in pods(resource):
        if not pod.whole or not pod_requests(pod):
            continue
        tolerations = pod.spec["tolerations"]
        missing = [
            {"key": taint, "operator": "Exists", "effect": "NoSchedule"}
            for taint in _taints(config)
            if not any(_tolerates(toleration, taint) for toleration in tolerations.elements())
        ]
        # A value that is not a list is one that is not known yet.
        if missing and isinstance(tolerations.value, list | None):
            pod.spec.value["tolerations"] = [*(tolerations.value or []), *missing]
            changed = True
    return changed


_SELECTOR_KEYS: Final = {
    "selectorKeys": {
        "type": "array",
        "items": {"type": "string"},
        "minItems": 1,
        "description": "Node labels, at least one of which must be selected; if not set, any label except os and arch.",
    }
}
WHOLE_GPU_PINNED: Final = ResourceRule(
    name="whole-gpu-pinned",
    description="A pod that asks for nvidia.com/gpu, which may be a slice, is pinned to a pool by required labels.",
    remedy="Add the labels of the node pool to nodeSelector (required node affinity counts too).",
    severity=PolicySeverity.HIGH,
    level=Level.MANDATORY,
    applies=makes_pods,
    check=_check_whole_gpus_pinned,
    config=_SELECTOR_KEYS,
)
SLICE_PINNED: Final = ResourceRule(
    name="slice-pinned",
    description="A pod that asks for a MIG resource is pinned to a pool by required labels.",
    remedy="Add the labels of the node pool to nodeSelector (required node affinity counts too).",
    severity=PolicySeverity.MEDIUM,
    level=Level.ADVISORY,
    applies=makes_pods,
    check=_check_slices_pinned,
    config=_SELECTOR_KEYS,
)
GPU_TOLERATION: Final = ResourceRule(
    name="gpu-toleration",
    description="A GPU pod tolerates the taint that keeps other pods off GPU nodes.",
    remedy="Add the toleration in the message; at level `remediate` the policy does so itself.",
    severity=PolicySeverity.MEDIUM,
    level=Level.MANDATORY,
    applies=makes_pods,
    check=_check_toleration,
    config={
        "taints": {
            "type": "array",
            "items": {"type": "string"},
            "minItems": 1,
            "default": [WHOLE_GPU_RESOURCE],
            "description": "Keys of the taints that must be tolerated.",
        }
    },
    fix=_fix_toleration,
)
