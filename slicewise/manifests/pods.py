"""The pod of a placement: pinned to its pool, asking for exactly its slice."""

from __future__ import annotations

import shlex
from typing import Final

from slicewise.manifests.kubernetes_object import KubernetesObject
from slicewise.manifests.vocabulary import MAIN_CONTAINER, NAME_LABEL, STORAGE_INITIALIZER
from slicewise.mig import WHOLE_GPU_RESOURCE
from slicewise.placement import Placement
from slicewise.spec import ModelSpec, NodePool, ServingProfile
from slicewise.spec.environment import Toleration
from slicewise.spec.model import Spread

# For the taint that GPU nodes usually carry; nobody else adds it.
GPU_TOLERATION: Final = Toleration(key=WHOLE_GPU_RESOURCE, operator="Exists", effect="NoSchedule")


def pod_template(
    placement: Placement, model: ModelSpec, profile: ServingProfile, pool: NodePool, name: str
) -> KubernetesObject:
    """Return the pod spec of every pod of `placement`; `name` is the service's."""
    template: KubernetesObject = {
        "nodeSelector": dict(sorted(pool.node_selector.items())),
        "tolerations": [each.model_dump(by_alias=True, exclude_none=True) for each in pod_tolerations(pool)],
        "containers": [_main_container(placement, model, profile)],
    }
    secret = model.hugging_face.secret_ref
    if secret:
        # Only the init container that fetches the weights needs the token; the engine reads /mnt/models.
        token = {"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": {"name": secret.name, "key": secret.key}}}
        template["initContainers"] = [{"name": STORAGE_INITIALIZER, "env": [token]}]
    if profile.replica_topology.spread is Spread.PREFERRED and placement.nodes_per_replica == 1:
        template["topologySpreadConstraints"] = [
            {
                "maxSkew": 1,
                "topologyKey": "kubernetes.io/hostname",
                # A preference: a constraint that must hold could keep an accepted pod Pending.
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": {NAME_LABEL: name}},
            }
        ]
    return {key: value for key, value in template.items() if value}


def _main_container(placement: Placement, model: ModelSpec, profile: ServingProfile) -> KubernetesObject:
    container: KubernetesObject = {"name": MAIN_CONTAINER}
    if profile.engine.image:
        container["image"] = profile.engine.image
    args = _engine_args(placement, profile)
    if args:
        container["args"] = args
    container["resources"] = {
        "limits": {
            placement.resource: str(placement.gpus_per_node),
            "cpu": str(model.resources.cpu),
            "memory": str(model.resources.memory),
        }
    }
    return container


def _engine_args(placement: Placement, profile: ServingProfile) -> list[str]:
    if placement.nodes_per_replica > 1:
        # The multi-node configs pass arguments on as they are, and take the parallel sizes from spec.parallelism.
        return list(profile.engine.args)
    # KServe's single-node preset runs its arguments through the shell's eval (since v0.18), which takes quotes away.
    return [shlex.quote(argument) for argument in (*_parallel_args(profile), *profile.engine.args)]


def _parallel_args(profile: ServingProfile) -> list[str]:
    """Return the flags of one node's parallel sizes: KServe renders only tensor, and that only since v0.20."""
    sizes = profile.replica_topology.parallel_sizes
    flags = {
        "--tensor-parallel-size": sizes.tensor,
        "--pipeline-parallel-size": sizes.pipeline,
        "--data-parallel-size": sizes.data,
    }
    args = [f"{flag}={size}" for flag, size in flags.items() if size > 1]
    if profile.replica_topology.parallelism.expert:
        args.append("--enable-expert-parallel")
    return args


def pod_tolerations(pool: NodePool) -> tuple[Toleration, ...]:
    """Return all tolerations of the pool's pods: Slicewise's own, then the pool's."""
    return tuple(dict.fromkeys((GPU_TOLERATION, *pool.tolerations)))
