"""Parts of a service's router that KServe refuses, or that do nothing, without each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policies.rules.reading import Field, is_service, properties
from policies.rules.rule_types import (
    Config,
    Finding,
    Level,
    Outcome,
    PolicySeverity,
    Resource,
    ResourceRule,
    Unchecked,
)


def _check(resource: Resource, _: Config) -> Iterator[Outcome]:
    spec = properties(resource)["spec"]
    router = spec["router"]
    route = router["route"]
    if not route.present and router["scheduler"].present:
        yield _without_route(route, spec)
    # As KServe v0.20 has it in its webhook (validateTrafficFields); weight 0 is a weight.
    if route["group"].present and not route["weight"].present:
        yield Finding(
            route["weight"].path, "a group without a weight is refused by KServe", "write a weight beside the group"
        )
    if route["weight"].present and not route["group"].present:
        yield Finding(
            route["group"].path, "a weight without a group is refused by KServe", "write a group beside the weight"
        )


def _without_route(route: Field, spec: Field) -> Outcome:
    if spec["baseRefs"].present:
        return Unchecked(route.path, "may come from baseRefs")
    return Finding(
        route.path,
        "there is a scheduler and no route, so nothing sends requests to its endpoint picker",
        "write route: {} beside it, or remove the scheduler",
    )


ROUTER_COMPLETE: Final = ResourceRule(
    name="router-complete",
    description="A router has a route beside its scheduler, and group and weight together.",
    remedy="Write the missing one of spec.router.route, its group and its weight.",
    severity=PolicySeverity.MEDIUM,
    level=Level.ADVISORY,
    applies=is_service,
    check=_check,
)
