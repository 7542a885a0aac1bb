"""Names of services: what KServe and LeaderWorkerSet append must still fit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from policies.rules.reading import Field, is_service, properties, workloads
from policies.rules.rule_types import Config, Finding, Level, Outcome, PolicySeverity, Resource, ResourceRule
from slicewise.addresses import MAX_LENGTH, MAX_LENGTH_AUTOSCALED, MAX_LENGTH_MULTI_NODE

_DNS_1035: Final = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")


def _check(resource: Resource, _: Config) -> Iterator[Outcome]:
    field = properties(resource)["metadata"]["name"]
    name = field.text()
    if name is None:
        return
    if not _DNS_1035.fullmatch(name):
        problem = f"{name} is not a DNS-1035 label, and KServe names a Service after it"
        yield Finding(field.path, problem, "use a-z, 0-9 and -, beginning with a letter and not ending with -")
    if len(name) > MAX_LENGTH:
        yield _too_long(field, name, MAX_LENGTH, "the limit of a label value, which it becomes")
        return
    yield from _by_shape(field, name, properties(resource)["spec"])


def _by_shape(field: Field, name: str, spec: Field) -> Iterator[Outcome]:
    if len(name) > MAX_LENGTH_MULTI_NODE and any(workload["worker"].present for workload in workloads(spec)):
        yield _too_long(field, name, MAX_LENGTH_MULTI_NODE, "beyond it the pods of a multi-node service are not made")
    elif len(name) > MAX_LENGTH_AUTOSCALED and any(workload["scaling"].present for workload in workloads(spec)):
        yield _too_long(field, name, MAX_LENGTH_AUTOSCALED, "beyond it KServe cuts the names that an autoscaler uses")


def _too_long(field: Field, name: str, limit: int, why: str) -> Finding:
    return Finding(
        field.path, f"{name} has {len(name)} characters and may have {limit}: {why}", "choose a shorter name"
    )


SERVICE_NAME: Final = ResourceRule(
    name="service-name",
    description="The name of a service is a DNS-1035 label, short enough for everything that is named after it.",
    remedy=f"Use at most {MAX_LENGTH_MULTI_NODE} characters (several nodes) or {MAX_LENGTH_AUTOSCALED} (autoscaled).",
    severity=PolicySeverity.MEDIUM,
    level=Level.MANDATORY,
    applies=is_service,
    check=_check,
)
