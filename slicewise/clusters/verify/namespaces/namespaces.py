"""Whether the namespaces of the plan's deployments allow their pods, looked at before anything is applied."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from slicewise.clusters.live import LiveCluster, NamespaceRules, Readable, ServiceKey
from slicewise.clusters.verify.namespaces.claim_quotas import ClaimCounts
from slicewise.clusters.verify.namespaces.limit_ranges import check_limit_ranges, with_defaults
from slicewise.clusters.verify.namespaces.object_quotas import check_object_quotas
from slicewise.clusters.verify.namespaces.planned_pods import PlannedPods, planned_pods
from slicewise.clusters.verify.namespaces.pod_security import check_pod_security
from slicewise.clusters.verify.namespaces.priorities import check_priorities
from slicewise.clusters.verify.namespaces.quotas import check_quotas
from slicewise.clusters.verify.services import PlannedService
from slicewise.diagnostics import Found
from slicewise.documents import Allocation, DeploymentKey
from slicewise.planning import Placement


def check_namespaces(
    cluster: LiveCluster,
    placements: Sequence[Placement],
    expected: Sequence[PlannedService],
    own: Mapping[ServiceKey, DeploymentKey | None],
    allocations: Mapping[str, Allocation],
) -> Iterator[Found]:
    """Yield what keeps pods of the plan from being made, from being replaced, or from staying.

    Args:
        cluster: The cluster.
        placements: What the plan has in it.
        expected: The services of these placements, and of an earlier plan.
        own: Those of them that are the plan's, each with its deployment, or make room for it, with None.
        allocations: How the pods of each pool get their slices or GPUs.
    """
    placed = {each.deployment: each for each in placements if each.replicas}
    claims = ClaimCounts(cluster.device_classes, allocations)
    by_namespace: dict[str, list[PlannedPods]] = defaultdict(list)
    for each in expected:
        if each.declared is not None and each.deployment in placed:
            by_namespace[each.key[0]] += (
                planned_pods(workload, each.declared, claims.of_workload(workload))
                for workload in placed[each.deployment].workloads
            )
    default = next((each.name for each in cluster.priorities if each.by_default), None)
    for namespace, pods in sorted(by_namespace.items()):
        rules = cluster.rules.get(namespace, NamespaceRules())
        running = [pod for pod in cluster.pods if pod.namespace == namespace and (namespace, pod.service or "") in own]
        yield from check_pod_security(namespace, rules.enforced, pods)
        yield from check_limit_ranges(namespace, rules.limits, pods)
        sized = [(each, with_defaults(each.containers, rules.limits)) for each in pods]
        held = [(pod, claims.of_pod(pod)) for pod in running]
        yield from check_quotas(namespace, rules.quotas, sized, held, default)
    if cluster.serves_kserve and Readable.SERVICES not in cluster.unread:
        for namespace, rules in sorted(cluster.rules.items()):
            there = [each for key, each in cluster.services.items() if key in own and key[0] == namespace]
            yield from check_object_quotas(namespace, rules.quotas, expected, there)
    resources = {name: {workload.resource for workload in each.workloads} for name, each in placed.items()}
    yield from check_priorities(cluster.pods, cluster.priorities, own, resources)
