"""What users mean by ready: every replica of the new revision serves, workers included.

KServe's own Ready means less (v0.20.0): a quarter of the replicas may be missing, of several nodes only the leaders
count, and after a change it is still the one from before. So the workload and its pods are asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from slicewise.clusters.readiness.pod_waits import is_ready, unscheduled, waits_for, words
from slicewise.clusters.readiness.scheduler_words import meanings
from slicewise.diagnostics import counted
from slicewise.kubernetes import items, mapping, text
from slicewise.manifests import REVISION_ANNOTATION, SCALED_OBJECT_KIND, SERVICE_KIND, KubernetesObject

_GROUP_LABEL: Final = "leaderworkerset.sigs.k8s.io/group-index"
# A thousand waiting pods have one cause: the first few show it.
_MOST_REASONS: Final = 4


@dataclass(frozen=True, slots=True)
class ExpectedService:
    """What is waited for.

    Attributes:
        namespace: The namespace of the service.
        service: The name of the service.
        revision: What is on all pods of the service as it was applied.
        replicas: How many replicas there are to be; the fewest, where an autoscaler decides.
        autoscaled: Whether it does.
        multi_node: Whether a replica is a group of pods.
        prefill_replicas: How many replicas of its prefill workload there are to be; None where it has none.
    """

    namespace: str
    service: str
    revision: str
    replicas: int
    autoscaled: bool
    multi_node: bool
    prefill_replicas: int | None = None

    @classmethod
    def of(cls, objects: Sequence[KubernetesObject]) -> ExpectedService:
        """Return what is expected of the objects of a placement."""
        by_kind = {item["kind"]: item for item in objects}
        service, scaler = by_kind[SERVICE_KIND], by_kind.get(SCALED_OBJECT_KIND)
        spec = service["spec"]
        return cls(
            namespace=service["metadata"]["namespace"],
            service=service["metadata"]["name"],
            revision=spec["annotations"][REVISION_ANNOTATION],
            replicas=scaler["spec"]["minReplicaCount"] if scaler else spec["replicas"],
            autoscaled=scaler is not None,
            multi_node="worker" in spec,
            prefill_replicas=spec["prefill"]["replicas"] if "prefill" in spec else None,
        )

    @property
    def prefill(self) -> ExpectedService | None:
        """What is waited for of its prefill workload, if it has one: these replicas are pods, and no others' number."""
        if self.prefill_replicas is None:
            return None
        return replace(self, replicas=self.prefill_replicas, autoscaled=False, multi_node=False, prefill_replicas=None)


@dataclass(frozen=True, slots=True)
class Observed:
    """What a cluster has of a service, as its API gives it."""

    service: KubernetesObject | None
    workload: KubernetesObject | None
    """The Deployment or LeaderWorkerSet that KServe makes of the service."""
    pods: Sequence[KubernetesObject]
    prefill: Observed | None = None
    """The same of its prefill workload, if it is to have one."""

    @property
    def unschedulable(self) -> bool:
        """Whether a pod waits for a node."""
        return any(unscheduled(pod) is not None for each in self.workloads for pod in each.pods)

    @property
    def workloads(self) -> tuple[Observed, ...]:
        """It, and what there is of its prefill workload."""
        return (self, self.prefill) if self.prefill else (self,)


def what_is_missing(expected: ExpectedService, observed: Observed) -> str | None:
    """Return what is missing, in a few words; None if nothing is."""
    if observed.workload is None:
        return "KServe has made no workload of it"
    missing = _not_taken_over(expected, observed.workload) or _not_serving(expected, observed.workload, observed.pods)
    if missing is None and expected.prefill and observed.prefill:
        of_prefill = what_is_missing(expected.prefill, observed.prefill)
        return of_prefill and f"of its prefill workload: {of_prefill}"
    return missing


def why_unready(observed: Observed) -> list[str]:
    """Return why it is not ready: KServe's conditions, and what its pods wait for; a line each."""
    if observed.service is None:
        return ["there is no such LLMInferenceService: somebody deleted it; run `pulumi up` again to make it again"]
    status = mapping(observed.service.get("status"))
    conditions = {text(each.get("type")): each for each in items(status.get("conditions"))}
    lines = [
        f"{name} is {each.get('status') or 'Unknown'}: {words(each)}"
        for name in ("PresetsCombined", "Ready")
        if (each := conditions.get(name)) and each.get("status") != "True"
    ]
    if status.get("observedGeneration") != mapping(observed.service.get("metadata")).get("generation"):
        lines.append(
            "KServe has not looked at it since it was applied: does its controller (llmisvc) run, with enough CPU?"
        )
    return lines + pod_reasons(observed)


def pod_reasons(observed: Observed) -> list[str]:
    """Return what its pods wait for, the most frequent first; a line each, and no more than fit on a screen."""
    lines = [
        f"pods cannot be made: {words(each)}"
        for workload in observed.workloads
        for each in items(mapping((workload.workload or {}).get("status")).get("conditions"))
        if each.get("type") == "ReplicaFailure" and each.get("status") == "True"
    ]
    pods = [pod for workload in observed.workloads for pod in workload.pods]
    reasons = Counter(reason for pod in pods if (reason := waits_for(pod)))
    common = reasons.most_common()
    lines += [f"{counted(count, 'pod')} {reason}" for reason, count in common[:_MOST_REASONS]]
    if len(common) > _MOST_REASONS:
        lines.append(f"and {len(common) - _MOST_REASONS} other reasons")
    return lines + meanings(message for pod in pods if (message := unscheduled(pod)))


def _not_taken_over(expected: ExpectedService, workload: KubernetesObject) -> str | None:
    """Return what KServe has yet to do about the workload."""
    if any(_revision(template) != expected.revision for template in _templates(workload)):
        return "KServe has not taken this change over"
    replicas = replicas_of(workload)
    if replicas < expected.replicas if expected.autoscaled else replicas != expected.replicas:
        return f"{counted(replicas, 'replica')} where {expected.replicas} are wanted"
    return None


def _not_serving(expected: ExpectedService, workload: KubernetesObject, pods: Sequence[KubernetesObject]) -> str | None:
    """Return what is missing of the replicas that the workload is to have."""
    status, wanted = mapping(workload.get("status")), replicas_of(workload)
    staying = [pod for pod in pods if not mapping(pod.get("metadata")).get("deletionTimestamp")]
    serving = count_serving(expected, workload, staying)
    old = sum(_revision(pod) != expected.revision for pod in staying)
    if serving < wanted or old:
        of_before = f", {counted(old, 'pod')} of the revision before" if old else ""
        return f"{serving} of {wanted} replicas serve{of_before}"
    # The Deployment must have seen this generation too. (A LeaderWorkerSet does not report which one it has seen.)
    counts = ("replicas", "updatedReplicas", "readyReplicas" if expected.multi_node else "availableReplicas")
    seen = expected.multi_node or status.get("observedGeneration") == mapping(workload.get("metadata")).get(
        "generation"
    )
    if not seen or any((status.get(each) or 0) != wanted for each in counts):
        return "its replicas are not counted as available yet"
    return None


def count_serving(expected: ExpectedService, workload: KubernetesObject, pods: Iterable[KubernetesObject]) -> int:
    """Return how many replicas have all their pods Ready and of the revision."""
    ready = [pod for pod in pods if _revision(pod) == expected.revision and is_ready(pod)]
    if not expected.multi_node:
        return len(ready)
    size = mapping(_spec(workload).get("leaderWorkerTemplate")).get("size") or 1
    groups = Counter(mapping(mapping(pod.get("metadata")).get("labels")).get(_GROUP_LABEL) for pod in ready)
    return sum(count >= size for count in groups.values())


def _spec(item: KubernetesObject) -> Mapping[str, Any]:
    return mapping(item.get("spec"))


def replicas_of(workload: KubernetesObject) -> int:
    """Return how many replicas a workload is to have; Kubernetes' default where it does not say."""
    replicas = _spec(workload).get("replicas")
    return replicas if isinstance(replicas, int) else 1


def _templates(workload: KubernetesObject) -> list[Mapping[str, Any]]:
    spec = _spec(workload)
    group = mapping(spec.get("leaderWorkerTemplate"))
    found = (spec.get("template"), group.get("leaderTemplate"), group.get("workerTemplate"))
    return [mapping(template) for template in found if template]


def _revision(item: Mapping[str, Any]) -> str | None:
    return text(mapping(mapping(item.get("metadata")).get("annotations")).get(REVISION_ANNOTATION)) or None
