"""How many units of a GPU resource nobody holds: where GPUs are cut on demand, what others hold takes places of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from slicewise.clusters.live import GpuPod
from slicewise.clusters.verify.pools.compared_pool import ComparedPool
from slicewise.clusters.verify.pools.held_units import Holdings
from slicewise.documents import (
    InferenceEnvironment,
    NodePool,
    catalogued,
    declared_pool,
    is_dynamic,
    offer_named,
)
from slicewise.kubernetes import Quantity
from slicewise.mig import WHOLE_GPU_RESOURCE, GpuModel, can_be_cut_on_demand, canonical_profile_name, held_as
from slicewise.planning import ChargedPool

# Nobody is asked for the memory of slices that are there already.
_NO_MATTER = Quantity.parse("1Gi")


def free_units(
    environment: InferenceEnvironment, compared: ComparedPool, held: Holdings, pods: Iterable[GpuPod]
) -> int | None:
    """Return the units that no pod holds on nodes that take the pool's pods now.

    Of GPUs that are cut on demand they are those that a plan would promise if what pods hold were reserved: they have
    places wherever these slices are. None where NVIDIA does not publish which slices leave places.

    Args:
        environment: The environment's document.
        compared: The pool, one resource of it.
        held: Who holds its units.
        pods: The cluster's pods.
    """
    pool = declared_pool(compared.pool)
    gpu = catalogued(pool)
    if not is_dynamic(pool) or pool.mig is None or gpu is None:
        return sum(node.units - held.others[node.name] - held.plan[node.name] for node in compared.taking)
    there = Counter[tuple[int, frozenset[tuple[str, int]]]]()
    on_node: dict[str, Counter[str]] = {node.name: Counter() for node in compared.taking}
    for pod in pods:
        if pod.node in on_node:
            on_node[pod.node].update(_slices(gpu, pod, pool.mig.several))
    for node in compared.taking:
        gpus = (node.gpus and node.gpus.physical) or pool.accelerator_count
        there[gpus, frozenset(on_node[node.name].items())] += 1
    free = 0
    for (gpus, slices), nodes in there.items():
        alone = pool.model_copy(update={"node_count": 1, "max_node_count": None, "accelerator_count": gpus})
        offer = _with_held(alone, gpu, dict(slices), compared.resource)
        if offer is None:
            return None
        free += max(ChargedPool(environment, offer, ()).state.usage().free, 0) * nodes
    return free


def _slices(gpu: GpuModel, pod: GpuPod, listed: Iterable[str]) -> Counter[str]:
    """Return the slices whose places a pod has, by profile; whole GPUs as the slice that is all of one."""
    found = Counter[str]()
    for resource, count in pod.requests.items():
        profile = None if resource == WHOLE_GPU_RESOURCE else canonical_profile_name(resource)
        if count and (profile is None or gpu.profile(profile)):
            found[held_as(gpu, profile, tuple(listed))] += count
    return found


def _with_held(node: NodePool, gpu: GpuModel, slices: Mapping[str, int], resource: str) -> NodePool | None:
    """Return what a pool of one node has of a resource where the slices that pods hold are reserved."""
    mig = node.mig
    profiles = (*mig.several, *(each for each in slices if each not in mig.several)) if mig else ()
    if mig is None or not can_be_cut_on_demand(gpu, profiles):
        return None
    memory = {**dict.fromkeys(slices.keys() - set(mig.several), _NO_MATTER), **(mig.memory_per_slice or {})}
    whole = node.accelerator_count if mig.whole_gpus else 0
    held = {"profiles": profiles, "reserved_slices": slices, "memory_per_slice": memory or None, "whole_gpus": whole}
    capabilities = node.capabilities.model_copy(update={"mig_configuration": mig.model_copy(update=held)})
    return offer_named(node.model_copy(update={"capabilities": capabilities}), resource)
