"""Rules of nodes that are cut in several profiles: which fields go with `slices`, and that the slices exist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from slicewise.diagnostics import Code, Diagnostic, FieldPath, counted, dotted, quoted
from slicewise.documents.cloud_nodes import catalogued
from slicewise.documents.cluster import Cluster, GkeCluster
from slicewise.documents.environment import MigConfiguration, NodePool
from slicewise.documents.pool_offers import is_cut_in_several, is_dynamic, slices_of_a_node, whole_memory
from slicewise.documents.rules.pool_amounts import reserved_instead
from slicewise.mig import GpuModel, MigStrategy

_MIG: Final = ("capabilities", "migConfiguration")
# Fields of nodes whose GPUs are all cut alike, each with the reason why it says nothing of others.
_OF_ONE_PROFILE: Final = {
    "profile": ("profile", "slices already says which profiles a node has"),
    "slices_per_gpu": ("slicesPerGpu", "slices already says how many of each a node has"),
}
# Fields beside `slices`, each with what is written for nodes whose GPUs are all cut alike, or not at all.
_OF_SEVERAL: Final = {
    "reserved_slices": ("reservedSlices", "write reservedUnits of the pool"),
    "memory_per_slice": ("memoryPerSlice", "write memoryPerGpu"),
    "whole_gpus": ("wholeGpus", "leave it out"),
}


def check_memory_is_there(pool: NodePool, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield that the pool at `path` lacks the memory of its units, which only profiles of several make unnecessary."""
    has = pool.capabilities
    several = is_cut_in_several(pool) or (pool.mig is not None and (pool.mig.dynamic or pool.mig.profiles is not None))
    if has.memory_per_gpu is not None or several:
        return
    at, field = (*path, "capabilities"), (*path, "capabilities", "memoryPerGpu")
    if "memory_per_gpu" in has.model_fields_set:
        message = "nothing is not a Kubernetes quantity"
        yield Diagnostic.error(Code.BAD_VALUE, message, "write for example 40Gi", field=field)
    else:
        message = f'"memoryPerGpu" is required in {dotted(at)}'
        yield Diagnostic.error(Code.MISSING_FIELD, message, "add it", field=field)


def check_slice_fields(pool: NodePool, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield the fields of the pool at `path` that contradict how its nodes are cut."""
    mig, at = pool.mig, (*path, *_MIG)
    if mig is None:
        return
    if mig.dynamic:
        yield from _fields_of_the_pool(pool, mig, path)
        return
    if mig.slices is None:
        for attribute, (field, instead) in _OF_SEVERAL.items():
            if attribute in mig.model_fields_set and getattr(mig, attribute) is not None:
                message = f"{field} is for nodes with slices of several profiles, which are written as slices"
                remedy = f"{instead}, or write slices in place of profile"
                yield Diagnostic.error(Code.SLICES_OR_PROFILE, message, remedy, field=(*at, field))
        return
    for attribute, (field, why) in _OF_ONE_PROFILE.items():
        if getattr(mig, attribute) is not None:
            message = f"{field} is for nodes whose slices are all of one profile, and here {why}"
            yield Diagnostic.error(Code.SLICES_OR_PROFILE, message, f"leave {field} out", field=(*at, field))
    if mig.strategy is MigStrategy.SINGLE:
        message = "with strategy: single, a node that has slices of several profiles advertises none of them"
        remedy = "write mixed, if the nodes advertise nvidia.com/mig-..., or profile in place of slices"
        yield Diagnostic.error(Code.SLICES_OR_PROFILE, message, remedy, field=(*at, "strategy"))
    yield from _fields_of_the_pool(pool, mig, path)


def _fields_of_the_pool(pool: NodePool, mig: MigConfiguration, path: FieldPath) -> Iterator[Diagnostic]:
    if pool.capabilities.memory_per_gpu is not None and not mig.whole_gpus:
        message = "memoryPerGpu is one amount for every unit of the pool, and here each profile has its own"
        remedy = (
            "leave it out: the memory of known profiles is measured, and migConfiguration.memoryPerSlice is for others"
        )
        at = (*path, "capabilities", "memoryPerGpu")
        yield Diagnostic.error(Code.SLICES_OR_PROFILE, message, remedy, field=at)
    if "reserved_units" in pool.model_fields_set:
        message = "reservedUnits does not say which profile's slices are reserved"
        example = next(iter(mig.several), "3g.40gb")
        remedy = f"write migConfiguration.reservedSlices: {{{example}: {pool.reserved_units}}}, or leave it out"
        yield Diagnostic.error(
            Code.SLICES_OR_PROFILE, message, remedy, field=(*path, "reservedUnits"), reserved=pool.reserved_units
        )


def check_keys_of_slices(pool: NodePool, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield what is reserved, or has its memory declared, of profiles that the nodes of the pool do not have."""
    mig = pool.mig
    if mig is None or not mig.several:
        return
    listed = "profiles" if mig.dynamic else "slices"
    for field, by_profile in (("reservedSlices", mig.reserved_slices), ("memoryPerSlice", mig.memory_per_slice)):
        for profile in by_profile or ():
            if profile not in mig.several:
                message = f"a node has no slices of {quoted(profile)}: {listed} has {', '.join(mig.several)}"
                yield Diagnostic.error(
                    Code.SLICE_NOT_LISTED,
                    message,
                    f"correct the profile, add it to {listed}, or leave it out",
                    field=(*path, *_MIG, field, profile),
                    allowed=list(mig.several),
                )


def check_reserved_slices(pool: NodePool, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield that more slices of a profile are reserved than the pool at `path` has."""
    mig = pool.mig
    if mig is None or not mig.several:
        return
    of_a_node = slices_of_a_node(pool, mig)
    nodes = "nodeCount" if pool.max_node_count is None else "maxNodeCount"
    for profile, reserved in (mig.reserved_slices or {}).items():
        a_node = of_a_node.get(profile)
        if not a_node or reserved <= a_node * pool.nodes:
            continue
        most, least = a_node * pool.nodes, -(-reserved // a_node)
        where = f"{counted(pool.nodes, 'node')} with {a_node} {mig.resource_of(profile)} each"
        yield Diagnostic.warning(
            Code.RESERVED_ABOVE_UNITS,
            f"{reserved} is more than the {counted(most, 'slice')} that the pool has ({where})",
            f"{reserved_instead(most, 'all of them are', 'on them')}, or {nodes}: {least} if it has that many nodes",
            field=(*path, *_MIG, "reservedSlices", profile),
            reserved=reserved,
            units=most,
            unitsOfANode=a_node,
            nodes=pool.nodes,
            enoughNodes=least,
        )


def check_whole_gpus(pool: NodePool, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield that the pool at `path` leaves no GPU to be cut, or that nothing says what memory its whole GPUs have."""
    mig = pool.mig
    if mig is None or not mig.several:
        return
    # On demand all GPUs of a node may be whole, as long as nobody has slices.
    most = pool.accelerator_count - (0 if mig.dynamic else 1)
    if mig.whole_gpus > most:
        why = "so pods cannot have more of them whole" if mig.dynamic else "so none would be left to be cut into slices"
        message = f"a node has {counted(pool.accelerator_count, 'GPU')}, {why}"
        remedy = f"{f'write at most {most}' if most else 'leave it out'}, or acceleratorCount with all GPUs of a node"
        yield Diagnostic.error(
            Code.NO_GPU_LEFT_TO_CUT,
            message,
            remedy,
            field=(*path, *_MIG, "wholeGpus"),
            wholeGpus=mig.whole_gpus,
            gpus=pool.accelerator_count,
        )
    if mig.whole_gpus and whole_memory(catalogued(pool), pool) is None:
        yield Diagnostic.error(
            Code.SLICE_MEMORY_UNKNOWN,
            f"nothing says what memory a GPU has that is not cut: {quoted(pool.accelerator_type)} is not in the "
            "catalogue",
            "write memoryPerGpu: that of the whole GPUs",
            field=(*path, "capabilities", "memoryPerGpu"),
        )


def check_made_in_several(pool: NodePool, cluster: Cluster, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield that the stack cannot make nodes which are cut in several profiles."""
    if cluster.provisioned is None or not is_cut_in_several(pool):
        return
    on_demand = is_dynamic(pool)
    if isinstance(cluster.provisioned, GkeCluster):
        if on_demand:
            return  # that the DRA driver is not on such nodes is said of the allocation
        why = "GKE cuts all GPUs of a node pool into slices of one size"
    else:
        why = "the stack has NVIDIA's MIG manager cut the nodes of a pool by its layout all-PROFILE, for one profile"
    yield Diagnostic.error(
        Code.MADE_IN_SEVERAL_PROFILES,
        f"the stack makes these nodes, and {why}",
        f"write profile in place of {'dynamic and profiles' if on_demand else 'slices'}, in a pool for each profile, "
        "or make the cluster yourself (source: Existing)",
        field=(*path, *_MIG, "dynamic" if on_demand else "slices"),
    )


def missing_memory(mig: MigConfiguration, gpu: GpuModel | None) -> Mapping[str, str]:
    """Return the profiles of a node of which nothing says what memory a slice has, each with the reason."""
    found = {}
    for profile in mig.several:
        known = gpu.profile(profile) if gpu else None
        if profile not in (mig.memory_per_slice or {}) and (known is None or known.usable_mib is None):
            found[profile] = "is not measured" if known else "is not known"
    return found
