"""Whether ResourceQuotas leave room for the pods of the plan, and for one more while they are updated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final

from slicewise.clusters.live import GpuPod, ResourceQuota
from slicewise.clusters.verify.namespaces.claim_quotas import Counts
from slicewise.clusters.verify.namespaces.planned_pods import PlannedPods
from slicewise.diagnostics import Code, Found, Severity, counted, some
from slicewise.kubernetes import ContainerResources, pod_resources, shown_amount
from slicewise.planning import ROLLS_WITHOUT_SURGE

# Of limits, quotas count these alone; of requests, extended resources, too (quota, core/pods.go, podResources).
_NATIVE: Final = ("cpu", "memory", "ephemeral-storage")
# What pods are: not BestEffort, for they have requests; without an end, affinity or another namespace.
_IN_SCOPE: Final = {"NotBestEffort": True, "NotTerminating": True, "BestEffort": False, "Terminating": False}


def check_quotas(
    namespace: str,
    quotas: Sequence[ResourceQuota],
    pods: Sequence[tuple[PlannedPods, Sequence[ContainerResources]]],
    own: Sequence[tuple[GpuPod, Counts]],
    priority_class: str | None,
) -> Iterator[Found]:
    """Yield what a quota refuses, and where it leaves nothing for a rolling update.

    Args:
        namespace: The namespace.
        quotas: Its quotas.
        pods: The plan's pods in it, each kind with its containers as LimitRanges leave them.
        own: The pods of the plan's services, or of those that make room for them, that it has now, each with what its
            claim counts for.
        priority_class: The class that pods get which name none; None where there is no such class.
    """
    for quota in quotas:
        if not _counts(quota, priority_class):
            continue
        for key in sorted(quota.hard):
            yield from _judged(namespace, quota, key, pods, own)


def _judged(
    namespace: str,
    quota: ResourceQuota,
    key: str,
    pods: Sequence[tuple[PlannedPods, Sequence[ContainerResources]]],
    own: Sequence[tuple[GpuPod, Counts]],
) -> Iterator[Found]:
    each_asks = [(planned, _counted(key, quota, planned, containers)) for planned, containers in pods]
    wanted = sum((asks * planned.count for planned, asks in each_asks), Decimal(0))
    if not wanted:
        return
    hard, used = quota.hard[key], quota.used.get(key, Decimal(0))
    held = sum((_held(key, pod) + _of_claim(key, quota, claim) for pod, claim in own), Decimal(0))
    others = max(used - held, Decimal(0))
    left = hard - others
    numbers = (
        f"{key} is limited to {shown_amount(key, hard)}, others use {shown_amount(key, others)} and the plan's pods "
        f"ask for {shown_amount(key, wanted)}"
    )
    facts = {
        "limit": shown_amount(key, hard),
        "others": shown_amount(key, others),
        "planned": shown_amount(key, wanted),
    }
    if wanted > left:
        short = dict(_short(each_asks, left))
        yield Found(
            Code.RESOURCE_QUOTA,
            Severity.ERROR,
            f"quota {quota.name} of namespace {namespace}: {numbers}; "
            + some([f"{name} lacks {lacks} of {counted(wants, 'replica')}" for name, (lacks, wants) in short.items()]),
            f"raise {key} of the quota to {shown_amount(key, others + wanted + _surge(each_asks))}"
            f"{', one pod for rolling updates included' if _surge(each_asks) else ''}, or lower the replicas",
            facts=facts | {"lackingReplicas": {name: lacks for name, (lacks, _) in short.items()}},
        )
    elif _surge(each_asks) > left - wanted:
        stuck = [str(planned.deployment) for planned, asks in each_asks if asks and _waits(planned)]
        yield Found(
            Code.QUOTA_STALLS_UPDATES,
            Severity.WARNING,
            f"quota {quota.name} of namespace {namespace}: {numbers}, so that nothing is left for the pod that a "
            f"rolling update of {some(stuck)} starts before it stops one: the update would wait forever, and the old "
            "pods serve on",
            f"raise {key} of the quota to {shown_amount(key, others + wanted + _surge(each_asks))}",
            facts=facts,
        )


def _short(each_asks: Iterable[tuple[PlannedPods, Decimal]], left: Decimal) -> Iterator[tuple[str, tuple[int, int]]]:
    for planned, asks in each_asks:
        replica = asks * planned.nodes
        fit = planned.replicas if not replica else min(int(max(left, Decimal(0)) // replica), planned.replicas)
        left -= replica * fit
        if fit < planned.replicas:
            yield str(planned.deployment), (planned.replicas - fit, planned.replicas)


def _waits(planned: PlannedPods) -> bool:
    # maxUnavailable of a Deployment is a quarter, rounded down; LeaderWorkerSets take a group away first.
    return planned.nodes == 1 and 0 < planned.replicas < ROLLS_WITHOUT_SURGE


def _surge(each_asks: Iterable[tuple[PlannedPods, Decimal]]) -> Decimal:
    """Return what the largest pod asks for that an update starts before it stops one."""
    return max((asks for planned, asks in each_asks if _waits(planned)), default=Decimal(0))


def _counted(key: str, quota: ResourceQuota, planned: PlannedPods, containers: Sequence[ContainerResources]) -> Decimal:
    """Return how much of a quota's key one pod counts for, with its claim; 0 of what pods do not count for."""
    if key in ("pods", "count/pods"):
        return Decimal(1) if planned.count else Decimal(0)
    pod = pod_resources(containers)
    return _of(key, pod.requests, pod.limits) + _of_claim(key, quota, planned.claim)


def _of_claim(key: str, quota: ResourceQuota, claim: Counts) -> Decimal:
    return Decimal(0) if quota.scopes else claim.get(key, Decimal(0))


def _of(key: str, requests: Mapping[str, Decimal], limits: Mapping[str, Decimal]) -> Decimal:
    kind, _, resource = key.partition(".")
    if kind == "requests":
        return requests.get(resource, Decimal(0))
    if kind == "limits":
        return limits.get(resource, Decimal(0)) if resource in _NATIVE else Decimal(0)
    return requests.get(key, Decimal(0)) if key in _NATIVE or key.startswith("hugepages-") else Decimal(0)


def _held(key: str, pod: GpuPod) -> Decimal:
    return Decimal(1) if key in ("pods", "count/pods") else _of(key, pod.counts_for.requests, pod.counts_for.limits)


def _counts(quota: ResourceQuota, priority_class: str | None) -> bool:
    """Return whether the quota counts the plan's pods: all of its scopes must be theirs."""
    return all(_in_scope(*scope, priority_class=priority_class) for scope in quota.scopes)


def _in_scope(scope: str, operator: str, values: frozenset[str], *, priority_class: str | None) -> bool:
    if scope == "PriorityClass":
        return {
            "In": priority_class in values,
            "NotIn": priority_class not in values,
            "Exists": priority_class is not None,
            "DoesNotExist": priority_class is None,
        }.get(operator, False)
    return _IN_SCOPE.get(scope, False) is not (operator == "DoesNotExist")


def _names(pods: Iterable[tuple[PlannedPods, object]]) -> str:
    return some(sorted({str(planned.deployment) for planned, _ in pods}))
