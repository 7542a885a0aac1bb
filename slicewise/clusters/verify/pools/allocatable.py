"""Whether nodes offer the CPU and memory that a pool declares in `allocatable`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from slicewise.clusters.live import LiveNode
from slicewise.clusters.verify.pools.compared_pool import ComparedPool
from slicewise.diagnostics import NO_ROOM, Code, Found, Severity, Way, counted, have, some
from slicewise.kubernetes import GIB, Quantity, amount


def check_allocatable(compared: ComparedPool) -> Iterator[Found]:
    """Yield CPU and memory that are declared in `allocatable` and that nodes do not offer."""
    allocatable = compared.pool.allocatable
    for field, declared, offered in (
        ("cpu", allocatable.cpu, _cpu),
        ("memory", allocatable.memory, _memory),
    ):
        if declared:
            yield from _too_little(compared, field, declared, offered)


def _cpu(node: LiveNode) -> str:
    return node.cpu


def _memory(node: LiveNode) -> str:
    return node.memory


def _too_little(
    compared: ComparedPool, field: str, declared: Quantity, offered: Callable[[LiveNode], str]
) -> Iterator[Found]:
    amounts = {node.name: amount(offered(node.node)) for node in compared.gpu_nodes}
    less = sorted(name for name, value in amounts.items() if value < declared.value)
    if not less:
        return
    smallest = min(less, key=lambda name: (amounts[name], name))
    written = next(offered(node.node) for node in compared.gpu_nodes if node.name == smallest)
    ways = tuple(_ways_of_less(compared, field, written, less))
    yield Found(
        Code.LESS_CPU_OR_MEMORY,
        Severity.WARNING,
        f"allocatable.{field} declares {declared}, {counted(len(less), 'node')} ({some(less)}) {have(len(less))} less: "
        f"{_readable(field, written)} on {smallest}",
        ways[0].remedy,
        (field, *less),
        takes_room=True,
        ways=ways,
        facts={"nodes": len(less), "least": written or "0", "declared": str(declared)},
    )


def _ways_of_less(compared: ComparedPool, field: str, written: str, less: Sequence[str]) -> Iterator[Way]:
    """Yield what to do about the nodes `less`, the smallest of which offers `written`."""
    pool, names = compared.pool, some(less)
    if amount(written):
        allocatable = pool.allocatable.model_copy(update={field: Quantity.parse(written)})
        yield Way(f"write allocatable.{field}: {written}", {"allocatable": allocatable})
    for_all = f"allocatable.{field}: {written or 0} for all of the pool {NO_ROOM}"
    count = min(pool.node_count, len(compared.nodes) - len(less))
    if count > 0:
        fields, said = {"node_count": count}, f"nodeCount: {count}"
        if pool.max_node_count is not None:
            fields["max_node_count"] = max(pool.max_node_count - len(less), count)
            said += f" and maxNodeCount: {fields['max_node_count']}"
        apart = f"take {names} out of the pool (another nodeSelector, or a pool of their own)"
        yield Way(f"{apart} and write {said}: {for_all}", fields)
    yield Way(f"let {names} offer what is declared: {for_all}")


def _readable(field: str, written: str) -> str:
    gib = f" ({amount(written) / GIB:.1f}Gi)" if field == "memory" and not written.endswith("Gi") else ""
    return f"{written or 'none'}{gib}"
