"""A container has one slice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policies.rules.reading import Field, Pod, gpu_requests, is_slice, makes_pods, pods
from policies.rules.rule_runner import each
from policies.rules.rule_types import Config, Finding, Level, Outcome, PolicySeverity, Resource, ResourceRule


def _check(resource: Resource, _: Config) -> Iterator[Outcome]:
    return each(pods(resource), _of_pod)


def _of_pod(pod: Pod) -> Iterator[Outcome]:
    return each(pod.containers, lambda container: _of_container(container, pod))


def _of_container(container: Field, pod: Pod) -> Iterator[Outcome]:
    requests = gpu_requests(container)
    names = [request.name for request in requests]
    if len(names) > 1 and any(request.names_slice for request in requests):
        yield Finding(
            container["resources"].path,
            f"asks for {' and '.join(names)}, and a container sees only one kind of device",
            "ask for one MIG resource, and give other models pods of their own",
        )
    for request in requests:
        if request.count != 1 and is_slice(request, pod):
            yield Finding(
                request.amount.path,
                f"asks for {request.amount.text()} slices, and slices of one container cannot work together",
                "ask for 1 and scale by replicas, or use a larger profile",
            )


ONE_SLICE: Final = ResourceRule(
    name="one-slice-per-container",
    description="A container asks for one MIG slice, and for no other GPU.",
    remedy='Set the limit of one MIG resource to "1", remove other GPU resources, and scale by replicas.',
    severity=PolicySeverity.HIGH,
    level=Level.MANDATORY,
    applies=makes_pods,
    check=_check,
)
