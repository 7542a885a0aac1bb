"""Nodes whose CPU or memory nobody has declared, and on which the planned pods would need more than any node has."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from slicewise.diagnostics import Code, Diagnostic, counted, some
from slicewise.documents import ModelSpec, declared_pool, gpus_per_unit, is_dynamic
from slicewise.kubernetes import GIB
from slicewise.planning.advice.occupied_pool import OccupiedPool, Tenant, offers
from slicewise.planning.capacity import NodeSize

# More than any node that is sold with eight GPUs.
_PLAUSIBLE_CPUS: Final = 256
_PLAUSIBLE_MEMORY: Final = 4096 * GIB


def crowded_node_advice(pools: Iterable[OccupiedPool]) -> Iterator[Diagnostic]:
    """Yield the pools whose nodes would need implausibly much CPU or memory for the pods that may meet on one."""
    for pool in pools:
        if any(ledger.resource < pool.ledger.resource for ledger, _ in pool.beside):
            continue  # said of the first GPU resource of the nodes
        node = pool.ledger.node
        if node.cpu is None:
            cpus = _hungriest_node(pool, _PLAUSIBLE_CPUS, lambda model: model.resources.cpu.value)
            if cpus and cpus.wanted > _PLAUSIBLE_CPUS:
                yield _too_small(pool, cpus, f"{cpus.wanted:.0f} CPUs", {"cpu": float(cpus.wanted)})
        if node.memory is None:
            memory = _hungriest_node(pool, _PLAUSIBLE_MEMORY, lambda model: model.resources.memory.value)
            if memory and memory.wanted > _PLAUSIBLE_MEMORY:
                wanted = f"{memory.wanted / GIB:.0f}Gi of memory"
                yield _too_small(pool, memory, wanted, {"memoryBytes": int(memory.wanted)})


@dataclass(frozen=True, slots=True)
class _BusyNode:
    """What a node may be asked for when the hungriest pods of a pool meet on it."""

    pods: int
    deployments: Sequence[str]
    wanted: Decimal


def _hungriest_node(pool: OccupiedPool, plausible: int, need: Callable[[ModelSpec], Decimal]) -> _BusyNode | None:
    """Return the node that asks for most; None where no node can ask for more than is plausible."""
    most = Decimal(0)
    for ledger, tenants in offers(pool):
        hungriest = max((need(tenant.model) / tenant.pod.units for tenant in tenants), default=Decimal(0))
        most += hungriest * ledger.node.units
    if most <= plausible:
        return None
    if is_dynamic(pool.ledger.pool):
        return _busy([_on_one_node(pool, need)], need)
    return _busy([_on_units(ledger.node, tenants, need) for ledger, tenants in offers(pool)], need)


def _busy(found: Iterable[Iterable[tuple[Tenant, int]]], need: Callable[[ModelSpec], Decimal]) -> _BusyNode:
    """Return the node that has so many pods of some tenants."""
    there = [(tenant, count) for each in found for tenant, count in each if count]
    return _BusyNode(
        sum(count for _, count in there),
        [str(tenant.placement.deployment) for tenant, _ in there],
        sum((count * need(tenant.model) for tenant, count in there), Decimal(0)),
    )


def _on_units(
    room: NodeSize, tenants: Iterable[Tenant], need: Callable[[ModelSpec], Decimal]
) -> Iterator[tuple[Tenant, int]]:
    """Yield how many pods of each tenant share the units of one resource of a node, the hungriest first."""
    for tenant in sorted(tenants, key=lambda each: (-need(each.model) / each.pod.units, each.placement.deployment)):
        pod, most = tenant.pods
        count = min(room.most(pod), most)
        room = room.less(pod, count)
        yield tenant, count


def _on_one_node(pool: OccupiedPool, need: Callable[[ModelSpec], Decimal]) -> Iterator[tuple[Tenant, int]]:
    """Yield how many pods of each tenant share the GPUs of a node that are cut on demand, the hungriest first."""
    left = Fraction(declared_pool(pool.ledger.pool).accelerator_count)
    # Units of all profiles: how many are there at once is said by the GPUs that are left.
    room = replace(pool.ledger.node, units=sum(ledger.node.units for ledger, _ in offers(pool)))
    shares = [(gpus_per_unit(ledger.pool), each) for ledger, tenants in offers(pool) for each in tenants]
    for share, tenant in sorted(
        shares, key=lambda each: (-Fraction(need(each[1].model)) / each[0], each[1].placement.deployment)
    ):
        pod, most = tenant.pods
        count = min(math.floor(left / (share * pod.units)), room.most(pod), most)
        left, room = left - count * pod.units * share, room.less(pod, count)
        yield tenant, count


def _too_small(pool: OccupiedPool, node: _BusyNode, wanted: str, asks: Mapping[str, Any]) -> Diagnostic:
    pods = f"{counted(node.pods, 'pod')} of {some(node.deployments)}"
    message = f"a node of {pool.ledger.name} with {pods} would need {wanted}"
    remedy = "say in allocatable what a node has, so that Slicewise counts it, or lower the resources in the models"
    return Diagnostic.warning(
        Code.NODE_TOO_SMALL_FOR_UNITS,
        message,
        remedy,
        field=pool.field,
        subject=pool.subject,
        pods=node.pods,
        deployments=list(node.deployments),
        **asks,
    )
