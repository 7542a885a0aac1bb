"""Whether LimitRanges let a namespace have the pods that KServe makes of its services, by LimitRanger's own rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from slicewise.clusters.live import LimitItem
from slicewise.clusters.verify.namespaces.planned_pods import PlannedPods
from slicewise.diagnostics import Code, Found, Severity, some
from slicewise.kubernetes import Amounts, ContainerResources, pod_resources, shown_amount

_GPUS = "nvidia.com/"
_REMEDY = "change the LimitRange, or the model's resources"


def with_defaults(containers: Iterable[ContainerResources], limits: Iterable[LimitItem]) -> list[ContainerResources]:
    """Return the containers with what LimitRanges add where they say nothing (LimitRanger, MutateLimit)."""
    found = list(containers)
    for rule in limits:
        if rule.kind == "Container":
            found = [
                replace(
                    each,
                    requests={**rule.default_request, **each.requests},
                    limits={**rule.default, **each.limits},
                )
                for each in found
            ]
    return found


def check_limit_ranges(namespace: str, limits: Sequence[LimitItem], pods: Sequence[PlannedPods]) -> Iterator[Found]:
    """Yield what a LimitRange refuses, once a cause for all deployments that it concerns."""
    refused: dict[tuple[str, str], list[str]] = {}
    for each in pods:
        containers = with_defaults(each.containers, limits)
        yield from _gpus_by_default(namespace, each, containers)
        for rule in limits:
            for what, why in _violations(rule, containers):
                said = f" (container {what})" if what else ""
                refused.setdefault((rule.limit_range, f"{why}{said}"), []).append(str(each.deployment))
    for (name, why), deployments in refused.items():
        yield Found(
            Code.LIMIT_RANGE,
            Severity.ERROR,
            f"LimitRange {name} of namespace {namespace} refuses every pod of {some(deployments)}: {why}",
            _REMEDY,
        )


def _gpus_by_default(namespace: str, pods: PlannedPods, containers: Sequence[ContainerResources]) -> Iterator[Found]:
    """Yield GPUs that defaults give to containers which want none: a maximum without a default is one, too."""
    counted, given = pod_resources(pods.containers).requests, pod_resources(containers).requests
    for resource, amount in given.items():
        if resource.startswith(_GPUS) and amount > counted.get(resource, Decimal(0)):
            yield Found(
                Code.LIMIT_RANGE,
                Severity.ERROR,
                f"the LimitRanges of namespace {namespace} give every container {resource} by default, so that a pod "
                f"of {pods.deployment} asks for {shown_amount(resource, amount)} where the plan counts "
                f"{shown_amount(resource, counted.get(resource, Decimal(0)))}",
                f"take {resource} out of the LimitRange, or limit it by a ResourceQuota",
                facts={
                    "given": shown_amount(resource, amount),
                    "counted": shown_amount(resource, counted.get(resource, Decimal(0))),
                },
            )


def _violations(rule: LimitItem, containers: Sequence[ContainerResources]) -> Iterator[tuple[str, str]]:
    """Yield the container, or nothing for a whole pod, with the words of LimitRanger."""
    if rule.kind == "Container":
        for each in containers:
            for why in _judged(rule, each.requests, each.limits):
                yield each.name, why
    else:
        pod = pod_resources(containers)
        for why in _judged(rule, pod.requests, pod.limits):
            yield "", why


def _judged(rule: LimitItem, requests: Amounts, limits: Amounts) -> Iterator[str]:
    for resource, least in rule.least.items():
        said = f"minimum {resource} usage per {rule.kind} is {shown_amount(resource, least)}"
        if resource not in requests:
            yield f"{said}.  No request is specified"
        elif requests[resource] < least:
            yield f"{said}, but request is {shown_amount(resource, requests[resource])}"
        elif limits.get(resource, least) < least:
            yield f"{said}, but limit is {shown_amount(resource, limits[resource])}"
    for resource, most in rule.most.items():
        said = f"maximum {resource} usage per {rule.kind} is {shown_amount(resource, most)}"
        if resource not in limits:
            yield f"{said}.  No limit is specified"
        elif limits[resource] > most:
            yield f"{said}, but limit is {shown_amount(resource, limits[resource])}"
    yield from _ratios(rule, requests, limits)


def _ratios(rule: LimitItem, requests: Amounts, limits: Amounts) -> Iterator[str]:
    for resource, ratio in rule.ratio.items():
        said = f"{resource} max limit to request ratio per {rule.kind} is {shown_amount('', ratio)}, but"
        request, limit = requests.get(resource, Decimal(0)), limits.get(resource, Decimal(0))
        if not request or not limit:
            missing = "limit" if request else "request"
            yield f"{said} no {missing} is specified or {missing} is 0"
        elif limit / request > ratio:
            yield f"{said} provided ratio is {limit / request:.6f}"
