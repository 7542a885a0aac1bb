"""Resources as the rules see them: clean ones, and what makes them otherwise."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from policies.rules.rule_types import Resource

SERVICE = "kubernetes:serving.kserve.io/v1alpha2:LLMInferenceService"
CONFIG = "kubernetes:serving.kserve.io/v1alpha2:LLMInferenceServiceConfig"
SCALED_OBJECT = "kubernetes:keda.sh/v1alpha1:ScaledObject"
HPA = "kubernetes:autoscaling/v2:HorizontalPodAutoscaler"
POD = "kubernetes:core/v1:Pod"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
PROVIDER = "pulumi:providers:kubernetes"
STACK = "pulumi:pulumi:Stack"

SLICE = "nvidia.com/mig-3g.40gb"
TOLERATION = {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}
SELECTOR = {"cloud.google.com/gke-accelerator": "nvidia-h100-80gb"}
GKE_SLICES = {"cloud.google.com/gke-gpu-partition-size": "3g.40gb"}
DIGEST = "sha256:" + "0a1b2c3d" * 8

# Where the engine's container is in a service.
CONTAINER = "spec.template.containers[0]"
RESOURCES = f"{CONTAINER}.resources"
LIMITS = f"{RESOURCES}.limits"


def container(gpu: str | None = SLICE, count: object = "1", **more: object) -> dict[str, Any]:
    """Return the engine's container; `more` adds to it or, with None, takes away."""
    limits = {gpu: count, "cpu": "8", "memory": "48Gi"} if gpu else {"cpu": "8"}
    return _without_none({"name": "main", "resources": {"limits": limits}} | more)


def pod_spec(*containers: dict[str, Any], **more: object) -> dict[str, Any]:
    """Return a pinned and tolerant pod."""
    spec = {"nodeSelector": dict(SELECTOR), "tolerations": [dict(TOLERATION)]}
    return _without_none(spec | {"containers": list(containers or [container()])} | more)


def service(template: dict[str, Any] | None = None, name: str = "gemma", **spec: object) -> Resource:
    """Return a service; `spec` adds to its spec or, with None, takes away."""
    annotations = {"slicewise.dev/environment": "mig-a", "slicewise.dev/node-pool": "slices"}
    whole = {"model": {"uri": "hf://google/gemma", "name": "gemma"}, "replicas": 2}
    return Resource(
        SERVICE,
        f"mig-a/team-a/{name}-service",
        {
            "apiVersion": "serving.kserve.io/v1alpha2",
            "kind": "LLMInferenceService",
            "metadata": {"name": name, "namespace": "team-a", "annotations": annotations},
            "spec": _without_none(whole | {"template": template or pod_spec()} | spec),
        },
        urn=f"urn:{name}",
        cluster="urn:mig-a-provider",
        provider="mig-a-provider",
    )


def multi_node(
    leader: dict[str, Any], worker: dict[str, Any], replicas: int = 2, parallelism: dict[str, int] | None = None
) -> Resource:
    """Return a service of two nodes a replica, unless `parallelism` says otherwise."""
    sizes = {"tensor": 8, "pipeline": 2} if parallelism is None else parallelism
    return service(leader, worker=worker, replicas=replicas, parallelism=sizes)


def whole_gpus(**more: object) -> dict[str, Any]:
    """Return a pod of eight whole GPUs."""
    return pod_spec(container("nvidia.com/gpu", "8"), **more)


def pod(**more: object) -> Resource:
    """Return a pod that nothing of Slicewise made."""
    spec = pod_spec(container(image="registry:5000/vllm:v0.11"), **more)
    return Resource(POD, "bench", {"metadata": {"name": "bench"}, "spec": spec}, cluster="urn:p", provider="p")


def deployment(spec: dict[str, Any], **more: object) -> Resource:
    """Return a Deployment of pods with this spec."""
    whole = {"template": {"spec": spec}} | more
    return Resource(DEPLOYMENT, "web", {"metadata": {"name": "web"}, "spec": whole}, cluster="urn:p", provider="p")


def provider(secrets: frozenset[str] = frozenset({"kubeconfig"}), **more: object) -> Resource:
    """Return a provider with a secret kubeconfig."""
    properties = _without_none({"kubeconfig": "apiVersion: v1", "clusterIdentifier": "mig-a"} | more)
    return Resource(PROVIDER, "mig-a-provider", properties, secrets=secrets)


def altered(resource: Resource, path: tuple[str | int, ...], value: object) -> Resource:
    """Return a copy of `resource` with the value at `path` replaced."""
    properties = copy.deepcopy(dict(resource.properties))
    at: Any = properties
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return Resource(
        resource.type, resource.name, properties, resource.urn, resource.cluster, resource.provider, resource.secrets
    )


def paths(value: object, here: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of every value in `value`, containers included."""
    entries: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in entries:
        yield (*here, key)
        yield from paths(item, (*here, key))


def _without_none(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}
