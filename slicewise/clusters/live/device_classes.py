"""DeviceClasses: what they select, and which resource they answer (resource.k8s.io, DeviceClassSpec)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from slicewise.kubernetes import PublishedDevice, SelectorAnswer, answer_of_all, items, mapping, text


@dataclass(frozen=True, slots=True)
class LiveDeviceClass:
    """A DeviceClass.

    Attributes:
        name: Its name.
        resource: The extended resource that it answers; None for none.
        selectors: The CEL expressions that a device must satisfy, all of them.
        created: When it was made, as the API server writes it.
    """

    name: str
    resource: str | None
    selectors: tuple[str, ...]
    created: str = ""

    def selects(self, device: PublishedDevice) -> SelectorAnswer:
        """Return whether pods that ask by the class may get a device."""
        return answer_of_all(self.selectors, device)


def live_device_class(found: Mapping[str, Any]) -> LiveDeviceClass:
    """Return what a DeviceClass object says; what is malformed counts as not there."""
    metadata, spec = mapping(found.get("metadata")), mapping(found.get("spec"))
    return LiveDeviceClass(
        text(metadata.get("name")),
        text(spec.get("extendedResourceName")) or None,
        tuple(text(mapping(each.get("cel")).get("expression")) for each in items(spec.get("selectors"))),
        text(metadata.get("creationTimestamp")),
    )


def answering(classes: Iterable[LiveDeviceClass], resource: str) -> list[LiveDeviceClass]:
    """Return the classes that answer a resource, first the one that kube-scheduler uses: the newest.

    Of two that are equally old it is the first by name (k8s.io/dynamic-resource-allocation, extendedresourcecache).
    """
    by_name = sorted((each for each in classes if each.resource == resource), key=lambda each: each.name)
    return sorted(by_name, key=lambda each: each.created, reverse=True)
