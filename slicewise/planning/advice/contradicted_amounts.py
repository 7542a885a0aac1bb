"""What a container says of a resource itself, where something else in the documents says otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from slicewise.diagnostics import Code, Diagnostic
from slicewise.documents import PodSettings, bytes_on_disk, container_amounts
from slicewise.kubernetes import GIB
from slicewise.planning.advice.occupied_pool import OccupiedPool, Tenant, pod_of
from slicewise.planning.capacity import Counted


def contradicted_amount_advice(asking: Iterable[tuple[OccupiedPool, Tenant]]) -> Iterator[Diagnostic]:
    """Yield devices that are counted twice in different ways, and limits of disk below what is downloaded."""
    for pool, tenant in asking:
        pod = pod_of(pool, tenant)
        yield from _of_device(pool, tenant, pod)
        yield from _of_disk(pool, tenant, pod)


def _of_device(pool: OccupiedPool, tenant: Tenant, pod: PodSettings) -> Iterator[Diagnostic]:
    device, placement = pool.ledger.pool.capabilities.inter_node_device, tenant.placement
    if device is None or not placement.profile_of(tenant.model).replica_topology.uses_fabric:
        return
    own = container_amounts(pod).get(device.resource, device.count)
    if own != device.count:
        yield Diagnostic.warning(
            Code.DEVICE_COUNTED_TWICE,
            f"pod.container.resources asks for {own} {device.resource}, and interNodeDevice of "
            f"{placement.environment}/{placement.node_pool} for {device.count}: each pod there gets {own}, as its "
            "container says",
            "leave it out of container.resources, or write the same number in both",
            field=("spec",),
            subject=placement.deployment.subject,
            resource=device.resource,
            container=own,
            interNodeDevice=device.count,
        )


def _of_disk(pool: OccupiedPool, tenant: Tenant, pod: PodSettings) -> Iterator[Diagnostic]:
    """Yield a limit that the weights alone exceed: the kubelet counts the emptyDir that they are downloaded to."""
    resources = pod.container.resources if pod.container else None
    limit = (resources.limits or {}).get(Counted.STORAGE) if resources else None
    weights = bytes_on_disk(tenant.model)
    if limit is not None and weights and limit.value < weights:
        enough = -(-weights // GIB)
        yield Diagnostic.warning(
            Code.DISK_LIMIT_BELOW_WEIGHTS,
            f"its pods on {tenant.placement.environment}/{pool.ledger.name} may use {limit} of ephemeral storage, and "
            f"download weights of {weights / GIB:.1f}Gi there: the kubelet evicts them",
            f"raise limits.ephemeral-storage of pod.container.resources above {enough}Gi, or leave it out",
            field=("spec",),
            subject=tenant.placement.deployment.subject,
            limit=str(limit),
            weightsBytes=weights,
        )
