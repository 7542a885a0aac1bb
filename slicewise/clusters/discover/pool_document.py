"""A pool as a document has it, and what a person should look at before it is used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from slicewise.clusters.discover.cut_pool import CutPool, cut_pool, is_cut
from slicewise.clusters.discover.driver_pools import on_demand_configuration
from slicewise.clusters.discover.grouping import Group, lasting_taints
from slicewise.clusters.discover.node_selectors import Selected
from slicewise.clusters.discover.pool_facts import (
    MOST_NAMED,
    Accelerator,
    Units,
    allocatable,
    reserved_units,
    unit_memory,
    units_of,
)
from slicewise.clusters.live import (
    LabelledBy,
    LiveNode,
    UnitFlaw,
    awaits_layout,
    is_generated,
    is_served_twice,
)
from slicewise.diagnostics import are, counted, plural, some
from slicewise.documents import FIRST_WITH_SUFFIXES, LAST_WITHOUT_SUFFIXES, Allocation, Scheduling
from slicewise.kubernetes import (
    COMPUTE_CLASS_LABEL,
    GKE_PARTITION_LABEL,
    MAX_COUNT,
    MIG_CONFIG_LABEL,
    MIG_CONFIG_STATE_LABEL,
)
from slicewise.mig import WHOLE_GPU_RESOURCE, MigStrategy, computed_precisions, resource_name

_HEAD: Final = ("name", "nodeSelector", "tolerations")
_SETTLED: Final = frozenset({None, "success"})
_FLAWS: Final = {
    UnitFlaw.SHARED: "a unit is a share of a GPU or slice, with no memory of its own",
    UnitFlaw.MIG_MODE: (
        "all GPUs are in MIG mode, and the device plugin, which runs with strategy none, offers them as whole ones: "
        "run it and GPU feature discovery with strategy mixed or single, or switch MIG off"
    ),
    UnitFlaw.SPLIT: (
        "a unit is a compute instance, several of which share the memory of a slice: have MIG manager cut whole slices"
    ),
    UnitFlaw.UNCOUNTED: "GPU feature discovery counts fewer slices than there are units, so some are something else",
}


@dataclass(frozen=True, slots=True)
class PoolDocument:
    """A pool.

    Attributes:
        data: Its entry in nodePools.
        remarks: What it says that needs no attention.
        checks: What a person should check.
    """

    data: Mapping[str, Any]
    remarks: tuple[str, ...]
    checks: tuple[str, ...]


def pool_document(
    name: str,
    selected: Selected,
    accelerator: Accelerator,
    held: Mapping[str, Mapping[str, int]],
    most: int | None,
    allocation: Allocation = Allocation.DEVICE_PLUGIN,
) -> PoolDocument:
    """Describe a group as a pool.

    Args:
        name: The pool's name.
        selected: The group and its nodeSelector.
        accelerator: Its GPU model.
        held: Units that pods of others hold, by resource and node.
        most: How many nodes an autoscaler may make of it, where that is known.
        allocation: How its pods get their units.
    """
    found = _described(name, selected, accelerator, held, most)
    if allocation is Allocation.DEVICE_PLUGIN:
        return found
    head = {field: value for field, value in found.data.items() if field in _HEAD}
    return replace(found, data={**head, "allocation": str(allocation), **found.data})


def _described(
    name: str, selected: Selected, accelerator: Accelerator, held: Mapping[str, Mapping[str, int]], most: int | None
) -> PoolDocument:
    group = selected.group
    if group.on_demand:
        return _cut_on_demand(name, selected, accelerator, held, most)
    if is_cut(group, accelerator):
        return _of_cut_nodes(name, selected, accelerator, cut_pool(group, accelerator, held), most)
    units = units_of(group, accelerator.model)
    nodes = max(len(group.nodes), most or 0)
    missing, taken = reserved_units(group, units, held.get(group.resource, {}), nodes)
    everything = units.per_node * nodes
    reserved = everything if group.shares else min(missing + taken, everything)
    memory, doubt = unit_memory(group, accelerator.model)
    resources, divided = allocatable(group, units.per_node)
    data = _of_nodes(name, selected, accelerator, units.count, most)
    data |= {"allocatable": resources, "reservedUnits": min(reserved, MAX_COUNT)}
    return PoolDocument(
        _with(data, accelerator, memory, _mig(group, units)),
        tuple(_remarks(group, missing, taken, divided=divided)),
        tuple(each for each in (accelerator.doubt, doubt, *_checks(selected, units)) if each),
    )


def _cut_on_demand(
    name: str, selected: Selected, accelerator: Accelerator, held: Mapping[str, Mapping[str, int]], most: int | None
) -> PoolDocument:
    """Describe nodes whose GPUs the DRA driver cuts when pods come."""
    group = selected.group
    count = max((gpus.physical or 1 for gpus in group.gpus), default=1)
    names = set(group.names)
    resources = {part.profile: part.resource for part in group.parts} | {None: WHOLE_GPU_RESOURCE}
    taken = {
        profile: sum(units for node, units in held.get(resource, {}).items() if node in names)
        for profile, resource in resources.items()
    }
    mig, doubts = on_demand_configuration(group, accelerator, taken)
    most_units = max(offer.units for part in group.parts for offer in part.offers)
    offered, divided = allocatable(group, most_units)
    data = _of_nodes(name, selected, accelerator, count, most) | {"allocatable": offered}
    remarks = [
        f"reservedSlices: pods of others hold {units} of {each or 'whole GPUs'}"
        for each, units in taken.items()
        if units
    ]
    checks = (accelerator.doubt, *doubts, *_checks(selected, Units(count, None, most_units)))
    return PoolDocument(
        _with(data, accelerator, None, mig),
        (*remarks, *_remarks(group, 0, 0, divided=divided)),
        tuple(each for each in checks if each),
    )


def _of_cut_nodes(
    name: str, selected: Selected, accelerator: Accelerator, cut: CutPool, most: int | None
) -> PoolDocument:
    group = selected.group
    per_node = sum(cut.mig["slices"].values()) + cut.mig.get("wholeGpus", 0)
    resources, divided = allocatable(group, per_node)
    data = _of_nodes(name, selected, accelerator, cut.count, most) | {"allocatable": resources}
    units = Units(cut.count, None, per_node)
    return PoolDocument(
        _with(data, accelerator, cut.whole_memory, cut.mig),
        (*cut.remarks, *_remarks(group, 0, 0, divided=divided)),
        tuple(each for each in (accelerator.doubt, *cut.checks, *_checks(selected, units)) if each),
    )


def _of_nodes(name: str, selected: Selected, accelerator: Accelerator, count: int, most: int | None) -> dict[str, Any]:
    """Return what a pool says of its nodes, whatever of their GPUs it has."""
    return {
        "name": name,
        "nodeSelector": {key: _written(values) for key, values in selected.selector.items()},
        "tolerations": list(_tolerations(selected.group)),
        "acceleratorType": accelerator.name,
        "acceleratorCount": count,
        "nodeCount": min(len(selected.group.nodes), MAX_COUNT),
        "maxNodeCount": min(most, MAX_COUNT) if most is not None else None,
        "scheduling": str(Scheduling.NO_NEW) if _is_cordoned(selected.group) else None,
    }


def _is_cordoned(group: Group) -> bool:
    """Return whether all nodes are: what is new would wait there."""
    return all(node.cordoned for node in group.nodes)


def _with(
    data: Mapping[str, Any], accelerator: Accelerator, memory: str | None, mig: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return a pool's data with what a unit of it can do, and without what says nothing."""
    capabilities = {
        "memoryPerGpu": memory,
        "precisionSupport": list(computed_precisions(accelerator.model.name)) if accelerator.model else [],
        "migConfiguration": mig,
    }
    found = {**data, "capabilities": {field: value for field, value in capabilities.items() if value}}
    return {field: value for field, value in found.items() if value or field == "nodeCount"}


def _written(values: frozenset[str]) -> str | list[str]:
    return min(values) if len(values) == 1 else sorted(values)


def _mig(group: Group, units: Units) -> dict[str, Any] | None:
    if group.profile is None:
        return None
    mixed = group.resource == resource_name(group.profile, MigStrategy.MIXED)
    mig: dict[str, Any] = {"enabled": True, "profile": group.profile}
    if not group.by_driver:
        mig["strategy"] = str(MigStrategy.MIXED if mixed else MigStrategy.SINGLE)
    return mig | ({"slicesPerGpu": units.slices_per_gpu} if units.slices_per_gpu else {})


def _tolerations(group: Group) -> Iterator[dict[str, str]]:
    taints = {taint for node in group.nodes for taint in lasting_taints(node)}
    for taint in sorted(taints, key=lambda each: (each.key, each.value, each.effect)):
        if taint.value:
            yield {"key": taint.key, "operator": "Equal", "value": taint.value, "effect": taint.effect}
        else:
            yield {"key": taint.key, "operator": "Exists", "effect": taint.effect}


def _remarks(group: Group, missing: int, taken: int, *, divided: bool) -> Iterator[str]:
    if group.node_groups:
        yield f"the node groups {some(group.node_groups, MOST_NAMED)} differ in their names and zones alone: one pool"
    if group.shares:
        return
    whole = "whole GPUs of which" if group.profile is None else "slices that"
    if missing and group.profile is not None:
        yield f"reservedUnits: {missing} {whole} GPUs cut only into {group.profile} would have, and these have not"
    if taken:
        yield f"reservedUnits: pods of others hold {taken}"
    if divided:
        yield "allocatable: these nodes are in several pools, and each has its share of their CPUs and memory"


def _checks(selected: Selected, units: Units) -> Iterator[str]:
    group = selected.group
    if group.differing:
        yield f"no label tells {some(group.names, MOST_NAMED)} apart, which differ: one pool with the least of them"
    if selected.also:
        yield f"the nodeSelector selects {some(selected.also, MOST_NAMED)} too, and no label can prevent it"
    generated = [value for key, values in selected.selector.items() for value in values if is_generated(key, value)]
    if generated:
        goes = "goes with its node group" if len(generated) == 1 else "go with their node groups"
        # Nodes of a ComputeClass come with its labels alone, so it is the others that a person can label.
        label = (
            f"give the node pools without a ComputeClass a node label {COMPUTE_CLASS_LABEL} of their own, and discover "
            "again: these are then selected by their class"
            if selected.lacks_class
            else "give these nodes and those of the other pools a label of your own, with different values, and "
            "discover again"
        )
        yield (
            f"the {plural(len(generated), 'name')} {some(sorted(generated), MOST_NAMED)} {are(len(generated))} "
            f"generated and {goes}, after which no node is found: {label}"
        )
    mixed = group.profile is not None and group.resource == resource_name(group.profile, MigStrategy.MIXED)
    if mixed and GKE_PARTITION_LABEL in selected.selector:
        yield (
            f"these nodes advertise {group.resource}, which GKE's own device plugin never does: strategy mixed is "
            "right while NVIDIA's runs here, and the warning SW302 has no ground"
        )
    yield from _of_driver(group)
    yield from _models(group)
    yield from _kind_of_unit(group, units)
    yield from _states(group)


def _of_driver(group: Group) -> Iterator[str]:
    twice = _names(group.nodes, list(map(is_served_twice, group.nodes)))
    if twice:
        yield (
            f"NVIDIA's DRA driver offers the GPUs of {some(twice, MOST_NAMED)}, too, and the device plugin does not "
            "know what it gives to pods: keep one of the two off these nodes"
        )
    tainted = sorted({taint for part in group.parts for offer in part.offers for taint in offer.tainted})
    if tainted:
        yield f"devices are tainted ({some(tainted)}), so that no pod gets them: they are not counted"


def _models(group: Group) -> Iterator[str]:
    if group.suffixed:
        yield (
            f"slices of {some(group.suffixed)} are among these: the device plugin is {LAST_WITHOUT_SUFFIXES} or older; "
            f"from {FIRST_WITH_SUFFIXES} they have resources of their own: declare these profiles when it is updated"
        )
    own = group.model
    if own and all(gpus.told_by is LabelledBy.AKS for gpus in group.gpus):
        yield "the GPU model is that of the machine type, for GPU feature discovery says nothing of the GPUs"
        # AKS gives its nodes no label that says how their GPUs are cut.
        if group.profile is None and own.mig_capable and not group.shares:
            yield (
                "no label says whether a unit is a GPU, or the one slice of a GPU that AKS cuts by the GPU instance "
                "profile MIG4g or MIG7g"
            )
    if own and group.profile and own.profile(group.profile) is None:
        yield f"the catalogue knows no {group.profile} of {own.name}: is it another GPU model?"


def _kind_of_unit(group: Group, units: Units) -> Iterator[str]:
    physical = min(gpus.physical_of(group.resource) or 0 for gpus in group.gpus)
    described = min(gpus.physical or 0 for gpus in group.gpus)
    offered = max(offer.units for offer in group.offers)
    for flaw in sorted(group.flaws):
        yield f"{_FLAWS[flaw]}; reservedUnits keeps models off"
    if group.flaws:
        return
    if group.unexplained and group.has_several_models:
        yield (
            f"GPU feature discovery counts {counted(described, 'GPU')} where {counted(offered, 'unit')} are offered: "
            "shares of GPUs, or GPUs of several models, of which its labels describe any one; reservedUnits keeps "
            "models off"
        )
    elif group.unexplained:
        yield (
            f"a node has {counted(units.count, 'GPU')} and offers {counted(offered, 'unit')}, which are slices or "
            "shares, and no label says which; reservedUnits keeps models off"
        )
    elif group.unnamed:
        yield (
            f"no label names the profile: compute slices and memory of a unit are those of {group.profile}; how many "
            f"GPUs a node has is not known, and acceleratorCount {units.count} is a guess"
        )
        return
    elif group.supposed:
        yield (
            f"no label says what a unit is: {offered} units on {counted(physical, 'GPU')} would be slices of "
            f"{group.profile}, unless GPUs are shared"
        )
    elif physical and group.profile is None and physical != units.count:
        yield f"a node has {counted(physical, 'GPU')} and offers {units.count} of them whole"
    if group.is_beside_other_model:
        yield f"GPUs of another model are in a node, too: acceleratorCount {units.count} is what holds these slices"
    elif not physical:
        what = "whether a unit is a GPU or a slice" if _may_be_slices(group) else "how many GPUs a node has"
        yield f"no label says {what}; acceleratorCount {units.count} is a guess"


def _may_be_slices(group: Group) -> bool:
    return (
        group.profile is None
        and not group.beside
        and all(gpus.model is None or gpus.model.mig_capable for gpus in group.gpus)
    )


def _cut(group: Group) -> str:
    profiles = [part.profile for part in group.parts if part.profile]
    some_whole = ", some of them whole" if len(profiles) < len(group.parts) else ""
    return f"cut into {' and '.join(profiles)}{some_whole}" if profiles else "whole"


def _states(group: Group) -> Iterator[str]:
    unready = _names(group.nodes, [not node.ready for node in group.nodes])
    if unready:
        yield f"not Ready now: {some(unready, MOST_NAMED)}"
    cordoned = _names(group.nodes, [node.cordoned for node in group.nodes])
    if cordoned:
        until = "; scheduling: NoNew until they are back" if _is_cordoned(group) else ""
        yield f"cordoned now: {some(cordoned, MOST_NAMED)}{until}"
    for layout in sorted({gpus.mig_config or "" for gpus in group.gpus if awaits_layout(gpus)}):
        awaiting = [gpus.mig_config == layout and awaits_layout(gpus) for gpus in group.gpus]
        states = {gpus.mig_state or "no state" for gpus, is_it in zip(group.gpus, awaiting, strict=True) if is_it}
        yield (
            f"MIG manager is asked for {layout} ({MIG_CONFIG_LABEL}; {MIG_CONFIG_STATE_LABEL}: "
            f"{', '.join(sorted(states))}), and the GPUs are {_cut(group)}, so what they offer may change: "
            f"{some(_names(group.nodes, awaiting), MOST_NAMED)}"
        )
    for state in sorted({gpus.mig_state for gpus in group.gpus if gpus.mig_state} - _SETTLED):
        names = _names(group.nodes, [gpus.mig_state == state for gpus in group.gpus])
        yield f"MIG manager says {state} of {some(names, MOST_NAMED)}: what they offer may change"


def _names(nodes: Sequence[LiveNode], chosen: Sequence[bool]) -> list[str]:
    return [node.name for node, is_it in zip(nodes, chosen, strict=True) if is_it]
