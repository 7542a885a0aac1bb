"""What documents say that nodes have and pods ask for, read a second time: shares no code with planning."""

from __future__ import annotations

from decimal import Decimal

from slicewise.documents import ModelDeployment, NodePool, ServingProfile
from slicewise.documents.served_model import ModelSpec
from tests.unit.planning.capacity_rule import Node, Pod

# NVIDIA's MIG user guide, tables "Profile Names on" A100-80GB and H100 (alike) and H200: instances on one GPU.
SLICES = {"1g.10gb": 7, "1g.20gb": 4, "2g.20gb": 3, "3g.40gb": 2, "4g.40gb": 1, "7g.80gb": 1} | {
    "1g.18gb": 7,
    "1g.35gb": 4,
    "2g.35gb": 3,
    "3g.71gb": 2,
    "7g.141gb": 1,
}


def replicas_of(deployment: ModelDeployment) -> int:
    """Return the replicas that are charged: the most there may ever be."""
    scaling = deployment.spec.scaling
    if scaling.signal.value == "Concurrency":
        assert scaling.concurrency
        return scaling.concurrency.max_replicas
    return 1 if scaling.fixed is None else scaling.fixed.replicas


def is_sliced(pool: NodePool) -> bool:
    configuration = pool.capabilities.mig_configuration
    return configuration is not None and configuration.enabled


def nodes_of(pool: NodePool) -> int:
    """Return how many nodes `pool` may have."""
    return pool.node_count if pool.max_node_count is None else pool.max_node_count


def node_of(pool: NodePool) -> Node:
    """Return what one node of `pool` has."""
    has = pool.allocatable
    return (
        units_of_node(pool),
        None if has.cpu is None else _ceiling(has.cpu.value * 1000),
        None if has.memory is None else _ceiling(has.memory.value),
        has.pods,
        None if has.ephemeral_storage is None else _ceiling(has.ephemeral_storage.value),
        *(int(has.extended_resources[name].value) for name in sorted(has.extended_resources)),
        # Of everything else a node has nothing, where the pool says anything of what it has.
        0 if has.extended_resources else None,
    )


def units_of_node(pool: NodePool) -> int:
    configuration = pool.capabilities.mig_configuration
    per_gpu = SLICES[configuration.profile or ""] if configuration and configuration.enabled else 1
    return pool.accelerator_count * per_gpu


def resource_of(pool: NodePool) -> str:
    configuration = pool.capabilities.mig_configuration
    if configuration is None or not configuration.enabled or configuration.strategy.value == "single":
        return "nvidia.com/gpu"
    return "nvidia.com/mig-" + (configuration.profile or "").replace("+", ".")


def unit_of(pool: NodePool) -> dict[str, str]:
    """Return what a plan says by which units are known again, but for the digest of what selects their nodes."""
    configuration = pool.capabilities.mig_configuration
    return {"migProfile": configuration.profile or ""} if configuration and configuration.enabled else {}


def pods_of(deployment: ModelDeployment, model: ModelSpec, profile: ServingProfile, pool: NodePool) -> list[Pod]:
    """Return every pod of `deployment` in one environment, as it counts on `pool`."""
    count = replicas_of(deployment) * profile.replica_topology.nodes
    return [pod_of(deployment, model, profile, pool)] * count


def pod_of(deployment: ModelDeployment, model: ModelSpec, profile: ServingProfile, pool: NodePool) -> Pod:
    """Return one pod of `deployment`, as it counts on `pool`."""
    topology, has = profile.replica_topology, pool.allocatable
    image = model.source.value == "OCI"
    wanted = _container_asks(deployment, model, profile, pool)
    disk = max(wanted.pop("ephemeral-storage", 0), _downloaded(model))
    return (
        topology.gpus_per_node,
        0 if has.cpu is None else _ceiling(model.resources.cpu.value * 1000) + 10 * image,
        0 if has.memory is None else _ceiling(model.resources.memory.value) + 15 * 2**20 * image,
        1,
        0 if has.ephemeral_storage is None else disk,
        *(wanted.pop(name, 0) for name in sorted(has.extended_resources)),
        sum(wanted.values()) if has.extended_resources else 0,
    )


def _container_asks(
    deployment: ModelDeployment, model: ModelSpec, profile: ServingProfile, pool: NodePool
) -> dict[str, int]:
    """Return what a pod's containers ask for by name: what comes later says it, and of one place the request."""
    device, topology = pool.capabilities.inter_node_device, profile.replica_topology
    across = topology.nodes > 1 and topology.requires.inter_node_bandwidth is not None
    wanted = {device.resource: device.count} if device and across else {}
    for pod in (pool.pod, model.pod, profile.pod, deployment.spec.pod):
        said = pod.container.resources if pod and pod.container else None
        for amounts in (said.limits, said.requests) if said else ():
            wanted |= {name: _ceiling(amount.value) for name, amount in (amounts or {}).items()}
    return wanted


def _downloaded(model: ModelSpec) -> int:
    """Return the bytes of a model's checkpoint, where they are written and it is downloaded."""
    architecture = model.architecture
    downloaded = architecture and model.source.value in ("HuggingFace", "S3") and not model.lora
    return (architecture.checkpoint_bytes or 0) if architecture and downloaded else 0


def prefill_profile(profile: ServingProfile) -> ServingProfile:
    """Return a profile's prefill workload as docs/documents.md has it: its own shape, or else the profile's."""
    assert profile.prefill
    shape = profile.prefill.replica_topology or profile.replica_topology
    return ServingProfile(
        name=profile.name,
        environment_selector=profile.environment_selector,
        replica_topology=shape,
        pod=profile.prefill.pod or profile.pod,
    )


def prefill_replicas_of(deployment: ModelDeployment, profile: ServingProfile) -> int:
    """Return the prefill replicas that are charged: none for a deployment without replicas."""
    assert profile.prefill
    return profile.prefill.replicas if replicas_of(deployment) else 0


def prefill_pods_of(
    deployment: ModelDeployment, model: ModelSpec, profile: ServingProfile, pool: NodePool
) -> list[Pod]:
    """Return every prefill pod of `deployment` in one environment, as it counts on `pool`."""
    own = pods_of(deployment, model, prefill_profile(profile), pool)
    return own[:1] * prefill_replicas_of(deployment, profile)


def _ceiling(value: Decimal) -> int:
    return -int(-value // 1)
