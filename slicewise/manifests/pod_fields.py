"""What documents say of pods in Kubernetes' own shapes, as KServe v0.20 takes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from slicewise.documents import (
    EngineContainer,
    EnvironmentVariable,
    PodSettings,
    ReplicaTopology,
    StorageInitializer,
)
from slicewise.kubernetes import Quantity, canonical
from slicewise.manifests.pipeline_parallel import SHM_VOLUME, health_check
from slicewise.manifests.vocabulary import KubernetesObject

# The volume of /dev/shm in KServe's presets, which an entry of this name is merged into.
_KSERVE_SHM: Final = "dshm"
_PROBES: Final = ("startupProbe", "livenessProbe", "readinessProbe")
# KServe hands labels and annotations of the service with these prefixes on to what it makes and to its pods; all others
# reach pods by `spec.labels` and `spec.annotations` only (propagateDeploymentMetadata, v0.20.0).
_LABELS_OF_SERVICE: Final = ("kueue.x-k8s.io/",)
_ANNOTATIONS_OF_SERVICE: Final = ("kueue.x-k8s.io/", "leaderworkerset.sigs.k8s.io/")


def as_written(value: Any) -> Any:  # noqa: ANN401 - a part of a document
    """Return a part of a document as Kubernetes reads it: only what is said, and every amount in one notation."""
    if isinstance(value, Quantity):
        return canonical(value)
    if isinstance(value, Mapping):
        return {key: as_written(each) for key, each in value.items() if each != ()}
    if isinstance(value, list | tuple):
        return [as_written(each) for each in value]
    return value


def pod_fields(pod: PodSettings, topology: ReplicaTopology) -> KubernetesObject:
    """Return the fields of the pod spec itself."""
    own = {"labels", "annotations", "container", "shm_size"}
    if pod.model_fields_set <= own and pod.shm_size is None:
        return {}
    fields: KubernetesObject = as_written(pod.model_dump(by_alias=True, exclude_none=True, exclude=own))
    if pod.shm_size is not None:
        shm = {"medium": "Memory", "sizeLimit": canonical(pod.shm_size)}
        name = SHM_VOLUME if topology.pipelined else _KSERVE_SHM
        fields["volumes"] = [*fields.get("volumes", []), {"name": name, "emptyDir": shm}]
    return fields


def container_fields(said: EngineContainer | None, topology: ReplicaTopology, *, is_worker: bool) -> KubernetesObject:
    """Return the fields of the engine's container, its resources among them.

    Probes are those of leaders: KServe's presets ask no worker, and a probe without a question is refused.
    """
    if said is None:
        return {}
    fields: KubernetesObject = as_written(said.model_dump(by_alias=True, exclude_none=True))
    for name in _PROBES:
        if is_worker:
            fields.pop(name, None)
        elif name in fields and topology.pipelined:
            # Slicewise's own config asks nothing of its own by a liveness probe, which needs a question.
            fields[name] = {**health_check(), **fields[name]}
    return fields


def initializer_fields(said: StorageInitializer) -> KubernetesObject:
    """Return the fields of the init container that fetches the weights."""
    fields: KubernetesObject = as_written(said.model_dump(by_alias=True, exclude_none=True, exclude={"enabled"}))
    return fields


def written_variables(env: tuple[EnvironmentVariable, ...]) -> list[KubernetesObject]:
    """Return environment variables."""
    return [as_written(each.model_dump(by_alias=True, exclude_none=True)) for each in env]


def service_labels(pod: PodSettings) -> dict[str, str]:
    """Return the labels that pods and what makes them get by those of the service."""
    return _beginning_with(_LABELS_OF_SERVICE, pod.labels)


def service_annotations(pod: PodSettings) -> dict[str, str]:
    """Return the annotations that pods and what makes them get by those of the service."""
    return _beginning_with(_ANNOTATIONS_OF_SERVICE, pod.annotations)


def pod_labels(pod: PodSettings) -> dict[str, str]:
    """Return the labels that pods alone get."""
    return _without(_LABELS_OF_SERVICE, pod.labels)


def pod_annotations(pod: PodSettings) -> dict[str, str]:
    """Return the annotations that pods alone get."""
    return _without(_ANNOTATIONS_OF_SERVICE, pod.annotations)


def _beginning_with(prefixes: tuple[str, ...], said: Mapping[str, str] | None) -> dict[str, str]:
    return {key: value for key, value in said.items() if key.startswith(prefixes)} if said else {}


def _without(prefixes: tuple[str, ...], said: Mapping[str, str] | None) -> dict[str, str]:
    return {key: value for key, value in said.items() if not key.startswith(prefixes)} if said else {}
