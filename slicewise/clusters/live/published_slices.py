"""ResourceSlices as the pools of devices that they are the parts of: those of the newest generation, if all are there.

Source: k8s.io/dynamic-resource-allocation v0.37.2, structured/internal (a pool of which slices are missing is not used;
in v0.34.2 it is); resource.k8s.io, ResourceSliceSpec.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from slicewise.kubernetes import PublishedDevice, items, mapping, read_devices, text, whole

RESOURCE_GROUP: Final = "resource.k8s.io"
RESOURCE_VERSIONS: Final = ("v1", "v1beta2", "v1beta1")
"""The versions that have ResourceSlices and DeviceClasses as they are read here, the newest first."""
_KEEPS_OUT: Final = frozenset({"NoSchedule", "NoExecute"})


@dataclass(frozen=True, slots=True)
class PublishedPool:
    """The devices of one pool of a driver.

    Attributes:
        driver: The driver.
        node: The node that they are on; empty where slices name none.
        devices: The devices, by name.
        counters: What they share, by counter set and name.
        is_complete: Whether all slices of the newest generation are there; else no pod gets any of its devices.
    """

    driver: str
    node: str
    devices: tuple[PublishedDevice, ...]
    counters: Mapping[str, Mapping[str, str]]
    is_complete: bool


def published_pools(
    slices: Iterable[Mapping[str, Any]], rules: Iterable[Mapping[str, Any]] = (), *, needs_all: bool = True
) -> list[PublishedPool]:
    """Return the pools of devices, by driver and name.

    Args:
        slices: ResourceSlices as the API server writes them (resource.k8s.io, JSON).
        rules: DeviceTaintRules, in the same way.
        needs_all: Whether the scheduler uses no pool of which slices are missing.
    """
    of_pool: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for each in slices:
        spec = mapping(each.get("spec"))
        pool = text(mapping(spec.get("pool")).get("name"))
        of_pool.setdefault((text(spec.get("driver")), pool), []).append(spec)
    taints = [mapping(each.get("spec")) for each in rules]
    found = [_pool(driver, specs, taints) for (driver, _), specs in sorted(of_pool.items())]
    return found if needs_all else [replace(each, is_complete=True) for each in found]


def _pool(driver: str, specs: list[Mapping[str, Any]], rules: list[Mapping[str, Any]]) -> PublishedPool:
    newest = max(_generation(spec) for spec in specs)
    current = [spec for spec in specs if _generation(spec) == newest]
    devices = [_tainted(device, rules) for spec in current for device in read_devices(spec)]
    return PublishedPool(
        driver,
        next((name for spec in current if (name := text(spec.get("nodeName")))), ""),
        tuple(sorted(devices, key=lambda device: device.name)),
        dict(counters for spec in current for counters in _counter_sets(spec)),
        all(whole(mapping(spec.get("pool")).get("resourceSliceCount")) == len(current) for spec in current),
    )


def _generation(spec: Mapping[str, Any]) -> int:
    return whole(mapping(spec.get("pool")).get("generation"))


def _counter_sets(spec: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, str]]]:
    for each in items(spec.get("sharedCounters")):
        counters = mapping(each.get("counters"))
        yield text(each.get("name")), {name: text(mapping(said).get("value")) for name, said in counters.items()}


def _tainted(device: PublishedDevice, rules: list[Mapping[str, Any]]) -> PublishedDevice:
    """Return the device with the taints of the rules that select it."""
    found = (mapping(rule.get("taint")) for rule in rules if _selects(mapping(rule.get("deviceSelector")), device))
    keys = tuple(text(taint.get("key")) for taint in found if taint.get("effect") in _KEEPS_OUT)
    return replace(device, taints=(*device.taints, *keys)) if keys else device


def _selects(selector: Mapping[str, Any], device: PublishedDevice) -> bool:
    wanted = {"driver": device.driver, "pool": device.pool, "device": device.name}
    return all(text(selector.get(field)) in ("", own) for field, own in wanted.items())
