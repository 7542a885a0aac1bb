"""How the nodes of a pool are cut, where these are slices of several profiles, or fewer than the GPUs could hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from slicewise.clusters.discover.cut_nodes import gpus_for
from slicewise.clusters.discover.grouping import Group
from slicewise.clusters.discover.pool_facts import Accelerator, unit_memory, units_of
from slicewise.mig import MigStrategy, resource_name


@dataclass(frozen=True, slots=True)
class CutPool:
    """What a pool's document says of nodes that are cut so.

    Attributes:
        count: Physical GPUs of a node.
        mig: Its migConfiguration.
        whole_memory: The memory of a GPU that is left whole; None where none is.
        remarks: What needs no attention.
        checks: What a person should check.
    """

    count: int
    mig: Mapping[str, Any]
    whole_memory: str | None
    remarks: tuple[str, ...]
    checks: tuple[str, ...]


def is_cut(group: Group, accelerator: Accelerator) -> bool:
    """Return whether the slices of a node are to be written one profile after the other.

    So are slices of one profile of which no node has all that its GPUs could hold: what is not there is not written.
    """
    if group.beside:
        return True
    profile = group.profile
    if profile is None or group.shares or group.resource != resource_name(profile, MigStrategy.MIXED):
        return False
    units = units_of(group, accelerator.model)
    return max(offer.units for offer in group.offers) < units.per_node and group.can_be_cut


def cut_pool(group: Group, accelerator: Accelerator, held: Mapping[str, Mapping[str, int]]) -> CutPool:
    """Describe how the nodes of `group` are cut.

    Args:
        group: The group, for which `is_cut` holds.
        accelerator: Its GPU model.
        held: Units that pods of others hold, by resource and node.
    """
    slices = [(part.profile, part) for part in group.parts if part.profile]
    whole = [part for part in group.parts if part.profile is None]
    most = group.slices
    missing = {profile: sum(most[profile] - offer.units for offer in part.offers) for profile, part in slices}
    taken = {profile: _held(part, held) for profile, part in slices}
    reserved = {profile: missing[profile] + sum(taken[profile]) for profile, _ in slices}
    left = min((offer.units - used for part in whole for offer, used in _used(part, held)), default=0)
    memories = {
        profile: unit_memory(part, accelerator.model, f"memoryPerSlice of {profile}") for profile, part in slices
    }
    doubts = [doubt for _, doubt in memories.values() if doubt]
    mig = {
        "enabled": True,
        "strategy": None if group.by_driver else str(MigStrategy.MIXED),
        "slices": most,
        "wholeGpus": left or None,
        "reservedSlices": {profile: count for profile, count in reserved.items() if count},
        "memoryPerSlice": {
            profile: memory for profile, (memory, _) in memories.items() if memory != _known(accelerator, profile)
        },
    }
    whole_memory, doubt = unit_memory(whole[0], accelerator.model) if left else (None, None)
    remarks = _remarks(missing, {profile: sum(units) for profile, units in taken.items()}, whole, held)
    return CutPool(
        _count(group, accelerator, most, max((offer.units for part in whole for offer in part.offers), default=0)),
        {field: value for field, value in mig.items() if value},
        whole_memory,
        tuple(remarks),
        tuple(each for each in (*doubts, doubt) if each),
    )


def _count(group: Group, accelerator: Accelerator, slices: Mapping[str, int], whole: int) -> int:
    """Return the physical GPUs of a node; the fewest that can be cut so, where no label says how many there are."""
    physical = max((gpus.physical_of(group.resource) or 0 for gpus in group.gpus), default=0)
    return max(physical, (gpus_for(accelerator.model, slices) or 1) + whole)


def _known(accelerator: Accelerator, profile: str) -> str | None:
    """Return what is taken for the memory of a slice where the document does not say it."""
    known = accelerator.model.profile(profile) if accelerator.model else None
    return f"{known.usable_mib}Mi" if known and known.usable_mib else None


def _used(part: Group, held: Mapping[str, Mapping[str, int]]) -> Iterator[tuple[Any, int]]:
    on = held.get(part.resource, {})
    for node, offer in zip(part.nodes, part.offers, strict=True):
        yield offer, min(on.get(node.name, 0), offer.units)


def _held(part: Group, held: Mapping[str, Mapping[str, int]]) -> list[int]:
    return [used for _, used in _used(part, held)]


def _remarks(
    missing: Mapping[str, int], taken: Mapping[str, int], whole: list[Group], held: Mapping[str, Mapping[str, int]]
) -> Iterator[str]:
    for profile, count in missing.items():
        if count:
            yield f"reservedSlices: some nodes have fewer slices than others, together {count} of {profile}"
    for profile, count in taken.items():
        if count:
            yield f"reservedSlices: pods of others hold {count} of {profile}"
    most = max((max(_held(part, held)) for part in whole), default=0)
    if most:
        yield f"wholeGpus: without the {most} that pods of others hold on a node"
