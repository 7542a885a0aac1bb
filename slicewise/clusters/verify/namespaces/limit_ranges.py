"""Whether LimitRanges let a namespace have the pods that KServe makes of its services, by LimitRanger's own rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import ROUND_CEILING, Decimal
from typing import NamedTuple

from slicewise.clusters.live import LimitItem
from slicewise.clusters.verify.namespaces.planned_pods import PlannedPods
from slicewise.diagnostics import Code, Found, Severity, some
from slicewise.kubernetes import Amounts, ContainerResources, pod_resources, shown_amount

_GPUS = "nvidia.com/"


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
    refused: dict[tuple[str, _Violation], dict[str, set[str]]] = {}
    for each in pods:
        containers = with_defaults(each.containers, limits)
        yield from _gpus_by_default(namespace, each, containers)
        for rule in limits:
            for what, violation in _violations(rule, containers):
                those = refused.setdefault((rule.limit_range, violation), {})
                those.setdefault(str(each.deployment), set()).add(what)
    for (name, (why, change)), deployments in refused.items():
        names = sorted(set().union(*deployments.values()) - {""})
        said = f" (container{'s' if len(names) > 1 else ''} {', '.join(names)})" if names else ""
        yield Found(
            Code.LIMIT_RANGE,
            Severity.ERROR,
            f"LimitRange {name} of namespace {namespace} refuses every pod of {some(list(deployments))}: {why}{said}",
            f"in LimitRange {name}, {change}",
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


class _Violation(NamedTuple):
    """What LimitRanger says, and the change of the rule with which it would not."""

    why: str
    change: str


def _violations(rule: LimitItem, containers: Sequence[ContainerResources]) -> Iterator[tuple[str, _Violation]]:
    """Yield the container, or nothing for a whole pod, with the words of LimitRanger."""
    if rule.kind == "Container":
        for each in containers:
            for found in _judged(rule, each.requests, each.limits):
                yield each.name, found
    else:
        pod = pod_resources(containers)
        for found in _judged(rule, pod.requests, pod.limits):
            yield "", found


def _judged(rule: LimitItem, requests: Amounts, limits: Amounts) -> Iterator[_Violation]:
    for resource, least in rule.least.items():
        said = f"minimum {resource} usage per {rule.kind} is {shown_amount(resource, least)}"
        if resource not in requests:
            yield _Violation(f"{said}.  No request is specified", _without("min", resource, rule))
        elif requests[resource] < least:
            asked = shown_amount(resource, requests[resource])
            yield _Violation(f"{said}, but request is {asked}", _changed("lower", "min", resource, rule, asked))
        elif limits.get(resource, least) < least:
            limit = shown_amount(resource, limits[resource])
            yield _Violation(f"{said}, but limit is {limit}", _changed("lower", "min", resource, rule, limit))
    for resource, most in rule.most.items():
        said = f"maximum {resource} usage per {rule.kind} is {shown_amount(resource, most)}"
        if resource not in limits:
            yield _Violation(f"{said}.  No limit is specified", _without("max", resource, rule))
        elif limits[resource] > most:
            limit = shown_amount(resource, limits[resource])
            yield _Violation(f"{said}, but limit is {limit}", _changed("raise", "max", resource, rule, limit))
    yield from _ratios(rule, requests, limits)


def _ratios(rule: LimitItem, requests: Amounts, limits: Amounts) -> Iterator[_Violation]:
    field = "maxLimitRequestRatio"
    for resource, ratio in rule.ratio.items():
        said = f"{resource} max limit to request ratio per {rule.kind} is {shown_amount('', ratio)}, but"
        request, limit = requests.get(resource, Decimal(0)), limits.get(resource, Decimal(0))
        if not request or not limit:
            missing = "limit" if request else "request"
            yield _Violation(f"{said} no {missing} is specified or {missing} is 0", _without(field, resource, rule))
        elif limit / request > ratio:
            least = f"{(limit / request).to_integral_value(ROUND_CEILING):f}"
            change = _changed("raise", field, resource, rule, least)
            yield _Violation(f"{said} provided ratio is {limit / request:.6f}", change)


def _changed(how: str, field: str, resource: str, rule: LimitItem, amount: str) -> str:
    return f"{how} {field}.{resource} of type {rule.kind} to {amount}"


def _without(field: str, resource: str, rule: LimitItem) -> str:
    return f"leave {field}.{resource} of type {rule.kind} out"
