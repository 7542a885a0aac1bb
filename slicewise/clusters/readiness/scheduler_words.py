"""What the scheduler's words on a pod without a node mean for slices, of the device plugin and of DRA drivers.

Source: messages of kube-scheduler 1.34.2 and 1.37.2 (plugins/noderesources, plugins/dynamicresources,
k8s.io/dynamic-resource-allocation); tests provoke each.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

_INSUFFICIENT: Final = re.compile(r"Insufficient (?P<resource>nvidia\.com/[A-Za-z0-9._-]+[A-Za-z0-9])")
_NO_CLASS: Final = re.compile(r"device class (?P<name>\S+) does not exist")
_FAILED_SELECTOR: Final = re.compile(r"running \"DynamicResources\" filter plugin: .*CEL (?:runtime|compile) error")
_NO_KEY: Final = re.compile(
    r"(?:on device (?P<device>\S+))?: CEL runtime error: no such key: (?P<key>[A-Za-z0-9_/]+)"  # 1.34 names no device
)

_UNEVALUATED: Final = "a selector cannot be evaluated"


def meanings(messages: Iterable[str]) -> list[str]:
    """Return what messages of the scheduler mean, each meaning once, in the order of the messages."""
    return list(dict.fromkeys(found for message in messages for found in _meanings_of(message)))


def _meanings_of(message: str) -> Iterable[str]:
    for told in _TOLD:
        if found := told(message):
            yield found


def _insufficient(message: str) -> str | None:
    match = _INSUFFICIENT.search(message)
    if match is None:
        return None
    resource = match["resource"]
    return (
        f"Insufficient {resource} means: on the nodes that the pod may go to, pods hold all of it, or nothing offers "
        f"it, neither a device plugin nor, from Kubernetes 1.36, a DeviceClass with extendedResourceName: {resource}"
    )


def _all_taken(message: str) -> str | None:
    if "cannot allocate all claims" not in message:
        return None
    return (
        "cannot allocate all claims means: the DRA driver has no free device that fits. All are held or tainted, "
        "ResourceSlices of a node are missing, or smaller slices are in the way where GPUs are cut on demand; a higher "
        "priority does not help, for no pod is preempted for its devices"
    )


def _no_class(message: str) -> str | None:
    match = _NO_CLASS.search(message)
    if match is None:
        return None
    return f"there is no DeviceClass {match['name']}; those of NVIDIA's come with its DRA driver's chart"


def _failed_selector(message: str) -> str | None:
    if not _FAILED_SELECTOR.search(message):
        return None
    match = _NO_KEY.search(message)
    device = (match and match["device"]) or "a device"
    lacking = f"{device} has no {match['key']}, which a selector reads" if match else _UNEVALUATED
    return (
        f"{lacking}: that ends the scheduling of the pod on every node; have the DeviceClass or claim ask first "
        "whether a device has it (.?NAME.orValue(''))"
    )


def _over_quota(message: str) -> str | None:
    if 'PreBind plugin "DynamicResources"' not in message or "exceeded quota" not in message:
        return None
    return "a ResourceQuota of the namespace counts devices or claims, and is used up: raise it, and the pods start"


_TOLD: Final[tuple[Callable[[str], str | None], ...]] = (
    _insufficient,
    _all_taken,
    _no_class,
    _failed_selector,
    _over_quota,
)
