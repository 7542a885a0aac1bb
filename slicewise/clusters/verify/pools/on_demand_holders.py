"""What others hold of GPUs that are cut on demand: of any profile, it takes places that all profiles share."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

from slicewise.clusters.live import GpuPod, LiveNode
from slicewise.diagnostics import Code, Found, Severity, counted, some
from slicewise.documents import NodePool, catalogued, is_dynamic
from slicewise.kubernetes import Quantity
from slicewise.mig import WHOLE_GPU_RESOURCE, GpuModel, can_be_cut_on_demand, canonical_profile_name, held_as
from slicewise.planning import ChargedPool

_UNSURE: Final = "; not every pod of the plan surely finds a place"
_TAKE_PLACES: Final = (Code.HELD_BY_OTHERS, Code.FEWER_UNITS)
# Pods of the plan are on none of these, so that it does not matter what memory they have.
_NO_MATTER: Final = Quantity.parse("1Gi")


@dataclass(frozen=True)
class HoldersOnDemand:
    """What others hold of the nodes of a pool that is cut on demand.

    Attributes:
        pool: The pool as its document has it.
        gpu: Its GPU model; None where the pool is not cut on demand.
        units: How many units others hold, by profile; that of whole GPUs is None.
        holders: Who holds each of them.
        leaves_room: Whether the plan's pods surely find places beside them.
    """

    pool: NodePool
    gpu: GpuModel | None = None
    units: Mapping[str | None, int] = field(default_factory=dict)
    holders: Mapping[str | None, Sequence[str]] = field(default_factory=dict)
    leaves_room: bool = True

    def weighed(self, found: Found) -> Found:
        """Return a difference as bad as it is for pods of all profiles."""
        if self.leaves_room or found.code not in _TAKE_PLACES or found.severity is Severity.ERROR:
            return found
        return replace(found, severity=Severity.ERROR, message=found.message + _UNSURE)

    @cached_property
    def to_reserve(self) -> Mapping[str, int]:
        """How many slices of each profile take the places of all that others hold."""
        found = Counter[str]()
        for profile, count in self.units.items():
            found[self._as(profile)] += count
        return found

    def undeclared(self) -> list[Found]:
        """Return what others hold that the pool's document neither lists nor reserves."""
        told = (profile for profile in self.units if profile not in self._listed)
        return [
            self._undeclared(each) for each in told if self.to_reserve[self._as(each)] > self.reserved(self._as(each))
        ]

    @property
    def _listed(self) -> Sequence[str]:
        return self.pool.mig.several if self.pool.mig else ()

    def reserved(self, profile: str) -> int:
        """Return how many slices of a profile the document leaves to others."""
        return ((self.pool.mig and self.pool.mig.reserved_slices) or {}).get(profile, 0)

    def _as(self, profile: str | None) -> str:
        if self.gpu is None:
            raise AssertionError(f"{self.pool.name} is not cut on demand")
        return held_as(self.gpu, profile, self._listed)

    def _undeclared(self, profile: str | None) -> Found:
        count, reserved_as = self.units[profile], self._as(profile)
        what = f"{counted(count, 'slice')} of {profile}" if profile else counted(count, "whole GPU")
        lists = "" if reserved_as in self._listed else f"{reserved_as} in profiles, with "
        known = f"profiles has no {reserved_as}"
        if not lists:
            known = f"reservedSlices of {reserved_as} is {self.reserved(reserved_as)}"
        alike = "" if profile == reserved_as else f", which takes the place of a {profile or 'whole GPU'}"
        message = f"others hold {what} ({some(self.holders[profile])}), whose places are promised to pods: {known}"
        remedy = (
            f"write {lists}{reserved_as}: {self.to_reserve[reserved_as]} in reservedSlices{alike}; or move these pods "
            "to other nodes"
        )
        facts = {"held": count, "profile": reserved_as}
        return self.weighed(Found(Code.HELD_BY_OTHERS, Severity.WARNING, message, remedy, facts=facts))


def holders_on_demand(
    pool: NodePool, places: Iterable[ChargedPool], nodes: Collection[LiveNode], others: Iterable[GpuPod]
) -> HoldersOnDemand:
    """Return what others hold; nothing of a pool that is not cut on demand.

    Args:
        pool: The pool as its document has it.
        places: Its GPU resources, with what the plan has on each.
        nodes: Its nodes.
        others: The pods of the cluster that are not the plan's.
    """
    gpu = catalogued(pool)
    if not is_dynamic(pool) or gpu is None:
        return HoldersOnDemand(pool)
    names = {node.name for node in nodes}
    units, holders = Counter[str | None](), defaultdict[str | None, list[str]](list)
    for pod in others:
        for resource, count in pod.requests.items() if pod.node in names else ():
            profile = None if resource == WHOLE_GPU_RESOURCE else canonical_profile_name(resource)
            if count and (profile is None or gpu.profile(profile)):
                units[profile] += count
                holders[profile].append(f"{pod.namespace}/{pod.name}")
    found = HoldersOnDemand(pool, gpu, units, holders)
    more = any(count > found.reserved(profile) for profile, count in found.to_reserve.items())
    counts = [
        min((node.gpus and node.gpus.physical) or pool.accelerator_count, pool.accelerator_count) for node in nodes
    ]
    if not more and all(count == pool.accelerator_count for count in counts):
        return found
    to_come = max(pool.nodes - len(counts), 0)
    # The rule is for nodes that are alike: some count as having fewer GPUs than they have, or are left out, which both
    # leaves no room that is not there.
    shapes = ((sum(count >= gpus for count in counts) + to_come, gpus) for gpus in sorted({*counts}, reverse=True))
    alike = ((min(number, pool.nodes), gpus) for number, gpus in shapes)
    held, charged = found.to_reserve, list(places)
    room = any(_leaves_room(_with_nodes(pool, number, gpus), gpu, held, charged) for number, gpus in alike)
    return replace(found, leaves_room=room)


def _with_nodes(pool: NodePool, number: int, gpus: int) -> NodePool:
    return pool.model_copy(update={"node_count": number, "max_node_count": None, "accelerator_count": gpus})


def _leaves_room(pool: NodePool, gpu: GpuModel, held: Mapping[str, int], places: Sequence[ChargedPool]) -> bool:
    """Return whether the plan's pods find places where what others hold is reserved, by the planner's own rule."""
    charged, mig = [place for place in places if place.charges], pool.mig
    if mig is None:
        return True
    profiles = (*mig.several, *(each for each in held if each not in mig.several))
    if not charged or not can_be_cut_on_demand(gpu, profiles):
        return not charged
    reserved = dict(mig.reserved_slices or {})
    memory = {**dict.fromkeys(held.keys() - set(mig.several), _NO_MATTER), **(mig.memory_per_slice or {})}
    changed = mig.model_copy(
        update={
            "profiles": profiles,
            "reserved_slices": {
                **reserved,
                **{each: max(count, reserved.get(each, 0)) for each, count in held.items()},
            },
            "memory_per_slice": memory,
        }
    )
    nodes = {"node_count": pool.node_count, "max_node_count": None, "accelerator_count": pool.accelerator_count}
    there = [place.with_pool(**nodes) for place in charged]
    return all(place.with_capability("mig_configuration", changed).holds for place in there)
