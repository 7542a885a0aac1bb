"""Whether the nodes of a pool offer the units that it declares: each fault in words, once a cause."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from slicewise.clusters.verify.pools.compared_pool import ComparedPool
from slicewise.clusters.verify.pools.cuts import CUT_ALIKE, MIG_MANAGER, cutting, declaring
from slicewise.clusters.verify.pools.unit_faults import (
    FoundUnits,
    InvalidSlices,
    LayoutFailed,
    LayoutPending,
    MoreUnits,
    NothingOffered,
    OtherStrategy,
    OtherUnits,
    SharedUnits,
    UnexplainedUnits,
    UnitFault,
)
from slicewise.diagnostics import NO_ROOM, Code, Found, Severity, Way, counted, some
from slicewise.kubernetes import MIG_CONFIG_STATE_LABEL, PRODUCT_LABEL
from slicewise.mig import WHOLE_GPU_RESOURCE, MigStrategy

# Causes on the node itself: the same for every pool that shares the node.
_OF_NODES: Final = frozenset({Code.NO_GPU_RESOURCE, Code.MIG_LAYOUT, Code.SHARED_UNITS})


class _Words(NamedTuple):
    """What is the matter, what to do, and whether the plan's pods cannot use the node's units."""

    says: str
    remedy: str
    takes_room: bool = True


def check_units(compared: ComparedPool) -> Iterator[Found]:
    """Yield what is wrong with what nodes offer, once a cause."""
    yield from _nodes_without_gpus(compared)
    groups: dict[UnitFault, list[str]] = {}
    for node in compared.nodes:
        if node.fault and not node.is_other_model:
            groups.setdefault(node.fault, []).append(node.name)
    for fault, names in groups.items():
        words = _worded(compared, fault)
        misled = f"; pods of {some(list(map(str, fault.misled)))} may get one" if fault.misled else ""
        yield Found(
            fault.code,
            Severity.ERROR if fault.misled else Severity.WARNING,
            f"{_on(compared, names)}: {words.says}{misled}",
            words.remedy,
            # What is wrong with the units that this pool declares is its own difference.
            tuple(names) if fault.code in _OF_NODES else (),
            takes_room=words.takes_room and not fault.misled,
            facts=_facts(compared, fault, names),
        )
    yield from _fewer_units(compared)


def _nodes_without_gpus(compared: ComparedPool) -> Iterator[Found]:
    missing = compared.pool.node_count - len(compared.gpu_nodes)
    # Beside enough GPU nodes, others may carry the labels too: no pod of ours goes there.
    if missing <= 0 or not compared.bare_nodes:
        return
    names = [node.name for node in compared.bare_nodes]
    yield Found(
        Code.NO_GPU_RESOURCE,
        Severity.WARNING,
        f"{_on(compared, names)}: no GPU resource and no GPU label, where {_wanted(compared)}",
        "install NVIDIA's driver and device plugin (the GPU Operator brings both), or narrow the nodeSelector",
        tuple(names),
        takes_room=True,
        facts={"nodes": len(names), "declared": compared.units_per_node},
    )


def _fewer_units(compared: ComparedPool) -> Iterator[Found]:
    total, reserved = sum(compared.lost.values()), compared.pool.reserved_units
    if total <= reserved:
        return
    found = {node.units for node in compared.nodes if node.name in compared.lost}
    several = f", {total} lost for pods of {compared.largest_pod} units" if compared.largest_pod > 1 else ""
    kept = f", and reservedUnits is {reserved}" if reserved else ""
    why = "find out why the device plugin leaves some out"
    ways = (
        Way(f"write reservedUnits: {total}, correct acceleratorCount, or {why}", {"reserved_units": total}),
        Way(f"{why}: reservedUnits: {total} {NO_ROOM}"),
    )
    yield Found(
        Code.FEWER_UNITS,
        Severity.WARNING,
        f"{_on(compared, sorted(compared.lost))}: {_range(found)} units of {compared.resource}, "
        f"{compared.units_per_node} declared{several}{kept}",
        ways[0].remedy,
        takes_room=True,
        ways=ways,
        facts={"unitsOfANode": sorted(found), "declared": compared.units_per_node, "lost": total, "reserved": reserved},
    )


def _on(compared: ComparedPool, names: list[str]) -> str:
    return f"on {len(names)} of {counted(len(compared.nodes), 'node')} ({some(names)})"


def _range(values: set[int]) -> str:
    low, high = min(values), max(values)
    return str(low) if low == high else f"{low} to {high}"


def _worded(compared: ComparedPool, fault: UnitFault) -> _Words:
    match fault:
        case NothingOffered():
            return _Words(
                f"no GPU resource is offered, though labels speak of GPUs; {_wanted(compared)}",
                "look at the node's nvidia-device-plugin pod: it is missing, or it does not see the driver",
                # A node that an autoscaler has just added has no device plugin yet.
                takes_room=compared.short,
            )
        case OtherStrategy():
            return _other_strategy(compared, fault)
        case UnexplainedUnits():
            return _unexplained(compared, fault)
        case OtherUnits():
            return _other_units(compared, fault)
        case MoreUnits():
            return _Words(
                f"{counted(fault.count, 'unit')} of {compared.resource}, {compared.units_per_node} declared",
                "correct acceleratorCount, so that all of them are counted",
                takes_room=False,
            )
    return _whatever_is_declared(fault)


def _whatever_is_declared(fault: UnitFault) -> _Words:
    """Word a fault that is one for every pool that has the node."""
    match fault:
        case LayoutFailed():
            layout = f" {fault.layout}" if fault.layout else ""
            return _Words(
                f"MIG manager could not apply the layout{layout} ({MIG_CONFIG_STATE_LABEL} is failed)",
                f"{MIG_MANAGER}; a layout must exist for the GPU model, and no pod may use the GPUs while it is "
                "applied",
            )
        case LayoutPending():
            layout = f" {fault.layout}" if fault.layout else ""
            return _Words(
                f"MIG manager is applying the layout{layout} ({MIG_CONFIG_STATE_LABEL} is {fault.state}), "
                "so what the node will offer is not known",
                "wait until the state is success, and verify again",
            )
        case InvalidSlices():
            return _Words(
                f"the slices do not fit the single strategy ({PRODUCT_LABEL} ends in MIG-INVALID), so the device "
                "plugin offers none",
                CUT_ALIKE,
            )
        case SharedUnits():
            return _Words(
                "units are shared (time-slicing or MPS): several pods get the same GPU or slice, and its memory is "
                "theirs together",
                "switch sharing off in the device plugin of these nodes; Slicewise gives each pod units of its own",
            )
    raise AssertionError(f"a fault without words: {fault}")


def _other_strategy(compared: ComparedPool, fault: OtherStrategy) -> _Words:
    units = fault.units
    declared, real = (
        (MigStrategy.MIXED, MigStrategy.SINGLE)
        if units.resource == WHOLE_GPU_RESOURCE
        else (MigStrategy.SINGLE, MigStrategy.MIXED)
    )
    by = "GKE's device plugin offers" if fault.by_gke else "the device plugin offers"
    return _Words(
        f"slices of {units.profile} are there, but {by} them as {units.resource}: {units.count}, and pods would ask "
        f"for {compared.resource} (strategy {declared})",
        f"write strategy: {real} in migConfiguration",
        takes_room=_blocks(compared),
    )


def _unexplained(compared: ComparedPool, fault: UnexplainedUnits) -> _Words:
    units, physical = fault.units, fault.physical
    sized = f" on {counted(physical, 'GPU')}: a unit is" if physical else ", and no label says whether a unit is a GPU,"
    declare = (
        f"declare profile: {units.profile} with strategy: single, whose slices are as many"
        if units.profile
        else "declare the profile that they tell, or switch MIG and sharing off"
    )
    counted_wrongly = "" if physical else "; if each is a whole GPU, correct acceleratorCount"
    return _Words(
        f"{_declared_kind(compared)} are declared, but {units.resource}: {units.count} is offered{sized} a slice or a "
        "share",
        f"let GPU feature discovery label the nodes, and {declare}{counted_wrongly}",
        takes_room=_blocks(compared),
    )


def _other_units(compared: ComparedPool, fault: OtherUnits) -> _Words:
    # Pods of the plan go to units that have the name of what is declared, whatever they are.
    wrong = any(units.resource == compared.resource for units in fault.units)
    return _Words(
        f"{_declared_kind(compared)} are declared, but {', '.join(map(_described, fault.units))} are offered",
        f"{declaring(fault.cut)}, or {cutting(compared.profile, fault.cutter)}",
        takes_room=wrong or _blocks(compared),
    )


def _wanted(compared: ComparedPool) -> str:
    reserved = compared.pool.reserved_units
    less = f", less the pool's reservedUnits ({reserved})" if reserved else ""
    return f"{compared.resource}: {compared.units_per_node} is declared{less}"


def _declared_kind(compared: ComparedPool) -> str:
    kind = f"slices of {compared.profile}" if compared.profile else "whole GPUs"
    return f"{kind} ({compared.resource}: {compared.units_per_node})"


def _described(units: FoundUnits) -> str:
    kind = f"slices of {units.profile}" if units.profile else "whole GPUs"
    return f"{kind} ({units.resource}: {units.count})"


def _blocks(compared: ComparedPool) -> bool:
    """Return whether a node that no pod of ours can go to matters: where the others are too few, or none."""
    return compared.short or not compared.offering


def _facts(compared: ComparedPool, fault: UnitFault, names: Sequence[str]) -> dict[str, object]:
    facts: dict[str, object] = {"nodes": len(names), "declared": compared.units_per_node}
    match fault:
        case MoreUnits():
            return facts | {"found": fault.count}
        case OtherStrategy():
            return facts | {"found": fault.units.count}
        case UnexplainedUnits():
            return facts | {"found": fault.units.count, "gpus": fault.physical}
        case OtherUnits():
            return facts | {"found": {units.resource: units.count for units in fault.units}}
        case _:
            return facts
