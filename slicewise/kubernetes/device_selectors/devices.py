"""Devices as drivers publish them in ResourceSlices, and what their attributes are for selectors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from slicewise.kubernetes.device_selectors.failures import CelError
from slicewise.kubernetes.device_selectors.operations import Amount, CelValue, semver
from slicewise.kubernetes.json_values import items, mapping, text
from slicewise.kubernetes.quantity import quantity_value

_MIB: Final = 1024**2
_KEEPS_OUT: Final = frozenset({"NoSchedule", "NoExecute"})


class _Domains(dict[str, dict[str, Any]]):
    """Attributes by their domain; one of which there are none has an empty map, and is not an error."""

    default: Final[dict[str, Any]] = {}

    def __missing__(self, _domain: str) -> dict[str, Any]:
        return self.default


@dataclass(frozen=True)
class PublishedDevice:
    """A device of one ResourceSlice (resource.k8s.io).

    Attributes:
        driver: The driver that published it.
        pool: The pool that it is of.
        name: Its name, which is its own in the pool.
        attributes: Values by name, which may have a domain: `type`, `resource.kubernetes.io/pcieRoot`.
        capacity: Its capacity, quantities by name.
        counters: The shared counters that it consumes, by counter set and name, where the server has them.
        taints: The keys of the taints that keep pods from it.
    """

    driver: str
    pool: str
    name: str
    attributes: Mapping[str, Any]
    capacity: Mapping[str, str]
    counters: Mapping[str, Mapping[str, str]]
    taints: tuple[str, ...] = ()

    @cached_property
    def variables(self) -> Mapping[str, Any]:
        """What a selector may read: `device`."""
        amounts = {name: Amount(value) for name, each in self.capacity.items() if (value := quantity_value(each))}
        return {
            "device": {
                "driver": self.driver,
                "attributes": self._by_domain(self.attributes),
                "capacity": self._by_domain(amounts),
                "allowMultipleAllocations": False,
            }
        }

    def text(self, attribute: str) -> str:
        """Return an attribute that is text; empty where it is not there."""
        return text(self.attributes.get(attribute))

    def mebibytes(self, capacity: str) -> int | None:
        """Return a capacity in MiB; None where it is not there."""
        value = quantity_value(self.capacity.get(capacity))
        return int(value // _MIB) if value else None

    def _by_domain(self, values: Mapping[str, Any]) -> _Domains:
        found = _Domains()
        for name, value in values.items():
            domain, slash, own = name.rpartition("/")
            found.setdefault(domain if slash else self.driver, {})[own] = value
        return found


def read_devices(spec: Mapping[str, Any]) -> Iterator[PublishedDevice]:
    """Yield the devices of a ResourceSlice, given its `spec` (JSON); what is malformed counts as not there."""
    for each in items(spec.get("devices")):
        # In v1beta1 all but the name is in `basic`.
        device = mapping(each.get("basic")) or each
        yield PublishedDevice(
            text(spec.get("driver")),
            text(mapping(spec.get("pool")).get("name")),
            text(each.get("name")),
            {name: value for name, said in mapping(device.get("attributes")).items() for value in _values(said)},
            {name: text(mapping(said).get("value")) for name, said in mapping(device.get("capacity")).items()},
            {
                text(part.get("counterSet")): {
                    name: text(mapping(amount).get("value")) for name, amount in mapping(part.get("counters")).items()
                }
                for part in items(device.get("consumesCounters"))
            },
            tuple(text(taint.get("key")) for taint in items(device.get("taints")) if taint.get("effect") in _KEEPS_OUT),
        )


def _values(said: object) -> Iterator[Any]:
    """Yield the one value of an attribute: text, a number, a bool, a version, or a list of one of these."""
    for kind, value in mapping(said).items():
        try:
            yield _READ.get(kind, _as_it_is)(value)
        except CelError:
            continue


def _as_it_is(value: CelValue) -> CelValue:
    return value


def _versions(value: CelValue) -> CelValue:
    return [semver(each) for each in value] if isinstance(value, list) else semver(value)


_READ: Final = {"version": _versions, "versions": _versions}
