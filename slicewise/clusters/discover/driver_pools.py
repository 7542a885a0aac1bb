"""Pools whose GPUs NVIDIA's DRA driver has: how their pods get them, and which profiles it cuts on demand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from slicewise.clusters.discover.grouping import Group
from slicewise.clusters.discover.pool_facts import Accelerator, unit_memory
from slicewise.clusters.live import DRIVER, LiveCluster, answering, resource_of_device
from slicewise.documents import OLDEST_RELEASE, Allocation, is_before_release
from slicewise.kubernetes import SelectorAnswer
from slicewise.mig import GpuModel, can_be_cut_on_demand, held_as, plain_profile


def serves_claims(cluster: LiveCluster) -> bool:
    """Return whether pods of a cluster can claim devices as Slicewise has them do it."""
    return cluster.version is None or not is_before_release(cluster.version, OLDEST_RELEASE[Allocation.CLAIM])


def allocation_of(group: Group, cluster: LiveCluster) -> Allocation:
    """Return how the pods of a pool get their units there as things are.

    By a resource of the driver only where a DeviceClass answers each with all its devices, and Kubernetes has that.
    """
    if not group.by_driver:
        return Allocation.DEVICE_PLUGIN
    oldest = OLDEST_RELEASE[Allocation.EXTENDED_RESOURCE]
    if cluster.version is None or is_before_release(cluster.version, oldest):
        return Allocation.CLAIM
    answered = all(_is_answered(resource, group, cluster) for resource in declared_resources(group))
    return Allocation.EXTENDED_RESOURCE if answered else Allocation.CLAIM


def declared_resources(group: Group) -> list[str]:
    """Return the resources of a group that a pool for it declares."""
    if not group.on_demand:
        return list(group.resources)
    profiles = profiles_on_demand(group)
    return [part.resource for part in group.parts if part.profile in profiles]


def _is_answered(resource: str, group: Group, cluster: LiveCluster) -> bool:
    classes = answering(cluster.device_classes, resource)
    names = set(group.names)
    return bool(classes) and all(
        classes[0].selects(device) is SelectorAnswer.YES
        for pool in cluster.published
        if pool.driver == DRIVER and pool.node in names
        for device in pool.devices
        if resource_of_device(device) == resource
    )


def profiles_on_demand(group: Group) -> list[str]:
    """Return the profiles to declare of GPUs that are cut on demand: those without a suffix, if there are any."""
    profiles = [part.profile for part in group.parts if part.profile]
    plain = [each for each in profiles if each == plain_profile(each)]
    return _together(group.model, plain or profiles)


def _together(model: GpuModel | None, profiles: Iterable[str]) -> list[str]:
    """Return as many of the profiles as are known to go beside each other."""
    found: list[str] = []
    for each in profiles:
        if model and can_be_cut_on_demand(model, [*found, each]):
            found.append(each)
    return found


def on_demand_configuration(
    group: Group, accelerator: Accelerator, held: Mapping[str | None, int]
) -> tuple[dict[str, Any], list[str]]:
    """Return the migConfiguration of a pool that is cut on demand, and what is doubtful about it.

    Args:
        group: The group.
        accelerator: Its GPU model.
        held: Units that pods of others hold, by profile; that of whole GPUs is None.
    """
    profiles = profiles_on_demand(group)
    reserved, model = Counter[str](), accelerator.model
    for profile, count in held.items():
        if model:
            reserved[held_as(model, profile, profiles)] += count
    parts = {part.profile: part for part in group.parts if part.profile in profiles}
    memories = {
        profile: unit_memory(parts[profile], accelerator.model, f"memoryPerSlice of {profile}") for profile in profiles
    }
    known = {profile: accelerator.model.profile(profile) if accelerator.model else None for profile in profiles}
    catalogued = {profile: f"{each.usable_mib}Mi" for profile, each in known.items() if each and each.usable_mib}
    own = {profile: memory for profile, (memory, _) in memories.items() if memory != catalogued.get(profile)}
    mig: dict[str, Any] = {
        "enabled": True,
        "dynamic": True,
        "profiles": profiles,
        "reservedSlices": {profile: reserved[profile] for profile in profiles if reserved.get(profile)},
        "memoryPerSlice": own,
    }
    return {field: value for field, value in mig.items() if value}, [doubt for _, doubt in memories.values() if doubt]
