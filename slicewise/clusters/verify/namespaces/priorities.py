"""Whose pods kube-scheduler would make room for at the expense of running pods of the plan."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain

from slicewise.clusters.live import GpuPod, Priority, ServiceKey
from slicewise.diagnostics import Code, Found, Severity, some
from slicewise.documents import DeploymentKey
from slicewise.manifests import NAME_LABEL


def check_priorities(
    pods: Sequence[GpuPod],
    classes: Sequence[Priority],
    own: Mapping[ServiceKey, DeploymentKey | None],
    resources: Mapping[DeploymentKey, Collection[str]],
) -> Iterator[Found]:
    """Yield what may take slices that the plan's pods run on.

    Args:
        pods: The cluster's pods that hold or wait for GPUs.
        classes: Its priority classes.
        own: The services of the plan, each with its deployment.
        resources: What the pods of each deployment that has any ask for.
    """
    if not resources:
        return
    default = next((each for each in classes if each.by_default), None)
    ours = [(own[key], pod) for pod in pods if (key := (pod.namespace, pod.service or "")) in own]
    lowest = min([pod.priority for _, pod in ours] or [default.value if default else 0])
    asked = set(chain.from_iterable(resources.values()))
    higher = [
        pod
        for pod in pods
        if (pod.namespace, pod.service or "") not in own
        and pod.preempts
        and pod.priority > lowest
        and asked.intersection(pod.requests)
    ]
    if higher:
        shown = some([f"{pod.namespace}/{pod.name} ({pod.priority})" for pod in higher])
        yield _found(
            f"pods of others have a higher priority than the plan's ({lowest}): {shown}", lowest, higher, resources
        )
    old = [pod for _, pod in ours if default and pod.priority < default.value]
    if default and default.preempts and old:
        names = sorted({f"{pod.namespace}/{pod.service}" for pod in old})
        yield Found(
            Code.MAY_BE_PREEMPTED,
            Severity.WARNING,
            f"PriorityClass {default.name} ({default.value}) is the default of pods that name none, and pods of "
            f"{some(names)} were made before it, with {lowest}: every newer pod without a class may take their slices",
            f"have their pods made anew, which get {default.value} then: kubectl -n {old[0].namespace} delete pods -l "
            f"{NAME_LABEL}={old[0].service}",
            facts={"priority": lowest, "default": default.value},
        )


def _found(
    says: str, lowest: int, higher: Sequence[GpuPod], resources: Mapping[DeploymentKey, Collection[str]]
) -> Found:
    concerned = {name for pod in higher for name, asked in resources.items() if any(map(pod.requests.get, asked))}
    return Found(
        Code.MAY_BE_PREEMPTED,
        Severity.WARNING,
        f"{says}. kube-scheduler ends pods of {some(sorted(map(str, concerned)))} to make room for such pods, on "
        "Kubernetes 1.34 even against a PodDisruptionBudget of 0",
        "limit who may use their PriorityClass (a ResourceQuota with scope PriorityClass), set its preemptionPolicy: "
        "Never, or keep these pods off the pool's nodes by a taint that only the pool tolerates",
        facts={"priority": lowest, "higher": {f"{pod.namespace}/{pod.name}": pod.priority for pod in higher}},
    )
