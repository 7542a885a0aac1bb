"""The pods that a resource makes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from policies.rules.reading.fields import Field, properties
from policies.rules.rule_types import Resource
from slicewise.manifests import CONFIG_KIND, KSERVE_API_VERSION, MAIN_CONTAINER, SERVICE_KIND

KSERVE_GROUP: Final = KSERVE_API_VERSION.partition("/")[0]
# The specs of pods in Kubernetes' own kinds and in LeaderWorkerSet, by group and kind; any version of the group.
_POD_SPECS: Final[dict[tuple[str, str], tuple[tuple[str, ...], ...]]] = {
    ("core", "Pod"): (("spec",),),
    ("core", "PodTemplate"): (("template", "spec"),),
    ("core", "ReplicationController"): (("spec", "template", "spec"),),
    ("apps", "Deployment"): (("spec", "template", "spec"),),
    ("apps", "ReplicaSet"): (("spec", "template", "spec"),),
    ("apps", "StatefulSet"): (("spec", "template", "spec"),),
    ("apps", "DaemonSet"): (("spec", "template", "spec"),),
    ("batch", "Job"): (("spec", "template", "spec"),),
    ("batch", "CronJob"): (("spec", "jobTemplate", "spec", "template", "spec"),),
    ("leaderworkerset.x-k8s.io", "LeaderWorkerSet"): (
        ("spec", "leaderWorkerTemplate", "leaderTemplate", "spec"),
        ("spec", "leaderWorkerTemplate", "workerTemplate", "spec"),
    ),
}


# Each rule asks it of each resource, and a stack has few types.
@cache
def group_and_kind(resource_type: str) -> tuple[str, str]:
    """Return the API group and the kind of a Kubernetes type token, or two empty strings."""
    package, _, rest = resource_type.partition(":")
    version, _, kind = rest.rpartition(":")
    group, slash, _ = version.partition("/")
    return (group, kind) if package == "kubernetes" and slash else ("", "")


def is_service(resource_type: str) -> bool:
    """Return whether resources of the type are LLMInferenceServices, of any version."""
    return group_and_kind(resource_type) == (KSERVE_GROUP, SERVICE_KIND)


def is_config(resource_type: str) -> bool:
    """Return whether resources of the type are what services are merged with."""
    return group_and_kind(resource_type) == (KSERVE_GROUP, CONFIG_KIND)


def makes_pods(resource_type: str) -> bool:
    """Return whether `pods` can find any in resources of the type."""
    return group_and_kind(resource_type) in _POD_SPECS or is_service(resource_type) or is_config(resource_type)


@dataclass(frozen=True, slots=True)
class Pod:
    """The spec of a pod, and what else may be merged into it.

    Attributes:
        spec: Where it is.
        by_kserve: KServe makes the pod: it merges presets in, and container `main` is the one that counts.
        whole: Nothing that is missing here can come from elsewhere.
    """

    spec: Field
    by_kserve: bool = False
    whole: bool = True

    @property
    def containers(self) -> list[Field]:
        """All containers, those that run first included."""
        return [*self.spec["initContainers"].elements(), *self.spec["containers"].elements()]

    @property
    def together(self) -> list[Field]:
        """The containers that run at the same time: sidecars (`restartPolicy: Always`) stay beside the others."""
        first = self.spec["initContainers"].elements()
        return [*filter(is_sidecar, first), *self.spec["containers"].elements()]

    @property
    def main(self) -> Field | None:
        """The container of the engine in a pod that KServe makes."""
        return container_named(MAIN_CONTAINER, self.spec)


def is_sidecar(container: Field) -> bool:
    """Return whether an init container goes on running beside those that come after it."""
    return container["restartPolicy"].text() == "Always"


def container_named(name: str, spec: Field) -> Field | None:
    """Return the container of this name in a pod's spec."""
    return next((item for item in spec["containers"].elements() if item["name"].text() == name), None)


def pods(resource: Resource) -> Iterator[Pod]:
    """Yield the pods of `resource`, which may be of any type."""
    root = properties(resource)
    if is_service(resource.type) or is_config(resource.type):
        for workload in workloads(root["spec"]):
            yield from pods_of_workload(resource, workload)
        return
    for path in _POD_SPECS.get(group_and_kind(resource.type), ()):
        spec = root.at(*path)
        if spec.present:
            yield Pod(spec)


def pods_of_workload(resource: Resource, workload: Field) -> Iterator[Pod]:
    """Yield the pods of one workload of an LLMInferenceService, or of what services are merged with."""
    whole = is_service(resource.type) and not properties(resource)["spec"]["baseRefs"].present
    for role in ("template", "worker"):
        if workload[role].present:
            yield Pod(workload[role], by_kserve=True, whole=whole)


def prefill_of(spec: Field) -> Field | None:
    """Return the workload of an LLMInferenceService that only prefills, if it has that."""
    return spec["prefill"] if spec["prefill"].present else None


def workloads(spec: Field) -> list[Field]:
    """Return the workloads of an LLMInferenceService: its own, and the one that only prefills, if it has that."""
    prefill = prefill_of(spec)
    return [spec, prefill] if prefill else [spec]
