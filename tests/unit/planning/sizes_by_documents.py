"""What documents say that nodes have and pods ask for, read a second time: shares no code with planning."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from slicewise.documents import DeploymentKey, Fleet, ModelDeployment, NodePool, ServingProfile
from slicewise.documents.served_model import ModelSpec
from tests.documents import Document
from tests.unit.planning.capacity_rule import Node, Pod

# NVIDIA's MIG user guide, tables "Profile Names on" A100-80GB and H100 (alike) and H200: instances on one GPU.
SLICES = {"1g.10gb": 7, "1g.20gb": 4, "2g.20gb": 3, "3g.40gb": 2, "4g.40gb": 1, "7g.80gb": 1} | {
    "1g.18gb": 7,
    "1g.35gb": 4,
    "2g.35gb": 3,
    "3g.71gb": 2,
    "7g.141gb": 1,
}

# MiB as `nvidia-smi mig -lgip` has it (docs/mig-catalogue.md), and of whole GPUs as CUDA has it (docs/sizing.md).
_A100 = {"1g.10gb": 9728, "1g.20gb": 19968, "2g.20gb": 19968, "3g.40gb": 40192, "7g.80gb": 80896, "": 81039}
_H100 = {"1g.10gb": 9984, "1g.20gb": 20096, "2g.20gb": 20096, "3g.40gb": 40448, "7g.80gb": 81152, "": 81008}
_H200 = {"1g.18gb": 16384, "1g.35gb": 33024, "2g.35gb": 33024, "3g.71gb": 71168, "7g.141gb": 143104, "": 143165}
MIB = {"nvidia-a100-80gb": _A100, "nvidia-h100-80gb": _H100, "nvidia-h200-141gb": _H200}


@dataclass(frozen=True)
class Offer:
    """One GPU resource of a pool's nodes (docs/documents.md, "Nodes that are cut into several profiles")."""

    resource: str
    profile: str
    """The MIG profile; empty of whole GPUs."""
    units: int
    """On a node."""
    memory: Decimal
    """Bytes of one unit."""
    reserved: int
    """Units of the pool that are left alone."""
    place: int = 0
    """Where it stands among the GPU resources of a node."""


def offers_of(pool: NodePool) -> list[Offer]:
    """Return what a node of `pool` offers, by the names of the resources."""
    cut = pool.capabilities.mig_configuration
    if cut is None or not cut.enabled or not cut.slices:
        memory = pool.unit_memory.value
        return [Offer(_resource_of(pool), _profile_of(pool), _units_of(pool), memory, pool.reserved_units)]
    written, measured = cut.memory_per_slice or {}, MIB.get(pool.accelerator_type, {})
    slices = [
        Offer(
            "nvidia.com/mig-" + profile.replace("+", "."),
            profile,
            count,
            written[profile].value if profile in written else Decimal(measured[profile] * 2**20),
            (cut.reserved_slices or {}).get(profile, 0),
        )
        for profile, count in cut.slices.items()
    ]
    if cut.whole_gpus:
        said = pool.capabilities.memory_per_gpu
        memory = said.value if said else Decimal(measured[""] * 2**20)
        slices.append(Offer("nvidia.com/gpu", "", cut.whole_gpus, memory, 0))
    ordered = sorted(slices, key=lambda offer: offer.resource)
    return [replace(offer, place=place) for place, offer in enumerate(ordered)]


def offer_of(pool: NodePool, resource: str | None) -> Offer:
    """Return what a node of `pool` offers by the name of `resource`; without one, the only thing."""
    offers = offers_of(pool)
    (found,) = [offer for offer in offers if resource in (None, offer.resource)]
    return found


def replicas_of(deployment: ModelDeployment) -> int:
    """Return the replicas that are charged: the most there may ever be."""
    scaling = deployment.spec.scaling
    if scaling.signal.value == "Concurrency":
        assert scaling.concurrency
        return scaling.concurrency.max_replicas
    return 1 if scaling.fixed is None else scaling.fixed.replicas


def nodes_of(pool: NodePool) -> int:
    """Return how many nodes `pool` may have."""
    return pool.node_count if pool.max_node_count is None else pool.max_node_count


def node_of(pool: NodePool) -> Node:
    """Return what one node of `pool` has."""
    has = pool.allocatable
    return (
        *(offer.units for offer in offers_of(pool)),
        None if has.cpu is None else _ceiling(has.cpu.value * 1000),
        None if has.memory is None else _ceiling(has.memory.value),
        has.pods,
        None if has.ephemeral_storage is None else _ceiling(has.ephemeral_storage.value),
        *(int(has.extended_resources[name].value) for name in sorted(has.extended_resources)),
        # Of everything else a node has nothing, where the pool says anything of what it has.
        0 if has.extended_resources else None,
    )


def _units_of(pool: NodePool) -> int:
    profile = _profile_of(pool)
    return pool.accelerator_count * (SLICES[profile] if profile else 1)


def _profile_of(pool: NodePool) -> str:
    cut = pool.capabilities.mig_configuration
    return cut.profile or "" if cut and cut.enabled else ""


def _resource_of(pool: NodePool) -> str:
    cut = pool.capabilities.mig_configuration
    if cut is None or not cut.enabled or cut.strategy.value == "single":
        return "nvidia.com/gpu"
    return "nvidia.com/mig-" + (cut.profile or "").replace("+", ".")


def unit_of(offer: Offer) -> dict[str, str]:
    """Return what a plan says by which units are known again, but for the digest of what selects their nodes."""
    return {"migProfile": offer.profile} if offer.profile else {}


def pods_of(
    deployment: ModelDeployment,
    model: ModelSpec,
    profile: ServingProfile,
    pool: NodePool,
    resource: str | None = None,
) -> list[Pod]:
    """Return every pod of `deployment` in one environment, as it counts on `pool`."""
    count = replicas_of(deployment) * profile.replica_topology.nodes
    return [pod_of(deployment, model, profile, pool, resource)] * count


def pod_of(
    deployment: ModelDeployment,
    model: ModelSpec,
    profile: ServingProfile,
    pool: NodePool,
    resource: str | None = None,
) -> Pod:
    """Return one pod of `deployment` that asks for `resource`, as it counts on `pool`."""
    own = offer_of(pool, resource)
    topology, has = profile.replica_topology, pool.allocatable
    image = model.source.value == "OCI"
    wanted = _container_asks(deployment, model, profile, pool)
    disk = max(wanted.pop("ephemeral-storage", 0), _downloaded(model))
    return (
        *(topology.gpus_per_node if offer == own else 0 for offer in offers_of(pool)),
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
    deployment: ModelDeployment,
    model: ModelSpec,
    profile: ServingProfile,
    pool: NodePool,
    resource: str | None = None,
) -> list[Pod]:
    """Return every prefill pod of `deployment` in one environment, as it counts on `pool`."""
    own = pods_of(deployment, model, prefill_profile(profile), pool, resource)
    return own[:1] * prefill_replicas_of(deployment, profile)


def _ceiling(value: Decimal) -> int:
    return -int(-value // 1)


def charged_pods(fleet: Fleet, placements: Iterable[Document]) -> dict[tuple[str, str], list[Pod]]:
    """Return the pods that placements put on each pool, by the names of environment and pool."""
    pools = {
        (environment.metadata.name, pool.name): pool
        for environment in fleet.environments
        for pool in environment.spec.node_pools
    }
    charged: dict[tuple[str, str], list[Pod]] = {name: [] for name in pools}
    for item in placements:
        deployment = fleet.deployment[DeploymentKey(item["deployment"]["namespace"], item["deployment"]["name"])]
        model = fleet.model_of(deployment)
        profile = next(profile for profile in model.serving if profile.name == item["profile"])
        there, resource = (item["environment"], item["nodePool"]), item["resource"]["name"]
        charged[there] += pods_of(deployment, model, profile, pools[there], resource)
        if "prefill" in item:
            there, resource = (item["environment"], item["prefill"]["nodePool"]), item["prefill"]["resource"]["name"]
            charged[there] += prefill_pods_of(deployment, model, profile, pools[there], resource)
    return charged
