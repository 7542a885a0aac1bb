"""The services of a stack, what scales them, and the plan that the stack declares in its outputs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from policies.rules.reading.fields import Field, properties
from policies.rules.reading.pod_gpus import gpu_requests
from policies.rules.reading.pod_specs import Pod, group_and_kind, is_service, is_sidecar
from policies.rules.rule_types import Resource
from slicewise.manifests import DEPLOYMENT_SUFFIX, KEDA_API_VERSION, LEADER_WORKER_SET_SUFFIX, SCALED_OBJECT_KIND

STACK: Final = "pulumi:pulumi:Stack"
_SCALED_OBJECT: Final = (KEDA_API_VERSION.partition("/")[0], SCALED_OBJECT_KIND)
_AUTOSCALERS: Final = (_SCALED_OBJECT, ("autoscaling", "HorizontalPodAutoscaler"))
_DEFAULT_NAMESPACE: Final = "default"


def outputs(resources: Sequence[Resource]) -> Field:
    """Return the outputs of the stack."""
    return next((properties(item) for item in resources if item.type == STACK), Field(None))


def services(resources: Sequence[Resource]) -> list[Resource]:
    """Return the LLMInferenceServices, in an order of their own: the engine's differs from run to run."""
    found = [resource for resource in resources if is_service(resource.type)]
    return sorted(found, key=lambda resource: (resource.urn, resource.name))


@dataclass(frozen=True, slots=True)
class NameInCluster:
    """What an object is called in its cluster."""

    cluster: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


def name_in_cluster(resource: Resource) -> NameInCluster | None:
    """Return what `resource` is called in its cluster, or None if the cluster chooses the name."""
    metadata = properties(resource)["metadata"]
    name = metadata["name"].text()
    namespace = metadata["namespace"].text() or _DEFAULT_NAMESPACE
    return NameInCluster(resource.cluster, namespace, name) if name else None


@dataclass(frozen=True, slots=True)
class Autoscaler:
    """An object that owns the replicas of a workload."""

    resource: Resource
    target: NameInCluster
    maximum: Field


def autoscalers(resources: Sequence[Resource]) -> dict[NameInCluster, Autoscaler]:
    """Return every KEDA ScaledObject and HorizontalPodAutoscaler, by what it scales."""
    found: dict[NameInCluster, Autoscaler] = {}
    for resource in resources:
        if group_and_kind(resource.type) not in _AUTOSCALERS:
            continue
        spec = properties(resource)["spec"]
        name = spec["scaleTargetRef"]["name"].text()
        namespace = properties(resource)["metadata"]["namespace"].text() or _DEFAULT_NAMESPACE
        maximum = "maxReplicaCount" if group_and_kind(resource.type) == _SCALED_OBJECT else "maxReplicas"
        if name:
            target = NameInCluster(resource.cluster, namespace, name)
            found.setdefault(target, Autoscaler(resource, target, spec[maximum]))
    return found


def _scaled_names(service: NameInCluster) -> tuple[NameInCluster, ...]:
    """Return what KServe calls the workloads of `service`."""
    return tuple(
        NameInCluster(service.cluster, service.namespace, f"{service.name}{suffix}")
        for suffix in (DEPLOYMENT_SUFFIX, LEADER_WORKER_SET_SUFFIX)
    )


def autoscaler_of(workload: Resource, found: Mapping[NameInCluster, Autoscaler]) -> Autoscaler | None:
    """Return what scales `workload`, an LLMInferenceService or what scales by itself, if one of those found does."""
    name = name_in_cluster(workload)
    if name is None:
        return None
    names = _scaled_names(name) if is_service(workload.type) else (name,)
    return next((found[each] for each in names if each in found), None)


def pod_units(workload: Field, scaler: Autoscaler | None) -> Iterator[tuple[int, Counter[str]]]:
    """Yield how many pods a workload may have and what each asks for of GPU resources, for each kind of its pods."""
    replicas = _replicas(workload, scaler)
    size = _pods_a_replica(workload)
    if workload["template"].present:
        yield replicas, _units(Pod(workload["template"]))
    if workload["worker"].present and size > 1:
        yield replicas * (size - 1), _units(Pod(workload["worker"]))


def _units(pod: Pod) -> Counter[str]:
    """Return the units of each GPU resource that kube-scheduler takes off a node for `pod`.

    Of each resource the larger of what runs together in the end and of what an init container needs in its turn, each
    with the sidecars (`restartPolicy: Always`) that have started before.
    Source: https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#resource-sharing-within-containers
    """
    sidecars, most = Counter[str](), Counter[str]()
    for container in pod.spec["initContainers"].elements():
        if is_sidecar(container):
            sidecars += _asked(container)
        else:
            most |= sidecars + _asked(container)
    engine = sum(map(_asked, pod.spec["containers"].elements()), sidecars)
    return engine | most


def _asked(container: Field) -> Counter[str]:
    return Counter({request.name: int(request.count or 0) for request in gpu_requests(container)})


def _replicas(workload: Field, scaler: Autoscaler | None) -> int:
    declared = workload["replicas"].number()
    if declared is not None:
        return declared
    # Charged at the most there can be: scaling up must not find the pool sold.
    highest = scaler.maximum.number() if scaler else workload["scaling"]["maxReplicas"].number()
    return 1 if highest is None else highest


def _pods_a_replica(workload: Field) -> int:
    """Return the size of a group as KServe v0.20 reckons it."""
    if not workload["worker"].present:
        return 1
    sizes = workload["parallelism"]
    data, local = sizes["data"].number(), sizes["dataLocal"].number()
    if data and local:
        return max(data // local, 1)
    return sizes["pipeline"].number() or 1
