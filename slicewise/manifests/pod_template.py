"""The pod of a placement: pinned to its pool, asking for exactly its slice."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from slicewise.documents import (
    EngineContainer,
    InterNodeDevice,
    ModelSpec,
    NodePool,
    PodSettings,
    ServingProfile,
    Spread,
    Toleration,
    all_weights,
    is_downloaded,
    pull_secrets,
)
from slicewise.kubernetes import HOSTNAME_LABEL, canonical
from slicewise.manifests.argument_escaping import through_kubelet
from slicewise.manifests.device_claims import claims_of_container, claims_of_pod, uses_claims
from slicewise.manifests.engine_args import engine_args
from slicewise.manifests.kv_transfer import kv_transfer_env
from slicewise.manifests.made_once import Maker
from slicewise.manifests.model_source import adapter_mounts, credentials
from slicewise.manifests.pod_fields import container_fields, initializer_fields, pod_fields, written_variables
from slicewise.manifests.required_nodes import node_choice
from slicewise.manifests.security_context import restricted_security_context
from slicewise.manifests.source_map import FieldSource, SourcePart
from slicewise.manifests.vocabulary import (
    COMPONENT,
    COMPONENT_LABEL,
    MAIN_CONTAINER,
    NAME_LABEL,
    PREFILL_COMPONENT,
    STORAGE_INITIALIZER,
    KubernetesObject,
)
from slicewise.mig import WHOLE_GPU_RESOURCE
from slicewise.planning import Placement

# For the taint that GPU nodes usually carry; nothing else adds it.
GPU_TOLERATION: Final = Toleration(key=WHOLE_GPU_RESOURCE, operator="Exists", effect="NoSchedule")

_OF_POD: Final = (
    "serviceAccountName",
    "imagePullSecrets",
    "priorityClassName",
    "schedulerName",
    "runtimeClassName",
    "securityContext",
    "volumes",
)
_OF_CONTAINER: Final = (
    "envFrom",
    "volumeMounts",
    "startupProbe",
    "livenessProbe",
    "readinessProbe",
    "securityContext",
)

POD_SOURCES: Final = (
    *(FieldSource(field, SourcePart.POD, (field,)) for field in _OF_POD),
    *(FieldSource(f"containers[].{field}", SourcePart.POD, ("container", field)) for field in _OF_CONTAINER),
    FieldSource("nodeSelector", SourcePart.NODE_POOL, ("nodeSelector",)),
    FieldSource("affinity", SourcePart.NODE_POOL, ("nodeSelector",)),
    FieldSource("tolerations", SourcePart.NODE_POOL, ("tolerations",)),
    FieldSource("resourceClaims", SourcePart.NODE_POOL, ("allocation",)),
    FieldSource("containers[].resources.claims", SourcePart.NODE_POOL, ("allocation",)),
    FieldSource("topologySpreadConstraints", SourcePart.SERVING_PROFILE, ("replicaTopology", "spread")),
    FieldSource("initContainers[].env", SourcePart.STORAGE_INITIALIZER),
    FieldSource("initContainers[].volumeMounts", SourcePart.MODEL, ("spec", "lora")),
    FieldSource("containers[].image", SourcePart.SERVING_PROFILE, ("engine", "image")),
    FieldSource("containers[].args", SourcePart.SERVING_PROFILE, ("engine", "args")),
    FieldSource("containers[].env", SourcePart.SERVING_PROFILE, ("engine", "env")),
    FieldSource("containers[].command", SourcePart.SERVING_PROFILE, ("engine", "command")),
    # Of the engine's container, and of the init container that fetches its weights.
    FieldSource("*[].resources.*.cpu", SourcePart.MODEL, ("spec", "resources", "cpu")),
    FieldSource("*[].resources.*.memory", SourcePart.MODEL, ("spec", "resources", "memory")),
    FieldSource('containers[].resources.*["nvidia.com/', SourcePart.NODE_POOL, ("capabilities", "migConfiguration")),
    # The other resources are the container's own, and the device between nodes.
    FieldSource("containers[].resources", SourcePart.RESOURCES),
)
"""What a pod's fields are made of; the first that matches counts."""


def _of_prefill(source: FieldSource) -> FieldSource:
    if source.part is SourcePart.NODE_POOL:
        return source._replace(part=SourcePart.PREFILL_NODE_POOL)
    if source.part is SourcePart.SERVING_PROFILE:
        return source._replace(path=("prefill", *source.path))
    return source


PREFILL_SOURCES: Final = tuple(map(_of_prefill, POD_SOURCES))
"""What the fields of a pod of a prefill workload are made of."""


class DeclaredPods(NamedTuple):
    """What documents say of the pods of one workload."""

    model: ModelSpec
    profile: ServingProfile
    pool: NodePool
    settings: PodSettings
    """What counts of all that is said of them beside."""


def pod_template(
    placement: Placement, declared: DeclaredPods, name: str, made: Maker, *, is_worker: bool = False
) -> KubernetesObject:
    """Return the pod spec of every pod of `placement`.

    Args:
        placement: What was decided.
        declared: What documents say of them.
        name: The service's name.
        made: Makes what many pods have in common.
        is_worker: Whether it is that of the workers of several nodes, which nothing asks whether they are ready.
    """
    model, profile, pool, pod = declared
    use = _Use(
        uses_claims(pool),
        placement.resource,
        placement.gpus_per_node,
        hands_over=placement.is_prefill or placement.prefill is not None,
        is_worker=is_worker,
    )
    device = _inter_node_device(profile, pool)
    template: KubernetesObject = {
        **made(_nodes, [pool]),
        "containers": made(_containers, [model, profile, pod.container, device], use),
        **pod_fields(pod, profile.replica_topology),
        "imagePullSecrets": [{"name": name} for name in _pull_secrets(made(pull_secrets, [model]), pod)],
        "resourceClaims": claims_of_pod(placement, pool, name),
        "initContainers": made(_init_containers, [model]),
    }
    if profile.replica_topology.spread is Spread.PREFERRED and placement.nodes_per_replica == 1:
        template["topologySpreadConstraints"] = _spread(name, _component(placement))
    return {key: value for key, value in template.items() if value}


def _nodes(pool: NodePool) -> KubernetesObject:
    """Return what lets pods come to the nodes of a pool, and to no others."""
    return {**node_choice(pool), "tolerations": _tolerations(pool)}


def _component(placement: Placement) -> str | None:
    """Return what KServe calls a workload; None where its service has no other."""
    if placement.prefill is None and not placement.is_prefill:
        return None
    return PREFILL_COMPONENT if placement.is_prefill else COMPONENT


def _spread(name: str, component: str | None) -> list[KubernetesObject]:
    """Return that the pods of a workload, by the labels that all of them have and no others, prefer different nodes."""
    labels = {NAME_LABEL: name, **({COMPONENT_LABEL: component} if component else {})}
    return [
        {
            "maxSkew": 1,
            "topologyKey": HOSTNAME_LABEL,
            # A preference: a constraint that must hold could keep an accepted pod Pending.
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": labels},
        }
    ]


def _pull_secrets(of_weights: Iterable[str], pod: PodSettings) -> tuple[str, ...]:
    """Return the names of the Secrets for registries: of the pods' images, and of those that hold weights."""
    return tuple(dict.fromkeys((*(each.name for each in pod.image_pull_secrets), *of_weights)))


class _Use(NamedTuple):
    """What the plan, and not a document, says of an engine's container."""

    claims: bool
    """Whether the pool's pods get their slices or GPUs by claims."""
    resource: str
    """The Kubernetes resource of one unit."""
    units: int
    """Units of one pod."""
    hands_over: bool
    """Whether prompts are computed in other pods than answers."""
    is_worker: bool


def _containers(
    model: ModelSpec,
    profile: ServingProfile,
    settings: EngineContainer | None,
    device: InterNodeDevice | None,
    use: _Use,
) -> list[KubernetesObject]:
    """Return the engine's container, the only one that is said anything of."""
    container: KubernetesObject = {"name": MAIN_CONTAINER}
    if profile.engine.image:
        container["image"] = profile.engine.image
    if profile.engine.command:
        container["command"] = [through_kubelet(word) for word in profile.engine.command]
    args = engine_args(profile, hands_over=use.hands_over)
    if args:
        container["args"] = args
    env = {each["name"]: each for each in kv_transfer_env()} if use.hands_over else {}
    env |= {each["name"]: each for each in written_variables(device.env if device else ())}
    if model.storage_initializer.enabled is False:
        # Then the engine fetches by itself.
        env |= {each["name"]: each for each in credentials(model)}
    env |= {each["name"]: each for each in written_variables(profile.engine.env)}
    if env:
        container["env"] = list(env.values())
    said = container_fields(settings, profile.replica_topology, is_worker=use.is_worker)
    extra = said.pop("resources", {})
    own = {} if use.claims else {use.resource: str(use.units)}
    own |= _cpu_and_memory(model)
    own |= {device.resource: str(device.count)} if device else {}
    container["resources"] = {**extra, "limits": {**own, **extra.get("limits", {})}}
    if use.claims:
        container["resources"]["claims"] = claims_of_container()
    return [container | said]


def _inter_node_device(profile: ServingProfile, pool: NodePool) -> InterNodeDevice | None:
    return pool.capabilities.inter_node_device if profile.replica_topology.uses_fabric else None


def _init_containers(model: ModelSpec) -> list[KubernetesObject]:
    """Return what is merged into the init container that KServe makes; without anything to download it makes none."""
    fetches = model.storage_initializer.enabled is not False and any(map(is_downloaded, all_weights(model)))
    return [_storage_initializer(model)] if fetches else []


def _storage_initializer(model: ModelSpec) -> KubernetesObject:
    """Return what is merged into the init container that fetches the weights, before the engine runs.

    KServe gives it 100m of 1 CPU, which a LimitRange with a ratio refuses, and no securityContext, which Pod Security's
    `restricted` refuses. With the engine's CPU and memory the pod asks for exactly what the plan counts.
    """
    container: KubernetesObject = {"name": STORAGE_INITIALIZER, **initializer_fields(model.storage_initializer)}
    # Only this container needs tokens and keys; the engine reads /mnt/models.
    if env := [*credentials(model), *container.get("env", [])]:
        container["env"] = env
    if mounts := [*adapter_mounts(model), *container.get("volumeMounts", [])]:
        container["volumeMounts"] = mounts
    container["resources"] = {"requests": _cpu_and_memory(model), "limits": _cpu_and_memory(model)}
    container["securityContext"] = restricted_security_context()
    return container


def _cpu_and_memory(model: ModelSpec) -> dict[str, str]:
    return {"cpu": canonical(model.resources.cpu), "memory": canonical(model.resources.memory)}


def _tolerations(pool: NodePool) -> list[KubernetesObject]:
    return [each.model_dump(by_alias=True, exclude_none=True) for each in pod_tolerations(pool)]


def pod_tolerations(pool: NodePool) -> tuple[Toleration, ...]:
    """Return all tolerations of the pool's pods: Slicewise's own, then the pool's, whose order means nothing."""
    # An empty value is the same as none.
    ordered = sorted((each.model_copy(update={"value": each.value or None}) for each in pool.tolerations), key=repr)
    return tuple(dict.fromkeys((GPU_TOLERATION, *ordered)))
