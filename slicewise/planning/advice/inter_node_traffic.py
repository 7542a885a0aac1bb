"""Replicas that span nodes and require a fast network, on pools that do not say how pods get at it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from slicewise.diagnostics import Code, Diagnostic, some
from slicewise.planning.advice.occupied_pool import OccupiedPool

# Ethernet without RDMA: TCP is what was declared.
_WITHOUT_DEVICE: Final = "eth"


def inter_node_traffic_advice(pools: Iterable[OccupiedPool]) -> Iterator[Diagnostic]:
    """Yield the pools whose fabric does not reach the pods that were placed there because of it."""
    for pool in pools:
        has = pool.ledger.pool.capabilities
        bandwidth = has.inter_node_bandwidth
        if bandwidth is None or bandwidth.fabric == _WITHOUT_DEVICE or has.inter_node_device is not None:
            continue
        crossing = sorted(
            str(tenant.placement.deployment)
            for tenant in pool.tenants
            if tenant.model.profile(tenant.placement.profile).replica_topology.uses_fabric
        )
        if crossing:
            yield Diagnostic.warning(
                Code.FABRIC_DOES_NOT_REACH_PODS,
                f"interNodeBandwidth {bandwidth} does not reach the pods of {some(crossing)}: they ask for no device "
                "of that network, so NCCL takes TCP between nodes",
                "write the resource that the fabric's device plugin offers as capabilities.interNodeDevice, for "
                "example {resource: rdma/ib}, and how many a node has in allocatable.extendedResources",
                field=(*pool.field, "capabilities", "interNodeBandwidth"),
                subject=pool.subject,
                deployments=crossing,
                interNodeBandwidth=str(bandwidth),
            )
