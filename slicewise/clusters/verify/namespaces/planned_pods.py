"""The pods that KServe v0.20 makes of a service of the plan, as admission sees them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from slicewise.clusters.verify.namespaces.claim_quotas import NOTHING, Counts
from slicewise.documents import DeploymentKey
from slicewise.kubernetes import ContainerResources, containers_of, items, mapping, text
from slicewise.manifests import MAIN_CONTAINER, STORAGE_INITIALIZER, KubernetesObject
from slicewise.planning import Placement

# What the init container that fetches weights asks for: KServe v0.20's ConfigMap inferenceservice-config.
_STORAGE_INITIALIZER: Final = {
    "requests": {"cpu": "100m", "memory": "100Mi"},
    "limits": {"cpu": "1", "memory": "1Gi"},
}
# What KServe's preset for data parallelism over several nodes adds to the engine (config-llm-worker-data-parallel).
ADDED_CAPABILITIES: Final = ("IPC_LOCK", "SYS_RAWIO", "NET_RAW")


@dataclass(frozen=True, slots=True)
class PlannedPods:
    """The pods of one placement, or of its prefill workload.

    Attributes:
        deployment: Whose they are.
        service: The name of their service.
        replicas: Replicas, the most that there may ever be.
        nodes: Pods of each replica.
        containers: Their containers.
        adds_capabilities: Whether the engine is given capabilities, which only namespaces without restrictions allow.
        confined: Whether the init container says all that the level `restricted` wants of it, as the engine does.
        claim: What the ResourceClaim of each pod counts for, by the keys of quotas.
    """

    deployment: DeploymentKey
    service: str
    replicas: int
    nodes: int
    containers: tuple[ContainerResources, ...]
    adds_capabilities: bool
    confined: bool
    claim: Counts = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many pods there are."""
        return self.replicas * self.nodes

    @property
    def namespace(self) -> str:
        """Their namespace."""
        return self.deployment.namespace


def planned_pods(placement: Placement, service: KubernetesObject, claim: Counts = NOTHING) -> PlannedPods:
    """Return the pods of `placement`, or of a prefill workload, whose service is declared as `service`.

    Each has a ResourceClaim that counts for `claim`.
    """
    workload = service["spec"]["prefill"] if placement.is_prefill else service["spec"]
    template = mapping(workload.get("template"))
    # KServe merges what the service says of its init container into its own, field by field.
    said = next((each for each in items(template.get("initContainers")) if each.get("name") == STORAGE_INITIALIZER), {})
    resources = mapping(said.get("resources"))
    merged = {key: {**value, **mapping(resources.get(key))} for key, value in _STORAGE_INITIALIZER.items()}
    spec = {
        "initContainers": [{"name": STORAGE_INITIALIZER, "resources": merged}],
        "containers": [each for each in items(template.get("containers")) if text(each.get("name")) == MAIN_CONTAINER],
    }
    parallelism = mapping(workload.get("parallelism"))
    return PlannedPods(
        placement.deployment,
        service["metadata"]["name"],
        placement.replicas,
        placement.nodes_per_replica,
        containers_of(spec),
        adds_capabilities=placement.nodes_per_replica > 1 and "data" in parallelism,
        confined=_is_confined(mapping(said.get("securityContext"))),
        claim=claim,
    )


def _is_confined(context: Mapping[str, Any]) -> bool:
    """Return whether a container's securityContext satisfies `restricted` (Kubernetes, Pod Security Standards)."""
    capabilities = mapping(context.get("capabilities"))
    return (
        context.get("allowPrivilegeEscalation") is False
        and context.get("runAsNonRoot") is True
        and "ALL" in (capabilities.get("drop") or [])
        and set(capabilities.get("add") or []) <= {"NET_BIND_SERVICE"}
        and mapping(context.get("seccompProfile")).get("type") in ("RuntimeDefault", "Localhost")
    )
