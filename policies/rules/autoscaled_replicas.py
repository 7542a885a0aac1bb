"""Replicas have one owner."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from policies.rules.reading import autoscaler_of, autoscalers, group_and_kind, is_service, properties
from policies.rules.rule_types import Config, Finding, Level, Outcome, PolicySeverity, Resource, StackRule

_SCALABLE: Final = (("apps", "Deployment"), ("apps", "StatefulSet"), ("leaderworkerset.x-k8s.io", "LeaderWorkerSet"))


def _check(resources: Sequence[Resource], _: Config) -> Iterator[Outcome]:
    owners = autoscalers(resources)
    for resource in resources:
        if is_service(resource.type) or group_and_kind(resource.type) in _SCALABLE:
            owner = autoscaler_of(resource, owners)
            replicas = properties(resource)["spec"]["replicas"]
            if owner and replicas.present:
                problem = f"is set, and {owner.resource.name} owns it: each update takes back what it scaled to"
                yield Finding(replicas.path, problem, "leave replicas out", resource.urn)


AUTOSCALED_REPLICAS: Final = StackRule(
    name="autoscaled-replicas",
    description="If a ScaledObject or a HorizontalPodAutoscaler owns the replicas, the workload does not set them.",
    remedy="Leave replicas out of autoscaled workloads.",
    severity=PolicySeverity.HIGH,
    level=Level.MANDATORY,
    check=_check,
)
