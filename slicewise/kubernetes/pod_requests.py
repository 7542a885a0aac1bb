"""What containers ask for, and what a pod of them counts for: as the API server, LimitRanger and quotas add it up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from slicewise.kubernetes.json_values import items, mapping, text
from slicewise.kubernetes.quantity import GIB, quantity_value

Amounts = Mapping[str, Decimal]
"""Amounts by resource: cores, bytes, or units."""


@dataclass(frozen=True, slots=True)
class ContainerResources:
    """One container of a pod.

    Attributes:
        name: Its name.
        requests: What it requests; what is limited and not requested, it requests.
        limits: What it is limited to.
        first: Whether it runs before the others and ends (an init container that is not a sidecar).
    """

    name: str
    requests: Amounts
    limits: Amounts
    first: bool = False


@dataclass(frozen=True, slots=True)
class PodResources:
    """What a pod counts for: containers together, or an init container that asks for more.

    Attributes:
        requests: What it requests.
        limits: What it is limited to: the sum of what its containers say.
    """

    requests: Amounts
    limits: Amounts


NO_RESOURCES: Final = PodResources({}, {})
HUGE_PAGES: Final = "hugepages-"
"""What the resources of huge pages begin with (core/v1 ResourceHugePagesPrefix); amounts are bytes."""


def containers_of(spec: Mapping[str, Any]) -> tuple[ContainerResources, ...]:
    """Return the containers of a pod's spec (core/v1, JSON), init containers first."""
    return (
        *(_container(each, first=each.get("restartPolicy") != "Always") for each in items(spec.get("initContainers"))),
        *(_container(each, first=False) for each in items(spec.get("containers"))),
    )


def pod_resources(containers: Iterable[ContainerResources]) -> PodResources:
    """Return what a pod of these containers counts for (k8s.io/component-helpers, resource.PodRequests)."""
    containers = list(containers)
    return PodResources(
        _together([(each.requests, each.first) for each in containers]),
        _together([(each.limits, each.first) for each in containers]),
    )


def amounts(written: object) -> dict[str, Decimal]:
    """Return the amounts of a resource list as the API server writes it; what is not an amount is left out."""
    values = {name: quantity_value(value) for name, value in mapping(written).items()}
    return {name: value for name, value in values.items() if value is not None}


def shown_amount(resource: str, amount: Decimal) -> str:
    """Write an amount as people do: `500m`, `16Gi`, `3`."""
    if amount != amount.to_integral_value():
        return f"{int((amount * 1000).to_integral_value())}m"
    whole = int(amount)
    if "memory" in resource or "storage" in resource or resource.startswith(HUGE_PAGES):
        for suffix, size in (("Gi", GIB), ("Mi", 1024**2), ("Ki", 1024)):
            if whole and whole % size == 0:
                return f"{whole // size}{suffix}"
    return str(whole)


def _container(container: Mapping[str, Any], *, first: bool) -> ContainerResources:
    resources = mapping(container.get("resources"))
    limits, requests = amounts(resources.get("limits")), amounts(resources.get("requests"))
    # For what is limited and not requested the API server fills in the limit.
    return ContainerResources(text(container.get("name")), limits | requests, limits, first)


def _together(parts: Iterable[tuple[Amounts, bool]]) -> dict[str, Decimal]:
    """Return what a pod counts for: containers add up, one that runs first counts with the sidecars before it."""
    together, most = dict[str, Decimal](), dict[str, Decimal]()
    for each, first in parts:
        sum_ = {name: together.get(name, Decimal(0)) + each.get(name, Decimal(0)) for name in {*together, *each}}
        most = {name: max(most.get(name, Decimal(0)), sum_.get(name, Decimal(0))) for name in {*most, *sum_}}
        if not first:
            together = sum_
    return dict(sorted(most.items()))
