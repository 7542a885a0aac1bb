"""What pods have of DRA drivers by claims, in the units of the resources that a device plugin would offer.

Pods that ask for an extended resource ask for it in their containers, whoever answers; their claims are not counted
again, for such a pod does not name them in its spec.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from slicewise.clusters.live.device_classes import LiveDeviceClass
from slicewise.clusters.live.driver_gpus import resource_of_device
from slicewise.clusters.live.published_slices import PublishedPool
from slicewise.kubernetes import PublishedDevice, SelectorAnswer, answer_of_all, items, mapping, text, whole

ClaimKey = tuple[str, str]
"""Namespace and name of a ResourceClaim."""
_NOTHING: Final[Mapping[str, int]] = {}


@dataclass(frozen=True, slots=True)
class ClaimedUnits:
    """What each claim has, or asks for, and the pod that it counts for.

    Attributes:
        units: Units by resource, of each claim.
        holders: The first pod that a claim is reserved for: where several share a device, it counts once.
    """

    units: Mapping[ClaimKey, Mapping[str, int]] = field(default_factory=dict)
    holders: Mapping[ClaimKey, str] = field(default_factory=dict)

    def of_pod(self, pod: Mapping[str, Any]) -> Counter[str]:
        """Return the units that a pod (core/v1, JSON) has, or asks for, by claims."""
        metadata = mapping(pod.get("metadata"))
        namespace, name = text(metadata.get("namespace")), text(metadata.get("name"))
        found = Counter[str]()
        for claim in _claims_of(pod):
            key = (namespace, claim)
            if self.holders.get(key, name) == name:
                found.update(self.units.get(key, _NOTHING))
        return found


def claimed_units(
    claims: Iterable[Mapping[str, Any]], pools: Iterable[PublishedPool], classes: Iterable[LiveDeviceClass]
) -> ClaimedUnits:
    """Return what claims have, or ask for.

    Args:
        claims: ResourceClaims as the API server writes them (resource.k8s.io, JSON).
        pools: The devices that are published.
        classes: The cluster's DeviceClasses.
    """
    devices = {(device.driver, device.pool, device.name): device for pool in pools for device in pool.devices}
    by_name = {each.name: each for each in classes}
    units: dict[ClaimKey, Mapping[str, int]] = {}
    holders: dict[ClaimKey, str] = {}
    for claim in claims:
        metadata, status = mapping(claim.get("metadata")), mapping(claim.get("status"))
        key = (text(metadata.get("namespace")), text(metadata.get("name")))
        results = items(mapping(mapping(status.get("allocation")).get("devices")).get("results"))
        asked = Counter(_allocated(results, devices) if results else _asked(claim, by_name, devices.values()))
        if asked:
            units[key] = asked
            pods = [
                text(each.get("name")) for each in items(status.get("reservedFor")) if each.get("resource") == "pods"
            ]
            if pods:
                holders[key] = pods[0]
    return ClaimedUnits(units, holders)


def _claims_of(pod: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of the claims that a pod's spec refers to, as far as they are made."""
    made = {
        text(each.get("name")): text(each.get("resourceClaimName"))
        for each in items(mapping(pod.get("status")).get("resourceClaimStatuses"))
    }
    for each in items(mapping(pod.get("spec")).get("resourceClaims")):
        if name := text(each.get("resourceClaimName")) or made.get(text(each.get("name")), ""):
            yield name


def _allocated(
    results: Iterable[Mapping[str, Any]], devices: Mapping[tuple[str, str, str], PublishedDevice]
) -> Iterator[str]:
    for each in results:
        key = (text(each.get("driver")), text(each.get("pool")), text(each.get("device")))
        resource = resource_of_device(devices[key]) if key in devices and each.get("adminAccess") is not True else None
        if resource:
            yield resource


def _asked(
    claim: Mapping[str, Any], classes: Mapping[str, LiveDeviceClass], devices: Iterable[PublishedDevice]
) -> Iterator[str]:
    """Yield the resources that a claim without devices waits for: those of the first device that each request takes."""
    for request in items(mapping(mapping(claim.get("spec")).get("devices")).get("requests")):
        # In v1beta1 a request is exact as it is.
        exact = mapping(request.get("exactly")) or request
        device_class = classes.get(text(exact.get("deviceClassName")))
        if device_class is None:
            continue
        own = [text(mapping(each.get("cel")).get("expression")) for each in items(exact.get("selectors"))]
        selectors = (*device_class.selectors, *own)
        fitting = (each for each in devices if answer_of_all(selectors, each) is SelectorAnswer.YES)
        resource = next(filter(None, map(resource_of_device, fitting)), None)
        if resource:
            yield from [resource] * (whole(exact.get("count")) or 1)
