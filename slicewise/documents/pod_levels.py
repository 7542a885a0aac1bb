"""What is said of the pods of a placement, on five levels from the pool to the deployment; what comes later wins."""

from __future__ import annotations

from typing import Any, Final

from slicewise.documents.base import Frozen
from slicewise.documents.deployment import ModelDeployment
from slicewise.documents.environment import NodePool
from slicewise.documents.environment_variables import EnvironmentVariable, VariablesFrom
from slicewise.documents.pod import BaseReference, ExtraResources, PodSettings, ResourceAmounts, SecurityProfile
from slicewise.documents.pod_volumes import SecretByName, Volume, VolumeMount
from slicewise.documents.served_model import ModelSpec, ServingProfile

_NOTHING: Final = PodSettings()


def effective_pod(
    pool: NodePool, model: ModelSpec, profile: ServingProfile, deployment: ModelDeployment
) -> PodSettings:
    """Return what counts of all that is said of these pods.

    Maps are merged by key, blocks by field, volumes, mounts and pull secrets by what names them, as Kubernetes merges
    them; a volume counts as a whole, since it has one source, and so does a resource, with its request and its limit.
    Other lists are replaced, as Kubernetes replaces them.
    """
    return merged_pods(pool.pod, model.pod, profile.pod, _by_metadata(deployment), deployment.spec.pod)


def _by_metadata(deployment: ModelDeployment) -> PodSettings | None:
    """Return what the metadata of a deployment says of its pods."""
    metadata = deployment.metadata
    if not metadata.labels and not metadata.annotations:
        return None
    return PodSettings(labels=metadata.labels or None, annotations=metadata.annotations or None)


def merged_pods(*levels: PodSettings | None) -> PodSettings:
    """Return what counts of all that is said in `levels`, from below."""
    pod = _NOTHING
    for said in levels:
        if said is not None:
            pod = _merged(pod, said)
    return pod


def effective_base_refs(pool: NodePool, model: ModelSpec) -> list[BaseReference]:
    """Return the configs that KServe merges into a service, each once: of two that differ the later one counts."""
    return list(dict.fromkeys((*pool.base_refs, *model.base_refs)))


def _merged(below: Any, above: Any) -> Any:  # noqa: ANN401 - two values of one field
    """Return `above` where it says something, and `below` elsewhere."""
    if isinstance(above, SecurityProfile) or below in (None, ()):
        return above
    if isinstance(above, ExtraResources):
        return _merged_resources(below, above)
    if isinstance(above, Frozen):
        said = {name: value for name in type(above).model_fields if (value := getattr(above, name)) not in (None, ())}
        return below.model_copy(update={name: _merged(getattr(below, name), value) for name, value in said.items()})
    if isinstance(above, dict):
        return {**below, **above}
    if isinstance(above, tuple) and above and isinstance(above[0], _Named):
        return tuple({_key(each): each for each in (*below, *above)}.values())
    return above


def _merged_resources(below: ExtraResources, above: ExtraResources) -> ExtraResources:
    """Return both, where a resource of which `above` gives a limit or a request has nothing of those `below`."""
    said = {*(above.limits or {}), *(above.requests or {})}

    def merged(lower: ResourceAmounts | None, upper: ResourceAmounts | None) -> ResourceAmounts | None:
        kept = {name: amount for name, amount in (lower or {}).items() if name not in said}
        return {**kept, **(upper or {})} or None

    return ExtraResources(requests=merged(below.requests, above.requests), limits=merged(below.limits, above.limits))


_Named = EnvironmentVariable | SecretByName | Volume | VolumeMount | VariablesFrom


def _key(entry: _Named) -> object:
    """Return what names an entry of a list; of variables from one place the place itself."""
    if isinstance(entry, VolumeMount):
        return entry.mount_path
    return entry if isinstance(entry, VariablesFrom) else entry.name
