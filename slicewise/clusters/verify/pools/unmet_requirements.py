"""Which deployments of the plan would find less on a node than they require of a unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from slicewise.clusters.live import Gpus, Offer
from slicewise.documents import DeploymentKey, Fleet, MigPreference, Requirements
from slicewise.mig import computed_precisions
from slicewise.planning import Placement


def requirements_of(fleet: Fleet, placements: list[Placement]) -> dict[DeploymentKey, list[Requirements]]:
    """Return what each deployment that has pods requires of every unit, by its name: of each workload on the pool."""
    found: dict[DeploymentKey, list[Requirements]] = {}
    for each in placements:
        if each.replicas:
            profile = each.profile_of(fleet.model_of(fleet.deployment[each.deployment]))
            found.setdefault(each.deployment, []).append(profile.replica_topology.requires)
    return found


def unmet(required: Mapping[DeploymentKey, Sequence[Requirements]], gpus: Gpus, resource: str) -> list[DeploymentKey]:
    """Return the deployments that a unit of `resource` on a node with `gpus` does not do for, or may not, by name."""
    offer = gpus.offer(resource)
    return sorted(
        name
        for name, needs in required.items()
        if offer is None or offer.flaw or not all(_does(each, gpus, offer) for each in needs)
    )


def _does(needs: Requirements, gpus: Gpus, offer: Offer) -> bool:
    model = offer.model or gpus.model
    if (needs.mig is MigPreference.ONLY and offer.profile is None) or (
        needs.mig is MigPreference.NEVER and offer.profile is not None
    ):
        return False
    if needs.precision_support and (
        model is None or not {str(each) for each in needs.precision_support} <= set(computed_precisions(model.name))
    ):
        return False
    # Of another board it is not known how its GPUs reach each other.
    if needs.interconnect or needs.nvlink_domain_size:
        return False
    return needs.memory_per_gpu is None or needs.memory_per_gpu.bytes <= _memory(gpus, offer)


def _memory(gpus: Gpus, offer: Offer) -> int:
    """Return the bytes of a unit; 0 where they are not known."""
    if offer.memory_mib:
        return offer.memory_mib * 1024**2
    model = offer.model or gpus.model
    if model is None:
        return 0
    profile = model.profile(offer.profile) if offer.profile else None
    if offer.profile:
        return (profile.usable_mib or 0) * 1024**2 if profile else 0
    return model.memory_gib * 1024**3
