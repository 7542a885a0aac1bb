"""GPU resources are called what the device plugin calls them, and limited to what is requested."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from policies.rules.reading import Field, is_asked_for, is_gpu_name, is_slice_name, makes_pods, pods
from policies.rules.rule_runner import each
from policies.rules.rule_types import Config, Finding, Level, Outcome, PolicySeverity, Resource, ResourceRule
from slicewise.kubernetes import quantity_value
from slicewise.mig import MigStrategy, canonical_profile_name, parse_profile_name, resource_name

_KINDS: Final = ("limits", "requests")
# Kubernetes' qualified name behind the domain: a + is not part of one, whatever the amount.
_QUALIFIED: Final = re.compile(r"nvidia\.com/[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?", re.IGNORECASE)


def _containers(resource: Resource) -> Iterator[Field]:
    for pod in pods(resource):
        yield from pod.containers


def right_spelling(resource: str) -> str | None:
    """Return what the device plugin calls the slice that `resource` means, or None if that cannot be told."""
    text = resource.lower().removeprefix("nvidia.com/").removeprefix("mig").strip("-_./ ")
    # "3g-40gb" and "3g40gb"; a "-" behind "gb" is part of the profile.
    compute, g, memory = text.partition("g")
    profile = canonical_profile_name(f"{compute}{g}.{memory.lstrip('.-_')}")
    return resource_name(profile, MigStrategy.MIXED) if parse_profile_name(profile) else None


def _check_spelling(resource: Resource, _: Config) -> Iterator[Outcome]:
    return each(_containers(resource), _misspelled)


def _misspelled(container: Field) -> Iterator[Outcome]:
    for kind in _KINDS:
        yield from each(container["resources"][kind].entries().items(), _misspelling)


def _misspelling(entry: tuple[str, Field]) -> Iterator[Outcome]:
    name, amount = entry
    right = right_spelling(name) if is_slice_name(name) else name
    if right == name or (_QUALIFIED.fullmatch(name) and not is_asked_for(amount)):
        return
    remedy = f"write {right}" if right else "write nvidia.com/mig-<profile>, such as nvidia.com/mig-3g.40gb"
    if not _QUALIFIED.fullmatch(name):
        yield Finding(amount.path, f"{name} is not a name that Kubernetes takes, so no pod is made", remedy)
    elif right is None:
        yield Finding(amount.path, f"{name} does not name a MIG profile, so the pod stays Pending", remedy)
    else:
        yield Finding(amount.path, f"no device plugin advertises {name}, so the pod stays Pending", remedy)


def _fix_spelling(resource: Resource, _: Config) -> bool:
    changed = False
    for container in _containers(resource):
        for kind in _KINDS:
            amounts = container["resources"][kind].value
            for name in list(container["resources"][kind].entries()):
                right = right_spelling(name) if is_slice_name(name) else name
                # A second resource of the right name is another finding, and nothing to guess at.
                if right and right != name and right not in amounts:
                    amounts[right] = amounts.pop(name)
                    changed = True
    return changed


def _check_limits(resource: Resource, _: Config) -> Iterator[Outcome]:
    return each(_containers(resource), _unlimited)


def _unlimited(container: Field) -> Iterator[Outcome]:
    limits, requests = (container["resources"][kind] for kind in _KINDS)
    for name in filter(is_gpu_name, requests.entries()):
        limit, requested = limits[name], requests[name]
        if not limit.present:
            problem = f"requests {name} without a limit, which Kubernetes refuses"
            yield Finding(requested.path, problem, "write it under limits; the request follows")
        elif _value(requested) != _value(limit):
            problem = f"is {requested.text()} where the limit is {limit.text()}, and GPUs cannot be overcommitted"
            yield Finding(requested.path, problem, "remove the request: it follows the limit")


def _value(amount: Field) -> object:
    """Return what to compare: `1` and `1000m` are one amount; text that is not a quantity is itself."""
    value = quantity_value(amount.text())
    return amount.text() if value is None else value


RESOURCE_NAME: Final = ResourceRule(
    name="gpu-resource-name",
    description="A MIG resource has the spelling of the device plugin: nvidia.com/mig-<profile>, + written as a dot.",
    remedy="Use the spelling in the message; at level `remediate` the policy does so itself.",
    severity=PolicySeverity.HIGH,
    level=Level.MANDATORY,
    applies=makes_pods,
    check=_check_spelling,
    fix=_fix_spelling,
)
LIMITS_EQUAL_REQUESTS: Final = ResourceRule(
    name="gpu-limits-equal-requests",
    description="GPU resources are under limits, and any requests are equal to them.",
    remedy="Write GPU resources under limits only.",
    severity=PolicySeverity.MEDIUM,
    level=Level.MANDATORY,
    applies=makes_pods,
    check=_check_limits,
)
