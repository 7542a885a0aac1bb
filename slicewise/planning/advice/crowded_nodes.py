"""Nodes whose CPU or memory nobody has declared, and on which the planned pods would need more than any node has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from slicewise.diagnostics import Code, Diagnostic, counted, some
from slicewise.documents import ModelSpec
from slicewise.kubernetes import GIB
from slicewise.planning.advice.occupied_pool import OccupiedPool, offers

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
    pods, names, wanted = 0, [], Decimal(0)
    for ledger, tenants in offers(pool):
        room = ledger.node
        for placement, model, _, pod in sorted(
            tenants, key=lambda tenant: (-need(tenant.model) / tenant.pod.units, tenant.placement.deployment)
        ):
            count = min(room.most(pod), placement.replicas * placement.nodes_per_replica)
            if count:
                room = room.less(pod, count)
                pods += count
                names.append(str(placement.deployment))
                wanted += count * need(model)
    return _BusyNode(pods, names, wanted)


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
