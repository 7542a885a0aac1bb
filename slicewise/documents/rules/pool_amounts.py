"""Amounts of a pool that contradict each other: less than nothing is left, or more is there than can be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from slicewise.diagnostics import Code, Diagnostic, FieldPath, counted
from slicewise.documents.environment import Interconnect, NodePool
from slicewise.documents.rules.environment_variables import check_variables
from slicewise.documents.units import units_per_gpu, units_per_node

# The most in one machine of any cloud or of NVIDIA's: a2-megagpu-16g, HGX B300 NVL16, DGX-2.
_MOST_GPUS: Final = 16


def check_maximum(pool: NodePool, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield that the pool at `path` has a maximum of nodes below its minimum."""
    if pool.max_node_count is not None and pool.max_node_count < pool.node_count:
        counted = "" if "node_count" in pool.model_fields_set else " (the default)"
        message = f"{pool.max_node_count} is less than nodeCount {pool.node_count}{counted}"
        remedy = "raise it, or lower nodeCount"
        yield Diagnostic.error(
            Code.MAXIMUM_BELOW_MINIMUM,
            message,
            remedy,
            field=(*path, "maxNodeCount"),
            maximum=pool.max_node_count,
            minimum=pool.node_count,
        )


def reserved_instead(most: int, all_is: str, there: str) -> str:
    """Say how many to reserve, at most `most`; on a pool without nodes that can only be 0."""
    if most == 0:
        return "write 0"
    return f"write {most} if {all_is} for others, less if deployments are to be placed {there}"


def check_reserved(pool: NodePool, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield that more is reserved than there is. All of it may be: then the pool is left to others."""
    a_node = units_per_node(pool)
    if a_node is None or pool.reserved_units <= a_node * pool.nodes:
        return
    field = "nodeCount" if pool.max_node_count is None else "maxNodeCount"
    nodes = f"{counted(pool.nodes, 'node')} with {a_node} {pool.resource} each"
    most, least = a_node * pool.nodes, -(-pool.reserved_units // a_node)
    message = f"{pool.reserved_units} is more than the {counted(most, 'unit')} that the pool has ({nodes})"
    instead = reserved_instead(most, "all of it is", "there")
    remedy = f"{instead}, or {field}: {least} if it has that many nodes"
    yield Diagnostic.warning(
        Code.RESERVED_ABOVE_UNITS,
        message,
        remedy,
        field=(*path, "reservedUnits"),
        reserved=pool.reserved_units,
        units=most,
        unitsOfANode=a_node,
        nodes=pool.nodes,
        enoughNodes=least,
    )


def check_inter_node_device(pool: NodePool, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield a device for the network between nodes of which the pool does not say how many a node has."""
    device = pool.capabilities.inter_node_device
    if device is None:
        return
    yield from check_variables(device.env, (*path, "capabilities", "interNodeDevice", "env"), of_engine=True)
    declared = pool.allocatable.extended_resources.get(device.resource)
    if declared is not None and declared.value >= device.count:
        return
    has = f"has {declared} of it" if declared else "has none of it"
    yield Diagnostic.error(
        Code.INTER_NODE_DEVICE_NOT_COUNTED,
        f"each pod gets {device.count} {device.resource}, and by allocatable.extendedResources a node {has}",
        f"write how many a node offers (kubectl describe node, Allocatable): allocatable.extendedResources: "
        f"{{{device.resource}: N}}",
        field=(*path, "capabilities", "interNodeDevice"),
        resource=device.resource,
        count=device.count,
        declared=int(declared.value) if declared else 0,
    )


def check_gpus_of_a_node(pool: NodePool, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield more GPUs in one node of the pool at `path` than machines have."""
    if pool.accelerator_count <= _MOST_GPUS:
        return
    per_gpu = units_per_gpu(pool) or 1
    gpus, rest = divmod(pool.accelerator_count, per_gpu)
    sliced = per_gpu > 1 and not rest and gpus <= _MOST_GPUS
    meant = f"{gpus}, which have {pool.accelerator_count} slices" if sliced else "how many one node has"
    message = (
        f"{pool.accelerator_count} GPUs in one node are more than machines have ({_MOST_GPUS} at most), and "
        "acceleratorCount counts the physical GPUs of one node, not its slices or the GPUs of the pool"
    )
    remedy = f"write {meant}"
    yield Diagnostic.warning(
        Code.MORE_GPUS_THAN_A_NODE,
        message,
        remedy,
        field=(*path, "acceleratorCount"),
        gpus=pool.accelerator_count,
        most=_MOST_GPUS,
    )


def check_nvlink_domain(pool: NodePool, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield an NVLink domain as large as a node whose GPUs are said to be joined by PCIe."""
    domain, capabilities = pool.capabilities.nvlink_domain_size, pool.capabilities
    if capabilities.interconnect is Interconnect.PCIE and domain and domain >= pool.accelerator_count > 1:
        message = f"NVLink joins {domain} GPUs, all {pool.accelerator_count} of a node, and interconnect is pcie"
        remedy = "write interconnect: nvlink, or leave nvlinkDomainSize out"
        yield Diagnostic.warning(
            Code.NVLINK_OR_PCIE,
            message,
            remedy,
            field=(*path, "capabilities", "nvlinkDomainSize"),
            domain=domain,
            gpus=pool.accelerator_count,
        )
