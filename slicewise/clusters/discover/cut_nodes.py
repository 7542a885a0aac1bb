"""Which GPU resources of a node one pool has: slices of several profiles, and GPUs left whole beside them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from slicewise.clusters.live import Gpus, LiveNode, Offer
from slicewise.mig import MOST_GPUS_CUT, WHOLE_GPU_RESOURCE, GpuModel, can_be_placed, fewest_gpus, parse_profile_name

# Compute slices of a GPU whose model is not known: as on A100 to GB300.
_COMPUTE: Final = 7


def together(node: LiveNode, offers: tuple[Offer, ...]) -> tuple[tuple[str, ...], ...]:
    """Return the GPU resources of a node, those that are one pool's together, in the order of their names.

    These are units of one GPU model that are what labels call them, and GPUs that can be cut so. Each other resource
    is of a pool of its own.

    Args:
        node: The node.
        offers: What it offers that a pool can declare.
    """
    gpus = node.gpus
    if gpus is None:
        return ()
    if gpus.on_demand:
        places = tuple(offer.resource for offer in offers if offer.profile)
        return (places,) if places else ()
    by_model: dict[GpuModel | str | None, list[Offer]] = {}
    alone: list[tuple[str, ...]] = []
    for offer in offers:
        if is_doubtful(gpus, offer):
            alone.append((offer.resource,))
        else:
            model = gpus.model_of(offer.resource) or offer.accelerator or gpus.accelerator
            by_model.setdefault(model, []).append(offer)
    for those in by_model.values():
        resources = tuple(offer.resource for offer in those)
        slices = {offer.profile: offer.units for offer in those if offer.profile}
        whole = sum(offer.units for offer in those if offer.profile is None)
        one = len(those) == 1 or (slices and can_be_cut(gpus, resources[-1], slices, whole))
        alone += [resources] if one else [(resource,) for resource in resources]
    return tuple(sorted(alone))


def is_doubtful(gpus: Gpus, offer: Offer) -> bool:
    """Return whether a unit of `offer` may be no GPU or slice of its own."""
    return bool(offer.flaw) or gpus.is_exceeded_by(offer)


def can_be_cut(gpus: Gpus, resource: str, slices: Mapping[str, int], whole: int) -> bool:
    """Return whether the GPUs of a node can be cut into these slices beside so many whole GPUs, as far as is known.

    Args:
        gpus: The GPUs of the node.
        resource: One of the resources.
        slices: How many slices of each profile.
        whole: How many GPUs stay whole.
    """
    needed = gpus_for(gpus.model_of(resource), slices)
    if needed is None:
        return False
    physical = gpus.physical_of(resource)
    return physical is None or needed + whole <= physical


def gpus_for(model: GpuModel | None, slices: Mapping[str, int]) -> int | None:
    """Return the fewest GPUs that can be cut into `slices`, by their compute slices where no more is known of them.

    None where so many GPUs are in no node.
    """
    if model is None or not can_be_placed(model, list(slices)):
        parsed = {name: parse_profile_name(name) for name in slices}
        compute = sum(each.compute * slices[name] for name, each in parsed.items() if each)
        return max(math.ceil(compute / _COMPUTE), 1)
    needed = fewest_gpus(model, slices)
    return needed if needed is not None and needed <= MOST_GPUS_CUT else None


def whole_units(gpus: Gpus | None) -> int:
    """Return how many whole GPUs a node offers."""
    return gpus.units(WHOLE_GPU_RESOURCE) if gpus else 0
