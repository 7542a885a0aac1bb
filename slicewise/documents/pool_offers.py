"""Every GPU resource that the nodes of a pool offer, each as a pool by itself: planning looks at one after the other.

Nodes that are cut in several profiles, or on demand, have several; their CPU, memory, disk and places for pods are
there once, for the pods of all of them (`PoolOffer.declared` is what they have in common).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final

from slicewise.documents.cloud_nodes import catalogued
from slicewise.documents.environment import Capabilities, Interconnect, MigConfiguration, NodePool
from slicewise.kubernetes import Quantity
from slicewise.mig import WHOLE_GPU_RESOURCE, GpuModel, canonical_profile_name

# Of a slice, so that its configuration says no more than that of a pool with one profile.
_NO_SLICES: Final = {
    "slices": None,
    "reserved_slices": None,
    "memory_per_slice": None,
    "whole_gpus": 0,
    "profiles": None,
}


class PoolOffer(NodePool):
    """One of the GPU resources of a pool whose nodes are cut in several profiles: slices of one, or GPUs left whole.

    Its memory, its reserved units and what it can do are those of this resource.
    """

    declared: NodePool
    """The pool as its document has it."""
    units: int
    """Units of this resource on a node; on one that is cut on demand the most that it can have of them."""
    units_of_all: int
    """Units of every GPU resource of a node together."""
    advertised: str
    """The Kubernetes resource of one unit."""
    is_one_of_several: bool
    """Whether the nodes offer other GPU resources beside this one."""

    @property
    def resource(self) -> str:
        """The Kubernetes resource that one unit is advertised as: known since the offer was made."""
        return self.advertised


def offers_of(pool: NodePool) -> tuple[NodePool, ...]:
    """Return each GPU resource of a valid pool as a pool of its own, in the order of the resources' names.

    That of one resource is the pool itself.
    """
    mig = pool.mig
    if mig is None or not mig.several:
        return (pool,)
    resources = _profiles_by_resource(mig)
    return tuple(_offer(pool, mig, resources, name) for name in sorted(resources))


def offer_named(pool: NodePool, resource: str | None) -> NodePool | None:
    """Return what `pool` offers under the name of a resource; of a pool with one resource, that whatever its name."""
    mig = pool.mig
    if mig is None or not mig.several:
        return pool
    resources = _profiles_by_resource(mig)
    return _offer(pool, mig, resources, resource) if resource in resources else None


def resources_of(pool: NodePool) -> tuple[str, ...]:
    """Return the GPU resources that a node of `pool` advertises, as far as its document says it."""
    mig = pool.mig
    if mig is None or not mig.several:
        return (pool.resource,)
    return tuple(sorted(_profiles_by_resource(mig)))


def offer_in_words(resource: str) -> str:
    """Say which of several GPU resources of a node one is: `3g.40gb`, or `whole GPUs`."""
    return "whole GPUs" if resource == WHOLE_GPU_RESOURCE else canonical_profile_name(resource)


def offered_as(pool: NodePool) -> str | None:
    """Return the GPU resource of one of several offers of a pool; None for a pool that has one."""
    return pool.resource if isinstance(pool, PoolOffer) and pool.is_one_of_several else None


def is_cut_in_several(pool: NodePool) -> bool:
    """Return whether the nodes of `pool` may have slices of several profiles."""
    return bool(pool.mig and pool.mig.several)


def is_dynamic(pool: NodePool) -> bool:
    """Return whether the GPUs of `pool`, or of the pool of which it is one resource, are cut when pods come."""
    mig = declared_pool(pool).mig
    return mig is not None and mig.dynamic


def slices_of_a_node(pool: NodePool, mig: MigConfiguration) -> Mapping[str, int]:
    """Return how many slices of each profile a node has; of one that is cut on demand, the most of each by itself."""
    if not mig.dynamic:
        return mig.slices or {}
    gpu = catalogued(pool)
    known = ((name, gpu.profile(name) if gpu else None) for name in mig.several)
    return {name: each.per_gpu * pool.accelerator_count if each else 0 for name, each in known}


def reserved_field(pool: NodePool) -> str | None:
    """Return the field of the pool's document that says how many units of `pool` are reserved.

    None of GPUs that are left whole on nodes that are cut (wholeGpus may say fewer), and where several profiles are one
    resource.
    """
    if not isinstance(pool, PoolOffer):
        return "reservedUnits"
    declared = pool.declared.mig
    if pool.mig is None or declared is None or len(_profiles_by_resource(declared)[pool.resource]) > 1:
        return None
    return f'capabilities.migConfiguration.reservedSlices["{pool.mig.profile}"]'


def with_fields(pool: NodePool, fields: Mapping[str, object]) -> NodePool:
    """Return `pool` with other values in some fields of its document.

    Of one of several offers `reserved_units` are those of this resource, and `units` those that a node has of it.
    """
    if not isinstance(pool, PoolOffer):
        return pool.model_copy(update=dict(fields))
    declared, mig = pool.declared, pool.mig
    written = dict(fields)
    reserved, units = written.pop("reserved_units", None), written.pop("units", None)
    declared = declared.model_copy(update=written)
    cut: dict[str, object] = {}
    if declared.mig and mig and mig.profile:
        if reserved is not None:
            cut["reserved_slices"] = {**(declared.mig.reserved_slices or {}), mig.profile: reserved}
        if units is not None:
            cut["slices"] = {**(declared.mig.slices or {}), mig.profile: units}
    elif units is not None:
        cut["whole_gpus"] = units
    if cut and declared.mig:
        capabilities = declared.capabilities.model_copy(
            update={"mig_configuration": declared.mig.model_copy(update=cut)}
        )
        declared = declared.model_copy(update={"capabilities": capabilities})
    return offer_named(declared, pool.resource) or pool


def declared_pool(pool: NodePool) -> NodePool:
    """Return the pool of which `pool` is one resource, as its document has it."""
    return pool.declared if isinstance(pool, PoolOffer) else pool


def slice_memory(gpu: GpuModel | None, mig: MigConfiguration, profile: str) -> Quantity | None:
    """Return the memory of a slice: what the document says, else the least that was measured; None for neither."""
    if mig.memory_per_slice and profile in mig.memory_per_slice:
        return mig.memory_per_slice[profile]
    known = gpu.profile(profile) if gpu else None
    return Quantity.parse(f"{known.usable_mib}Mi") if known and known.usable_mib else None


def whole_memory(gpu: GpuModel | None, pool: NodePool) -> Quantity | None:
    """Return the memory of a GPU that is not cut: what the document says, else the catalogue's; None for neither."""
    return pool.capabilities.memory_per_gpu or (Quantity.parse(f"{gpu.memory_gib}Gi") if gpu else None)


def _profiles_by_resource(mig: MigConfiguration) -> dict[str, Sequence[str]]:
    """Return the profiles of a node by the resource that their slices are advertised as, those without suffix first.

    Several are one where the device plugin leaves suffixes out (`devicePluginVersion`). GPUs that are left whole have
    none.
    """
    found: dict[str, list[str]] = {}
    for profile in sorted(mig.several, key=lambda each: (len(each), each)):
        found.setdefault(mig.resource_of(profile), []).append(profile)
    return {**found, **({WHOLE_GPU_RESOURCE: ()} if mig.whole_gpus else {})}


def _offer(pool: NodePool, mig: MigConfiguration, resources: Mapping[str, Sequence[str]], resource: str) -> PoolOffer:
    """Return one of the GPU `resources` of a pool, each of which has some profiles."""
    profiles = resources[resource]
    data = {
        **pool.__dict__,
        **(_slices(pool, mig, profiles) if profiles else _whole(pool, mig)),
        "declared": pool,
        "units_of_all": sum(slices_of_a_node(pool, mig).values()) + mig.whole_gpus,
        "advertised": resource,
        "is_one_of_several": len(resources) > 1,
    }
    return _empty_offer().model_copy(update=data)


def _whole(pool: NodePool, mig: MigConfiguration) -> dict[str, Any]:
    """Return the fields of the GPUs of a node that are not cut."""
    memory = _known(pool, [whole_memory(catalogued(pool), pool)])
    capabilities = pool.capabilities.model_copy(update={"mig_configuration": None, "memory_per_gpu": memory})
    return {
        "capabilities": capabilities,
        "units": mig.whole_gpus,
        "accelerator_count": mig.whole_gpus,
        "reserved_units": 0,
    }


def _slices(pool: NodePool, mig: MigConfiguration, profiles: Sequence[str]) -> dict[str, Any]:
    """Return the fields of slices of some profiles that are advertised as one resource: a pod may get any of them."""
    gpu, counts, reserved = catalogued(pool), slices_of_a_node(pool, mig), mig.reserved_slices or {}
    memory = _known(pool, [slice_memory(gpu, mig, each) for each in profiles])
    return {
        "capabilities": _of_a_slice(pool.capabilities, mig, profiles[0], memory),
        "units": sum(counts[each] for each in profiles),
        "accelerator_count": pool.accelerator_count - (0 if mig.dynamic else mig.whole_gpus),
        "reserved_units": sum(reserved.get(each, 0) for each in profiles),
    }


@cache
def _empty_offer() -> PoolOffer:
    """Return an offer without any fields: to copy it takes a fifth of the time of making one."""
    nothing: dict[str, Any] = {}
    return PoolOffer.model_construct(**nothing)


def _of_a_slice(has: Capabilities, mig: MigConfiguration, profile: str, memory: Quantity) -> Capabilities:
    """Return what a slice can do: it reaches no other over NVLink, and a replica on it spans no nodes."""
    return has.model_copy(
        update={
            "mig_configuration": mig.model_copy(update={**_NO_SLICES, "profile": profile}),
            "memory_per_gpu": memory,
            "interconnect": None if has.interconnect is Interconnect.NVLINK else has.interconnect,
            "nvlink_domain_size": None,
            "multi_node_capable": False,
        }
    )


def _known(pool: NodePool, memories: Iterable[Quantity | None]) -> Quantity:
    """Return the least of some amounts of memory, all of which a valid document has."""
    known = [memory for memory in memories if memory is not None]
    if not known:
        raise AssertionError(f"{pool.name} passed validation without the memory of its units")
    return min(known)
