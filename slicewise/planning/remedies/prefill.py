"""The remedy of fewer prefill replicas, which a profile has in every environment."""

from __future__ import annotations

from dataclasses import replace

from slicewise.documents import Fleet, model_key
from slicewise.planning.capacity import PlannedCharge
from slicewise.planning.remedies.profiles import with_profile
from slicewise.planning.remedies.remedy import PrefillWant, Proposal, Remedy, RemedyKind
from slicewise.planning.remedies.replicas import smallest_number


def fewer_prefill_replicas(want: PrefillWant, fleet: Fleet) -> Proposal | None:
    """Return the most prefill replicas of its profile that the pool takes, beside those of others with the profile."""
    profile, now, place = want.model.profile(want.profile.name), want.replicas, want.place
    prefill = profile.prefill
    if prefill is None or now <= 1:
        return None

    def is_of_profile(charge: PlannedCharge) -> bool:
        other = fleet.deployment[charge.deployment]
        return charge.is_prefill and charge.profile == profile.name and model_key(other) == model_key(want.deployment)

    def changed(replicas: int) -> PrefillWant:
        fewer = profile.model_copy(update={"prefill": prefill.model_copy(update={"replicas": replicas})})
        count = replicas * want.profile.replica_topology.nodes
        there = place.with_charges(lambda each: replace(each, count=count) if is_of_profile(each) else each)
        model = with_profile(want.model, fewer)
        return replace(want, model=model, place=there, replicas=replicas)

    def fits(replicas: int) -> bool:
        asking = changed(replicas)
        return asking.fits(asking.place)

    if not fits(1):
        return None
    most = now - smallest_number(1, now - 1, lambda fewer: fits(now - fewer))
    asking = changed(most)
    document = str(model_key(want.deployment).subject)
    remedy = Remedy(
        kind=RemedyKind.MODEL,
        message=(
            f"prefill.replicas {most} (now {now}) in the profile {profile.name} of {document}, if they are enough, "
            f"{want.lets_it_run} on {place}"
        ),
        document=document,
        field=f"spec.serving[{profile.name}].prefill.replicas",
        value=most,
        units=0,
        environment=place.name[0],
        node_pool=place.name[1],
        profile=profile.name,
    )
    return Proposal(remedy, asking, asking.place, asking.model)
