"""What documents say that nodes have, and that pods ask for."""

from __future__ import annotations

from slicewise.documents import (
    MODEL_IMAGE_CPU,
    MODEL_IMAGE_MEMORY,
    ModelDeployment,
    ModelSpec,
    NodePool,
    PoolOffer,
    ServingProfile,
    bytes_on_disk,
    container_amounts,
    is_in_image,
    units_per_node,
)
from slicewise.planning.capacity.sizes import Extended, NodeSize, PodAsks


def node_units(pool: NodePool) -> int:
    """Return how many allocation units one node of `pool` is (validation has made sure that it can be counted)."""
    units = units_per_node(pool)
    if units is None:
        message = f"{pool.resource} on {pool.accelerator_type} passed validation without a slice count"
        raise AssertionError(message)
    return units


def node_size(pool: NodePool) -> NodeSize:
    """Return what one node of `pool` has: CPU, memory, disk and devices where they are declared."""
    units, has, device = node_units(pool), pool.allocatable, pool.capabilities.inter_node_device
    return NodeSize(
        units,
        cpu=has.cpu.millis if has.cpu else None,
        memory=has.memory.bytes if has.memory else None,
        # Every pod takes a unit.
        pods=has.pods if has.pods < (pool.units_of_all if isinstance(pool, PoolOffer) else units) else None,
        storage=has.ephemeral_storage.bytes if has.ephemeral_storage else None,
        extended=tuple(sorted((name, int(amount.value)) for name, amount in has.extended_resources.items())),
        device=((device.resource, device.count),) if device else (),
        asked=tuple(sorted(container_amounts(pool.pod).items())),
    )


def pod_asks(model: ModelSpec, profile: ServingProfile, own: Extended = (), *, disk: bool = True) -> PodAsks:
    """Return what one pod of `model` with `profile` asks for, where its deployment asks for `own` beside.

    Without `disk`, nothing of the node's disk.
    """
    topology = profile.replica_topology
    image = is_in_image(model.weights)
    levels = model.pod, profile.pod
    return PodAsks(
        topology.gpus_per_node,
        model.resources.cpu.millis + (MODEL_IMAGE_CPU.millis if image else 0),
        model.resources.memory.bytes + (MODEL_IMAGE_MEMORY.bytes if image else 0),
        # What is not known cannot be counted.
        (bytes_on_disk(model) or 0) if disk else 0,
        topology.uses_fabric,
        tuple(sorted((container_amounts(*levels) | dict(own)).items())) if any(levels) else own,
    )


def deployment_asks(deployment: ModelDeployment) -> Extended:
    """Return what a deployment's own `pod.container.resources` asks for, beside what its model and profile do."""
    return tuple(sorted(container_amounts(deployment.spec.pod).items())) if deployment.spec.pod else ()
