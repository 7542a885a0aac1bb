"""Whether nodes offer the CPU, memory, disk and devices that a pool declares in `allocatable`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from slicewise.clusters.live import LiveNode
from slicewise.clusters.verify.pools.compared_pool import ComparedPool
from slicewise.diagnostics import NO_ROOM, Code, Found, Severity, Way, counted, have, some
from slicewise.documents import Allocatable
from slicewise.kubernetes import GIB, Quantity, amount


@dataclass(frozen=True, slots=True)
class _Amount:
    """Something that is declared of every node.

    Attributes:
        name: What it is called: its field below `allocatable`, or the extended resource.
        declared: How much of it.
        offered: What a node offers, as Kubernetes writes it; "0" for nothing.
        changed: What `allocatable` is with another amount of it, or without it.
    """

    name: str
    declared: Quantity
    offered: Callable[[LiveNode], str]
    changed: Callable[[Quantity | None], Allocatable]

    @property
    def extended(self) -> bool:
        """Whether it is an extended resource."""
        return self.name not in ("cpu", "memory", "ephemeralStorage")

    @property
    def field(self) -> str:
        """Its field, as a person writes it."""
        return f'extendedResources["{self.name}"]' if self.extended else self.name

    @property
    def code(self) -> Code:
        """What is told where it is less."""
        return Code.LESS_CPU_OR_MEMORY if self.name in ("cpu", "memory") else Code.LESS_DISK_OR_DEVICES

    def written(self, value: str) -> str:
        """Write it with another amount."""
        return f"extendedResources: {{{self.name}: {value}}}" if self.extended else f"{self.name}: {value}"


def check_allocatable(compared: ComparedPool) -> Iterator[Found]:
    """Yield what is declared in `allocatable` and nodes do not offer."""
    for each in _amounts(compared.pool.allocatable):
        yield from _too_little(compared, each)


def _amounts(allocatable: Allocatable) -> Iterator[_Amount]:
    offers: tuple[tuple[str, str, Quantity | None, Callable[[LiveNode], str]], ...] = (
        ("cpu", "cpu", allocatable.cpu, lambda node: node.cpu),
        ("memory", "memory", allocatable.memory, lambda node: node.memory),
        ("ephemeralStorage", "ephemeral_storage", allocatable.ephemeral_storage, lambda node: node.storage),
    )
    for name, attribute, declared, offered in offers:
        if declared:
            yield _Amount(name, declared, offered, partial(_with_amount, allocatable, attribute))
    for name, number in sorted(allocatable.extended_resources.items()):
        yield _Amount(name, number, partial(_device, name), partial(_with_device, allocatable, name))


def _device(name: str, node: LiveNode) -> str:
    return str(node.extended.get(name, 0))


def _with_amount(allocatable: Allocatable, attribute: str, value: Quantity | None) -> Allocatable:
    return allocatable.model_copy(update={attribute: value})


def _with_device(allocatable: Allocatable, name: str, value: Quantity | None) -> Allocatable:
    others = {each: number for each, number in allocatable.extended_resources.items() if each != name}
    return allocatable.model_copy(update={"extended_resources": others | ({name: value} if value else {})})


def _too_little(compared: ComparedPool, asked: _Amount) -> Iterator[Found]:
    amounts = {node.name: amount(asked.offered(node.node)) for node in compared.gpu_nodes}
    less = sorted(name for name, value in amounts.items() if value < asked.declared.value)
    if not less:
        return
    smallest = min(less, key=lambda name: (amounts[name], name))
    written = next(asked.offered(node.node) for node in compared.gpu_nodes if node.name == smallest)
    ways = tuple(_ways_of_less(compared, asked, written, less))
    yield Found(
        asked.code,
        Severity.WARNING,
        f"allocatable.{asked.field} declares {asked.declared}, {counted(len(less), 'node')} ({some(less)}) "
        f"{have(len(less))} less: "
        f"{_readable(asked.name, written)} on {smallest}",
        ways[0].remedy,
        (asked.name, *less),
        takes_room=True,
        ways=ways,
        facts={"nodes": len(less), "least": written or "0", "declared": str(asked.declared)},
    )


def _ways_of_less(compared: ComparedPool, asked: _Amount, written: str, less: Sequence[str]) -> Iterator[Way]:
    """Yield what to do about the nodes `less`, the smallest of which offers `written`."""
    pool, names = compared.pool, some(less)
    if amount(written):
        yield Way(
            f"write allocatable.{asked.written(written)}", {"allocatable": asked.changed(Quantity.parse(written))}
        )
    elif asked.code is Code.LESS_DISK_OR_DEVICES:
        yield Way(
            f"leave {asked.name} out of allocatable{'.extendedResources' if asked.extended else ''}",
            {"allocatable": asked.changed(None)},
        )
    for_all = f"allocatable.{asked.written(written or '0')} for all of the pool {NO_ROOM}"
    count = min(pool.node_count, len(compared.nodes) - len(less))
    if count > 0:
        fields, said = {"node_count": count}, f"nodeCount: {count}"
        if pool.max_node_count is not None:
            fields["max_node_count"] = max(pool.max_node_count - len(less), count)
            said += f" and maxNodeCount: {fields['max_node_count']}"
        apart = f"take {names} out of the pool (another nodeSelector, or a pool of their own)"
        yield Way(f"{apart} and write {said}: {for_all}", fields)
    yield Way(f"let {names} offer what is declared: {for_all}")


def _readable(name: str, written: str) -> str:
    bytes_ = name in ("memory", "ephemeralStorage")
    gib = f" ({amount(written) / GIB:.1f}Gi)" if bytes_ and not written.endswith("Gi") else ""
    return f"{written or 'none'}{gib}"
