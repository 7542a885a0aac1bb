"""Every service that the plan places is there, once, and asks for what the plan gave it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

from policies.rules.planned_claims import Templates, claim_differences, is_claimed
from policies.rules.reading import (
    Field,
    group_and_kind,
    name_in_cluster,
    outputs,
    pod_requests,
    pods_of_workload,
    prefill_of,
    properties,
    services,
)
from policies.rules.rule_runner import each
from policies.rules.rule_types import Config, Finding, Level, Outcome, PolicySeverity, Resource, StackRule
from slicewise.addresses import service_name
from slicewise.kubernetes import quantity_value
from slicewise.manifests import (
    CLAIM_TEMPLATE_KIND,
    DEVICES_API_VERSION,
    ENVIRONMENT_ANNOTATION,
    NODE_POOL_ANNOTATION,
    PREFILL_NODE_POOL_ANNOTATION,
)

_TEMPLATE: Final = (DEVICES_API_VERSION.partition("/")[0], CLAIM_TEMPLATE_KIND)


def _check_complete(resources: Sequence[Resource], _: Config) -> Iterator[Outcome]:
    found = {}
    for service in services(resources):
        name = name_in_cluster(service)
        environment = properties(service)["metadata"]["annotations"][ENVIRONMENT_ANNOTATION].text()
        if name and environment:
            found[environment, name.namespace, name.name] = service
    templates = {
        name: properties(item)["spec"]
        for item in resources
        if group_and_kind(item.type) == _TEMPLATE and (name := name_in_cluster(item))
    }
    if not found and outputs(resources)["mode"].text() == "plan":
        # A stack that plans for others has no service at all.
        return
    placements = outputs(resources)["placements"].entries().values()
    yield from each(placements, partial(_of_placement, found=found, templates=templates))


def _of_placement(
    placement: Field, *, found: dict[tuple[str, str, str], Resource], templates: Templates
) -> Iterator[Outcome]:
    environment = placement["environment"].text() or ""
    namespace, name = (placement["deployment"][key].text() or "" for key in ("namespace", "name"))
    nodes = placement["nodesPerReplica"].number() or 1
    names = [service_name(name, nodes=nodes, autoscaled=autoscaled) for autoscaled in (False, True)]
    service = next((found[key] for key in ((environment, namespace, name) for name in names) if key in found), None)
    if service is None:
        problem = f"{namespace}/{name} is placed in {environment}, and the stack has no LLMInferenceService for it"
        yield Finding(placement.path, problem, "let Slicewise's program declare each placement of its plan")
        return
    spec = properties(service)["spec"]
    yield from _differences(placement, service, spec, NODE_POOL_ANNOTATION, templates)
    prefill, planned = prefill_of(spec), placement["prefill"]
    if prefill and planned.present:
        yield from _differences(planned, service, prefill, PREFILL_NODE_POOL_ANNOTATION, templates)
    elif prefill or planned.present:
        has, says = ("a", "has none") if prefill else ("no", "has one")
        problem = f"the service has {has} prefill workload where the plan {says}"
        yield Finding(spec["prefill"].path, problem, "take the change back", service.urn)


def _differences(
    placement: Field, service: Resource, workload: Field, annotation: str, templates: Templates
) -> Iterator[Outcome]:
    """Yield what differs of one workload of a service from the plan's entry for it."""
    pool = properties(service)["metadata"]["annotations"][annotation]
    planned = placement["nodePool"].text()
    if pool.text() != planned:
        problem = f"is {pool.text() or 'not set'} where the plan says {planned}"
        yield Finding(pool.path, problem, "take the change back", service.urn)
    resource, count = placement["resource"].text(), placement["gpusPerNode"].text()
    name = name_in_cluster(service)
    for pod in pods_of_workload(service, workload):
        if name and is_claimed(placement):
            yield from claim_differences(placement, service, name, pod, templates)
            continue
        requests = pod_requests(pod)
        if {request.name: request.count for request in requests} != {resource: quantity_value(count)}:
            shown = ", ".join(f"{request.name}: {request.amount.text()}" for request in requests) or "no GPU"
            problem = f"asks for {shown} where the plan gave it {resource}: {count}"
            yield Finding(
                pod.spec.path, problem, "take the change back, or change the model's serving profile", service.urn
            )


def _check_unique(resources: Sequence[Resource], _: Config) -> Iterator[Outcome]:
    first: dict[object, Resource] = {}
    for service in services(resources):
        name = name_in_cluster(service)
        if name and first.setdefault(name, service) is not service:
            problem = (
                f"{name} is also the name of {first[name].name} in the same cluster, and each overwrites the other"
            )
            yield Finding("metadata.name", problem, "give one of them another name or namespace", service.urn)


PLAN_COMPLETE: Final = StackRule(
    name="plan-complete",
    description="Every placement in the plan has its service, on its pool, asking for what the plan gave it.",
    remedy="Change the documents, not the services: the plan and the services follow.",
    severity=PolicySeverity.HIGH,
    level=Level.MANDATORY,
    check=_check_complete,
)
NAMES_UNIQUE: Final = StackRule(
    name="service-names-unique",
    description="No two services in a cluster have the same name and namespace.",
    remedy="Give one of them another name or namespace.",
    severity=PolicySeverity.HIGH,
    level=Level.MANDATORY,
    check=_check_unique,
)
