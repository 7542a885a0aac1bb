"""Whether the nodes of a pool offer the units that it declares: each fault in words, once a cause."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slicewise.clusters.live import NoOffer
from slicewise.clusters.verify.pools.compared_pool import ComparedPool
from slicewise.clusters.verify.pools.cuts import ANEW, AS_DECLARED, Cut, cutting, declaring
from slicewise.clusters.verify.pools.driver_words import (
    bare_by_driver,
    bare_by_plugin,
    left_out,
    nothing_by_driver,
    other_demand,
    served_by_dra,
    tainted,
)
from slicewise.clusters.verify.pools.label_ownership import is_of_shares
from slicewise.clusters.verify.pools.pool_fields import counting, has_reserve, is_part, leaving_out, reserve, reserving
from slicewise.clusters.verify.pools.unit_faults import (
    CutAlready,
    CutOnDemand,
    FoundUnits,
    MoreUnits,
    NothingByDriver,
    NothingOffered,
    OtherDevicePlugin,
    OtherStrategy,
    OtherUnits,
    ServedByDra,
    UnexplainedUnits,
    UnitFault,
)
from slicewise.clusters.verify.pools.worded_node_faults import FaultWords, words_of_node_fault, words_of_silence
from slicewise.diagnostics import NO_ROOM, Code, Found, Severity, Way, counted, plural, some
from slicewise.documents import FIRST_WITH_SUFFIXES, LAST_WITHOUT_SUFFIXES, Allocation, written_label
from slicewise.mig import WHOLE_GPU_RESOURCE, MigStrategy


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
            tuple(names) if fault.of_node else (),
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
    by_plugin = compared.pool.allocation is Allocation.DEVICE_PLUGIN
    code, words = bare_by_plugin() if by_plugin else bare_by_driver()
    yield Found(
        code,
        Severity.WARNING,
        f"{_on(compared, names)}: {words.says}, where {_wanted(compared)}",
        words.remedy,
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
    kept = f", and {reserve(compared.pool)} is {reserved}" if reserved else ""
    ways = _ways_of_fewer(compared, total, min(found))
    by_taints = tainted(compared)
    yield Found(
        Code.TAINTED_DEVICES if by_taints else Code.FEWER_UNITS,
        Severity.WARNING,
        f"{_on(compared, sorted(compared.lost))}: {_range(found)} {plural(max(found), 'unit')} of {compared.resource}, "
        f"{compared.units_per_node} declared{several}{kept}{by_taints}",
        ways[0].remedy,
        takes_room=True,
        ways=ways,
        facts={"unitsOfANode": sorted(found), "declared": compared.units_per_node, "lost": total, "reserved": reserved},
    )


def _ways_of_fewer(compared: ComparedPool, total: int, least: int) -> tuple[Way, ...]:
    why, pool = left_out(compared), compared.pool
    fewer = counting(pool, least)
    if not has_reserve(pool):
        return (Way(f"write {fewer}, or {why}", {"units": least}), Way(f"{why}: {fewer} {NO_ROOM}"))
    kept = reserving(pool, total)
    correct = f"write {fewer} if that is all" if fewer and least else "correct acceleratorCount"
    return (
        Way(f"write {kept}, {correct}, or {why}", {"reserved_units": total}),
        Way(f"{why}: {kept} {NO_ROOM}"),
    )


def _on(compared: ComparedPool, names: list[str]) -> str:
    return f"on {len(names)} of {counted(len(compared.nodes), 'node')} ({some(names)})"


def _range(values: set[int]) -> str:
    low, high = min(values), max(values)
    return str(low) if low == high else f"{low} to {high}"


def _worded(compared: ComparedPool, fault: UnitFault) -> FaultWords:
    match fault:
        case ServedByDra() | NothingByDriver() | CutAlready() | CutOnDemand():
            return _by_driver(compared, fault)
        case NothingOffered():
            says, remedy = words_of_silence(fault.silence)
            # A node that an autoscaler has just added has no device plugin yet.
            comes_late = fault.silence.reason in (NoOffer.NO_PLUGIN, NoOffer.SINGLE)
            takes_room = compared.short if comes_late else _blocks(compared)
            return FaultWords(f"{says}; {_wanted(compared)}", remedy, takes_room=takes_room)
        case MoreUnits():
            return FaultWords(
                f"{counted(fault.count, 'unit')} of {compared.resource}, {compared.units_per_node} declared",
                f"{_all_counted(compared, fault.count)}, so that all of them are counted",
                takes_room=False,
            )
        case OtherStrategy() | OtherDevicePlugin():
            return _other_name(compared, fault)
        case UnexplainedUnits() | OtherUnits():
            return _other_kind(compared, fault)
    words = words_of_node_fault(fault)
    return _anew(compared, words) if fault.code is Code.SHARED_UNITS else words


def _anew(compared: ComparedPool, words: FaultWords) -> FaultWords:
    """Return what is to be done about shares, also where the nodeSelector has a label that goes with them."""
    selected = compared.pool.selected.items()
    gone = [written_label(key, values) for key, values in sorted(selected) if is_of_shares(key, values)]
    anew = f"; then describe them anew (`slicewise discover`), for {some(gone)} goes with it" if gone else ""
    return words._replace(remedy=words.remedy + anew)


def _by_driver(compared: ComparedPool, fault: ServedByDra | NothingByDriver | CutAlready | CutOnDemand) -> FaultWords:
    """Word what the driver has, or has not, or does otherwise than declared."""
    if isinstance(fault, CutAlready | CutOnDemand):
        return other_demand(compared, fault)
    if isinstance(fault, ServedByDra):
        return served_by_dra(compared, takes_room=_blocks(compared))
    return nothing_by_driver(fault.silence, _wanted(compared), takes_room=_blocks(compared))


def _all_counted(compared: ComparedPool, count: int) -> str:
    written = counting(compared.pool, count)
    return f"write {written}" if written else "correct acceleratorCount"


def _other_strategy(compared: ComparedPool, fault: OtherStrategy) -> FaultWords:
    units = fault.units
    declared, real = (
        (MigStrategy.MIXED, MigStrategy.SINGLE)
        if units.resource == WHOLE_GPU_RESOURCE
        else (MigStrategy.SINGLE, MigStrategy.MIXED)
    )
    by = "GKE's device plugin offers" if fault.by_gke else "the device plugin offers"
    return FaultWords(
        f"slices of {units.profile} are there, but {by} them as {units.resource}: {units.count}, and pods would ask "
        f"for {compared.resource} (strategy {declared})",
        # Under strategy single a node has slices of one profile alone.
        declaring(Cut(units.profile, real))
        if is_part(compared.pool) and real is MigStrategy.SINGLE
        else f"write strategy: {real} in migConfiguration",
        takes_room=_blocks(compared),
    )


def _device_plugin(compared: ComparedPool, fault: OtherDevicePlugin) -> FaultWords:
    units, profile, update = fault.units, compared.profile, f"update the device plugin to {FIRST_WITH_SUFFIXES}"
    offered, old = f"{units.resource}: {units.count}", f"the device plugin, which is {LAST_WITHOUT_SUFFIXES} or older,"
    if fault.mingled:
        return FaultWords(
            f"{old} offers slices of {profile} and others alike as {offered}",
            f"{update}, or declare profile: {units.profile}, whose name they all have",
        )
    if fault.is_old:
        says = f"{old} offers slices of {profile} as {offered}, and pods would ask for {compared.resource}"
        remedy = (
            f"write devicePluginVersion: {LAST_WITHOUT_SUFFIXES} in the environment's spec, or {update}, which gives "
            "these slices another name under running pods"
        )
    else:
        says = (
            f"the device plugin offers slices of {profile} as {offered}, as it does from {FIRST_WITH_SUFFIXES}, and "
            f"pods would ask for {compared.resource}"
        )
        remedy = f"leave devicePluginVersion out of the environment's spec, or write {FIRST_WITH_SUFFIXES}"
    return FaultWords(says, remedy, takes_room=_blocks(compared))


def _other_name(compared: ComparedPool, fault: OtherStrategy | OtherDevicePlugin) -> FaultWords:
    """Word that what is declared is there under another name."""
    return _other_strategy(compared, fault) if isinstance(fault, OtherStrategy) else _device_plugin(compared, fault)


def _other_kind(compared: ComparedPool, fault: UnexplainedUnits | OtherUnits) -> FaultWords:
    """Word that something else than what is declared is there, or may be."""
    return _other_units(compared, fault) if isinstance(fault, OtherUnits) else _unexplained(compared, fault)


def _unexplained(compared: ComparedPool, fault: UnexplainedUnits) -> FaultWords:
    units, physical = fault.units, fault.physical
    if fault.by_gfd:
        return FaultWords(
            f"GPU feature discovery counts {counted(physical or 0, 'GPU')}, which cannot be {units.resource}: "
            f"{units.count}: units are shares of GPUs, or GPUs of another model are in the node",
            "run the device plugin and GPU feature discovery with one configuration and without sharing, put GPUs of "
            "one model in a node, and describe it anew (`slicewise discover`)",
            takes_room=_blocks(compared),
        )
    sized = f" on {counted(physical, 'GPU')}: a unit is" if physical else ", and no label says whether a unit is a GPU,"
    declare = (
        f"declare profile: {units.profile} with strategy: single, whose slices are as many"
        if units.profile
        else "declare the profile that they tell, or switch MIG and sharing off"
    )
    counted_wrongly = "" if physical else "; if each is a whole GPU, correct acceleratorCount"
    return FaultWords(
        f"{_declared_kind(compared)} are declared, but {units.resource}: {units.count} is offered{sized} a slice or a "
        "share",
        f"let GPU feature discovery label the nodes, and {declare}{counted_wrongly}",
        takes_room=_blocks(compared),
    )


def _other_units(compared: ComparedPool, fault: OtherUnits) -> FaultWords:
    if is_part(compared.pool):
        kind = f"slices of {compared.profile}" if compared.profile else "whole GPUs"
        return FaultWords(
            f"no {kind} are offered ({compared.resource}: {compared.units_per_node} is declared), but "
            f"{', '.join(map(_described, fault.units))}",
            f"{leaving_out(compared.pool)}, or {AS_DECLARED}",
            takes_room=_blocks(compared),
        )
    # Pods of the plan go to units that have the name of what is declared, whatever they are.
    wrong = any(units.resource == compared.resource for units in fault.units)
    return FaultWords(
        f"{_declared_kind(compared)} are declared, but {', '.join(map(_described, fault.units))} are offered",
        f"{ANEW}, or {AS_DECLARED}"
        if fault.several_models
        else f"{declaring(fault.cut)}, or {cutting(compared.profile, fault.cutter)}",
        takes_room=wrong or _blocks(compared),
    )


def _wanted(compared: ComparedPool) -> str:
    reserved = compared.pool.reserved_units
    less = f", less the pool's {reserve(compared.pool)} ({reserved})" if reserved else ""
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
        case OtherStrategy() | OtherDevicePlugin():
            return facts | {"found": fault.units.count}
        case UnexplainedUnits():
            return facts | {"found": fault.units.count, "gpus": fault.physical}
        case OtherUnits():
            return facts | {"found": {units.resource: units.count for units in fault.units}}
        case _:
            return facts
