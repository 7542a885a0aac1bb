"""Replicas have one owner."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from policies.rules.reading import (
    Autoscaler,
    NameInCluster,
    autoscalers,
    group_and_kind,
    is_service,
    name_in_cluster,
    properties,
    scaled_names,
)
from policies.rules.rule_types import Config, Finding, Level, Outcome, PolicySeverity, Resource, StackRule

_SCALABLE: Final = (("apps", "Deployment"), ("apps", "StatefulSet"), ("leaderworkerset.x-k8s.io", "LeaderWorkerSet"))


def _check(resources: Sequence[Resource], _: Config) -> Iterator[Outcome]:
    owners = {scaler.target: scaler for scaler in autoscalers(resources)}
    for resource in resources:
        if is_service(resource.type) or group_and_kind(resource.type) in _SCALABLE:
            owner = _owner(resource, owners)
            replicas = properties(resource)["spec"]["replicas"]
            if owner and replicas.present:
                problem = f"is set, and {owner.resource.name} owns it: each update takes back what it scaled to"
                yield Finding(replicas.path, problem, "leave replicas out", resource.urn)


def _owner(resource: Resource, owners: dict[NameInCluster, Autoscaler]) -> Autoscaler | None:
    name = name_in_cluster(resource)
    if name is None:
        return None
    names = scaled_names(name) if is_service(resource.type) else (name,)
    return next((owners[each] for each in names if each in owners), None)


AUTOSCALED_REPLICAS: Final = StackRule(
    name="autoscaled-replicas",
    description="If a ScaledObject or a HorizontalPodAutoscaler owns the replicas, the workload does not set them.",
    remedy="Leave replicas out of autoscaled workloads.",
    severity=PolicySeverity.HIGH,
    level=Level.MANDATORY,
    check=_check,
)
