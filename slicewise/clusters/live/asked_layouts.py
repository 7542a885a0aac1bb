"""Whether the GPUs of a node are cut as MIG manager is asked to cut them (`nvidia.com/mig.config`)."""

from __future__ import annotations

from typing import Final

from slicewise.clusters.live.gpus import Gpus, LabelledBy, Offer
from slicewise.mig import UNCUT_LAYOUT, WHOLE_GPU_RESOURCE, WHOLE_LAYOUT, canonical_profile_name, parse_profile_name

_BALANCED: Final = "all-balanced"
_ALL: Final = "all-"
_APPLIED: Final = "success"
# Only these say whether a unit of nvidia.com/gpu is a slice.
_TELL_UNITS: Final = frozenset({LabelledBy.GFD, LabelledBy.GKE})


def asked_profile(layout: str) -> str | None:
    """Return the profile, as the driver spells it, that a layout cuts all GPUs into; None where its name says none."""
    profile = canonical_profile_name(layout.removeprefix(_ALL)) if layout.startswith(_ALL) else ""
    return profile if parse_profile_name(profile) else None


def awaits_layout(gpus: Gpus) -> bool:
    """Return whether MIG manager is asked for a layout, and the GPUs are cut otherwise.

    What is offered may change then. Where nothing is offered, or it is not known what a unit is, nothing is said. What
    a name of one's own means only MIG manager's config says: of GPUs that are all whole, that it is not there, unless
    MIG manager says that it has applied it. Such a layout may leave all GPUs whole.
    """
    layout, offers = gpus.mig_config, [offer for offer in gpus.offers if offer.units]
    if layout is None or not offers or not all(_is_known(gpus, offer) for offer in offers):
        return False
    # An older device plugin offers `1g.10gb+me` as 1g.10gb.
    there = {_without_suffix(offer.profile) for offer in offers if offer.profile}
    if layout == WHOLE_LAYOUT:
        return bool(there)
    profile = asked_profile(layout)
    if profile:
        return there != {_without_suffix(profile)} or _are_some_left_whole(gpus)
    # It makes two profiles of A30 and RTX PRO 6000, three of every other GPU.
    if layout == _BALANCED:
        return len(there) <= 1
    can_be_cut = gpus.model is None or gpus.model.mig_capable
    return layout == UNCUT_LAYOUT or (not there and can_be_cut and gpus.mig_state != _APPLIED)


def _are_some_left_whole(gpus: Gpus) -> bool:
    """Return whether some GPUs of a node with one model are whole; those of a model without such slices stay so."""
    whole, model = gpus.units(WHOLE_GPU_RESOURCE), gpus.model
    if not whole or model is None or not model.mig_capable or gpus.has_several_models or gpus.physical is None:
        return False
    return gpus.cut_gpus > 0 and whole + gpus.cut_gpus <= gpus.physical


def _is_known(gpus: Gpus, offer: Offer) -> bool:
    if offer.flaw or offer.supposed or offer.unnamed:
        return False
    if offer.resource != WHOLE_GPU_RESOURCE or offer.profile:
        return True
    return gpus.told_by in _TELL_UNITS or offer.units == gpus.physical


def _without_suffix(profile: str) -> str:
    return profile.partition("+")[0].partition("-")[0]
