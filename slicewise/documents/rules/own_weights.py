"""Rules of where an engine finds its weights: KServe mounts them, or, without storage initializer, the pod has them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Final, NamedTuple

from slicewise.diagnostics import Code, Diagnostic, FieldPath, named, quoted
from slicewise.documents.deployment import ModelDeployment
from slicewise.documents.environment import InferenceEnvironment, NodePool
from slicewise.documents.fleet import Fleet, model_key
from slicewise.documents.lora import Lora
from slicewise.documents.model_source import Oci, PersistentVolumeClaim, Weights
from slicewise.documents.model_weights import ADAPTERS, MODELS, download_directory
from slicewise.documents.pod import PodSettings, StorageInitializer
from slicewise.documents.pod_levels import effective_pod
from slicewise.documents.pod_volumes import Volume, VolumeMount
from slicewise.documents.prefill_profiles import prefill_workload
from slicewise.documents.rules.references import REFERENCE
from slicewise.documents.served_model import ModelSpec, ServingProfile

_MOUNTED_BY_KSERVE: Final = "KServe mounts the weights there"


class _Place(NamedTuple):
    """A pool where the selectors let a deployment run with a profile."""

    deployment: ModelDeployment
    model: ModelSpec
    profile: ServingProfile
    environment: InferenceEnvironment
    pool: NodePool

    def __str__(self) -> str:
        return f"{named(self.environment.metadata.name)}/{named(self.pool.name)}"

    @property
    def workloads(self) -> list[ServingProfile]:
        """The profile, and its prefill workload as another one."""
        return [each for each in (self.profile, prefill_workload(self.profile)) if each]

    def pod(self, workload: ServingProfile) -> PodSettings:
        """Return what counts of all that is said of the pods of `workload`."""
        return effective_pod(self.pool, self.model, workload, self.deployment)


def check_mounted_over(
    pod: PodSettings, storage: StorageInitializer, weights: Weights | None, lora: Lora | None, at: FieldPath
) -> Iterator[Diagnostic]:
    """Yield the mounts of what a model says of pods at `at` that are where KServe mounts weights.

    A mount there would hide them; and in a directory that the engine may only read, no container runtime can make the
    place for another mount.

    Args:
        pod: What is said of pods.
        storage: What fetches the weights.
        weights: Where the model's own weights come from; None where that is wrong.
        lora: Its adapters.
        at: Where `pod` is in the document.
    """
    taken = _taken(weights, lora)
    if storage.enabled is not False:
        yield from _mounted_over(_mounts(pod), taken, (*at, "container", "volumeMounts"))


def check_download_mounted_over(
    storage: StorageInitializer, weights: Weights | None, lora: Lora | None
) -> Iterator[Diagnostic]:
    """Yield the mounts of what fetches the weights that are where it writes them.

    Args:
        storage: What fetches the weights.
        weights: Where the model's own weights come from; None where that is wrong.
        lora: Its adapters.
    """
    if storage.enabled is not False:
        at = ("spec", "storageInitializer", "volumeMounts")
        yield from _mounted_over(storage.volume_mounts, _taken(weights, lora), at)


def _mounted_over(mounts: Sequence[VolumeMount], taken: AbstractSet[str], at: FieldPath) -> Iterator[Diagnostic]:
    for number, mount in enumerate(mounts):
        if _is_in(mount, taken):
            message = f"{quoted(mount.mount_path)} is decided elsewhere: {_MOUNTED_BY_KSERVE}"
            field = (*at, number, "mountPath")
            yield Diagnostic.error(Code.DECIDED_ELSEWHERE, message, "mount the volume at another path", field=field)


def check_weights_in_pods(fleet: Fleet) -> Iterator[Diagnostic]:
    """Yield each deployment whose pods would find no weights on some pool, or hide those that KServe mounts.

    Configs of the platform's own (`baseRefs`) may do anything about it, so what names some is not refused.

    Args:
        fleet: Where to look; a deployment whose model is not there is left out.
    """
    mounted_over = _any_below_mnt(fleet)
    if not mounted_over and all(model.storage_initializer.enabled is not False for model in fleet.models.values()):
        return
    for deployment in fleet.deployments:
        model = fleet.models.get(model_key(deployment))
        if model is None:
            continue
        without = model.storage_initializer.enabled is False
        if (without and not model.base_refs) or (not without and mounted_over):
            found = map(_without_weights if without else _hidden_weights, _places(fleet, deployment, model))
            yield from [each for each in found if each][:1]


def _without_weights(place: _Place) -> Diagnostic | None:
    lacking = next((each for each in place.workloads if not _finds_weights(place, each)), None)
    if lacking is None or place.pool.base_refs:
        return None
    why = (
        f"and no volume of these pods has those of source {place.model.source}"
        if lacking.engine.command
        else f"and its command is still vllm serve {MODELS}, where nothing is"
    )
    message = (
        f"profile {lacking.name} of its model on {place}: without the storage initializer KServe v0.20 mounts no "
        f"weights from any source, {why}"
    )
    command = "" if lacking.engine.command else "or write engine.command, which fetches the weights itself; "
    remedy = (
        f"leave storageInitializer.enabled of the model out; {command}or mount them at {MODELS} with pod.volumes and "
        "pod.container.volumeMounts"
    )
    return _of_reference(Code.NO_WEIGHTS, message, remedy, place)


def _hidden_weights(place: _Place) -> Diagnostic | None:
    taken = _taken(place.model.weights, place.model.lora)
    of_deployment, of_pool = (
        next((mount for mount in _mounts(pod) if _is_in(mount, taken)), None)
        for pod in (place.deployment.spec.pod, place.pool.pod)
    )
    mount = of_deployment or of_pool
    if mount is None:
        return None
    whose = "its spec.pod" if of_deployment else f"pod of the pool {place}"
    message = f"{whose} mounts {quoted(mount.mount_path)}, which is decided elsewhere: {_MOUNTED_BY_KSERVE}"
    return _of_reference(Code.DECIDED_ELSEWHERE, message, "mount the volume at another path", place)


def _of_reference(code: Code, message: str, remedy: str, place: _Place) -> Diagnostic:
    return Diagnostic.error(code, message, remedy, field=REFERENCE, subject=place.deployment.key.subject)


def _finds_weights(place: _Place, workload: ServingProfile) -> bool:
    pod = place.pod(workload)
    mounts = _mounts(pod)
    if any(mount.mount_path.rstrip("/") in (MODELS, "/mnt") for mount in mounts):
        return True
    mounted = {mount.name for mount in mounts}
    return workload.engine.command is not None and _has_source(
        place.model, [volume for volume in pod.volumes if volume.name in mounted]
    )


def _has_source(model: ModelSpec, volumes: Sequence[Volume]) -> bool:
    """Return whether a command can get at the weights: over the network, or in one of the mounted `volumes`."""
    match model.weights:
        case PersistentVolumeClaim(name=name):
            claims = [each.persistent_volume_claim for each in volumes if each.persistent_volume_claim]
            return name in {claim.claim_name for claim in claims}
        case Oci():
            return any(volume.image for volume in volumes)
        case _:
            return True


def _any_below_mnt(fleet: Fleet) -> bool:
    pods = [pool.pod for environment in fleet.environments for pool in environment.spec.node_pools]
    pods += [deployment.spec.pod for deployment in fleet.deployments]
    return any(_is_in(mount, {"/mnt"}) for pod in pods for mount in _mounts(pod))


def _places(fleet: Fleet, deployment: ModelDeployment, model: ModelSpec) -> Iterator[_Place]:
    """Yield where the selectors let `deployment` run."""
    for environment in fleet.environments:
        labels = environment.metadata.labels
        if deployment.spec.environment_selector.selects(labels):
            profiles = [each for each in model.serving if each.environment_selector.selects(labels)]
            for pool in environment.spec.node_pools:
                if deployment.spec.node_pool_selector.selects(pool.labels):
                    yield from (_Place(deployment, model, each, environment, pool) for each in profiles)


def _mounts(pod: PodSettings | None) -> tuple[VolumeMount, ...]:
    return pod.container.volume_mounts if pod and pod.container else ()


def _taken(weights: Weights | None, lora: Lora | None) -> AbstractSet[str]:
    """Return the directories in which KServe mounts weights."""
    return {MODELS, download_directory(weights, lora) or MODELS, *([ADAPTERS] if lora else [])}


def _is_in(mount: VolumeMount, directories: AbstractSet[str]) -> bool:
    return any(f"{mount.mount_path.rstrip('/')}/".startswith(f"{each}/") for each in directories)
