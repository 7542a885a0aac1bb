"""The GPUs of a node, from its labels and allocatable resources: whoever says it with most knowledge counts."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from slicewise.clusters.live.gpus import Gpus, LabelledBy, NoOffer, Offer
from slicewise.clusters.live.named_machines import NamedMachine, machine_of
from slicewise.clusters.live.unit_flaws import (
    MIG_RESOURCE,
    SHARED_RESOURCE,
    are_all_in_mig_mode,
    flaw_of,
    is_counted,
    suffixed_profiles,
    why_no_offer,
)
from slicewise.clusters.live.unnamed_slices import has_slices, profile_of
from slicewise.kubernetes import (
    GKE_ACCELERATOR_COUNT_LABEL,
    GKE_ACCELERATOR_LABEL,
    GKE_PARTITION_LABEL,
    GKE_SHARED_CLIENTS_LABEL,
    GPU_COUNT_LABEL,
    GPU_MEMORY_LABEL,
    MIG_CONFIG_LABEL,
    MIG_CONFIG_STATE_LABEL,
    MIG_STRATEGY_LABEL,
    PRODUCT_LABEL,
    whole,
)
from slicewise.mig import (
    WHOLE_GPU_RESOURCE,
    AmbiguousAcceleratorError,
    GpuModel,
    MigProfile,
    MigStrategy,
    UnknownAcceleratorError,
    canonical_profile_name,
    find_gpu_model,
    kubernetes_spelling,
    parse_profile_name,
)

# k8s-device-plugin v0.20, internal/lm: labels of GPU feature discovery.
_APPENDED: Final = re.compile(r"(?P<model>.+?)(?:-MIG-(?P<profile>[A-Za-z0-9.-]+?))?(?P<shared>-SHARED)?")
_INVALID: Final = "INVALID"
_SLICES_COUNTED: Final = re.compile(r"nvidia\.com/mig-[0-9a-z.-]+\.count")
# Only these say whether a unit of nvidia.com/gpu is a GPU or a slice.
_TELL_UNITS: Final = frozenset({LabelledBy.GFD, LabelledBy.GKE})
# A board reports less than its name says: GB200 183359 MiB of 189 GiB, but H20 97871 MiB of 96.
_REPORTED: Final = (0.9, 1.02)


@dataclass(frozen=True, slots=True)
class _Said:
    """What the labels say before anything is counted."""

    told_by: LabelledBy
    accelerator: str | None
    model: GpuModel | None
    profile: str | None
    """The profile of all slices, where slices are nvidia.com/gpu."""
    profile_by_gfd: bool
    invalid: bool
    machine: NamedMachine | None
    unnamed: bool = False
    """Whether no label names `profile`."""


def read_gpus(labels: Mapping[str, str], allocatable: Mapping[str, Any]) -> Gpus | None:
    """Return the GPUs of a node; None where it has none and no label speaks of any.

    GPU feature discovery is believed first, then GKE's labels, then the machine type, which says the GPUs of Amazon
    EC2 and of Azure, then the resources alone. What has no meaning in a label counts as not written.

    Args:
        labels: The node's labels.
        allocatable: Its `status.allocatable`.
    """
    resources = {name: units for name, amount in allocatable.items() if _is_gpu(name) and (units := whole(amount))}
    said = _said(labels, resources)
    if said is None:
        return None
    physical = _physical(said, labels, resources)
    offers = tuple(_offer(name, said, labels, resources) for name in sorted(resources))
    # GPU feature discovery would say of slices that they are some.
    if said.told_by is not LabelledBy.GFD and set(resources) == {WHOLE_GPU_RESOURCE}:
        offers = tuple(_supposing_slices(offer, said.model, physical) for offer in offers)
    return Gpus(
        told_by=said.told_by,
        accelerator=said.accelerator,
        model=said.model,
        physical=physical,
        strategy=MigStrategy.SINGLE if offers and offers[0].supposed else _strategy(said, labels, resources),
        offers=offers,
        mig_config=labels.get(MIG_CONFIG_LABEL) or None,
        mig_state=labels.get(MIG_CONFIG_STATE_LABEL) or None,
        invalid=said.invalid,
        cut_gpus=_cut_gpus(said.model, offers),
        all_in_mig_mode=said.told_by is LabelledBy.GFD and are_all_in_mig_mode(labels),
        no_offer=why_no_offer(labels) if said.told_by is LabelledBy.GFD else NoOffer.NO_PLUGIN,
    )


def _is_gpu(resource: str) -> bool:
    return resource.removesuffix(SHARED_RESOURCE) == WHOLE_GPU_RESOURCE or resource.startswith(MIG_RESOURCE)


def _said(labels: Mapping[str, str], resources: Mapping[str, int]) -> _Said | None:
    partition, machine = labels.get(GKE_PARTITION_LABEL), machine_of(labels)
    accelerator: str | None
    product = _APPENDED.fullmatch(labels.get(PRODUCT_LABEL, ""))
    if product:
        invalid = product["profile"] == _INVALID
        profile = None if invalid else product["profile"] or partition
        accelerator, told_by = product["model"], LabelledBy.GFD
    elif labels.get(GKE_ACCELERATOR_LABEL):
        accelerator, told_by, profile, invalid = labels[GKE_ACCELERATOR_LABEL], LabelledBy.GKE, partition, False
    elif GPU_COUNT_LABEL in labels and GPU_MEMORY_LABEL in labels:
        return _said_without_product(labels, machine)
    elif machine:
        accelerator, told_by, profile, invalid = machine.accelerator, machine.told_by, None, False
    elif resources:
        return _Said(LabelledBy.ALLOCATABLE, None, None, None, profile_by_gfd=False, invalid=False, machine=None)
    else:
        return None
    return _Said(
        told_by,
        accelerator,
        _model(accelerator, _whole_gpu_memory(labels)) if accelerator else None,
        canonical_profile_name(profile) if profile else None,
        profile_by_gfd=bool(product and product["profile"]),
        invalid=invalid,
        machine=machine,
    )


def _said_without_product(labels: Mapping[str, str], machine: NamedMachine | None) -> _Said:
    """Return what GPU feature discovery says where its label of the product was too long to be written."""
    accelerator = machine.accelerator if machine else None
    model = _model(accelerator, None) if accelerator else None
    # Of GPUs that are whole, or that are cut as strategy single wants them, some are counted.
    invalid = labels.get(MIG_STRATEGY_LABEL) == MigStrategy.SINGLE and not whole(labels[GPU_COUNT_LABEL])
    sliced = has_slices(labels) and not invalid
    return _Said(
        LabelledBy.GFD,
        accelerator,
        model,
        profile_of(labels, model) if sliced else None,
        profile_by_gfd=sliced,
        invalid=invalid,
        machine=machine,
        unnamed=sliced,
    )


def _model(accelerator: str, memory_mib: int | None) -> GpuModel | None:
    try:
        return find_gpu_model(accelerator)
    except UnknownAcceleratorError:
        return None
    except AmbiguousAcceleratorError as error:
        least, most = _REPORTED
        boards = [find_gpu_model(name) for name in error.candidates]
        fitting = [board for board in boards if memory_mib and least <= memory_mib / 1024 / board.memory_gib <= most]
        return fitting[0] if len(fitting) == 1 else None


def _whole_gpu_memory(labels: Mapping[str, str]) -> int | None:
    """Return MiB of a whole GPU; under strategy single the label is about a slice."""
    sliced = "-MIG-" in labels.get(PRODUCT_LABEL, "")
    return None if sliced else whole(labels.get(GPU_MEMORY_LABEL)) or None


def _offer(resource: str, said: _Said, labels: Mapping[str, str], resources: Mapping[str, int]) -> Offer:
    plain, units = resource.removesuffix(SHARED_RESOURCE), resources[resource]
    flaw = flaw_of(resource, labels, resources, said.profile)
    if plain != WHOLE_GPU_RESOURCE:
        suffixed = suffixed_profiles(plain, labels, resources)
        counted_as = [plain, *(f"{MIG_RESOURCE}{kubernetes_spelling(profile)}" for profile in suffixed)]
        memories = [whole(labels.get(f"{each}.memory")) for each in counted_as]
        products = filter(None, (labels.get(f"{each}.product") for each in counted_as))
        own = _APPENDED.fullmatch(next(products, ""))
        return Offer(
            resource,
            units,
            canonical_profile_name(plain),
            min(filter(None, memories), default=None),
            accelerator=own["model"] if own else None,
            model=_model(own["model"], _whole_gpu_memory(labels)) if own else None,
            flaw=flaw,
            suffixed=suffixed,
            mingled=len(suffixed) > 1 or (bool(suffixed) and is_counted(plain, labels)),
        )
    # GKE cuts the GPUs, and GPU feature discovery, if it runs there, tells of the whole ones.
    by_gke = said.profile and not said.profile_by_gfd
    memory = None if by_gke else whole(labels.get(GPU_MEMORY_LABEL)) or None
    return Offer(resource, units, said.profile, memory, flaw=flaw, unnamed=said.unnamed)


def _supposing_slices(offer: Offer, model: GpuModel | None, physical: int | None) -> Offer:
    """Return units that no label explains as slices, where they are as many as the GPUs hold of one profile only."""
    if offer.flaw or offer.profile or model is None or physical is None or offer.units <= physical:
        return offer
    fitting = [profile.name for profile in model.profiles if profile.per_gpu * physical == offer.units]
    # The memory that a label reports is a whole GPU's.
    return replace(offer, profile=fitting[0], supposed=True, memory_mib=None) if len(fitting) == 1 else offer


def _strategy(said: _Said, labels: Mapping[str, str], resources: Mapping[str, int]) -> MigStrategy | None:
    if any(name.startswith(MIG_RESOURCE) for name in resources):
        return MigStrategy.MIXED
    if said.profile or said.invalid:
        return MigStrategy.SINGLE
    sliced = any(_SLICES_COUNTED.fullmatch(key) and whole(value) for key, value in labels.items())
    return MigStrategy.MIXED if sliced and labels.get(MIG_STRATEGY_LABEL) == MigStrategy.MIXED else None


def _physical(said: _Said, labels: Mapping[str, str], resources: Mapping[str, int]) -> int | None:
    if said.told_by is LabelledBy.GFD and not said.profile_by_gfd and not said.invalid:
        counted = whole(labels.get(GPU_COUNT_LABEL))
        if counted:
            return counted
    stated = whole(labels.get(GKE_ACCELERATOR_COUNT_LABEL)) or (said.machine.count if said.machine else None) or 0
    if said.profile or said.invalid:
        return max(stated, _implied(said, labels, resources)) or None
    # Units that no label explains may be slices, so what is stated counts, be it less.
    return stated or _implied(said, labels, resources) or None


def _implied(said: _Said, labels: Mapping[str, str], resources: Mapping[str, int]) -> int:
    """Return the fewest GPUs that can offer what is there; 0 where no label says what a unit is."""
    if any(name.startswith(MIG_RESOURCE) for name in resources):
        return _holding(said.model, resources)
    if said.told_by not in _TELL_UNITS:
        return 0
    units = resources.get(WHOLE_GPU_RESOURCE, 0)
    clients = max(whole(labels.get(GKE_SHARED_CLIENTS_LABEL)), 1)
    if said.profile is None:
        return math.ceil(units / clients)
    if said.profile_by_gfd:
        # Under strategy single the label counts slices; time-slicing leaves it alone.
        units = whole(labels.get(GPU_COUNT_LABEL)) or units
    profile = said.model.profile(said.profile) if said.model else None
    return math.ceil(units / (profile.per_gpu * clients)) if profile else 0


def _holding(model: GpuModel | None, resources: Mapping[str, int]) -> int:
    """Return the fewest GPUs of `model` that hold slices of several profiles beside whole GPUs; 0 where not known."""
    slices = {
        canonical_profile_name(name.removesuffix(SHARED_RESOURCE)): units
        for name, units in resources.items()
        if name.startswith(MIG_RESOURCE)
    }
    fewest = _fewest_gpus(model, slices)
    return fewest + resources.get(WHOLE_GPU_RESOURCE, 0) if fewest else 0


def _cut_gpus(model: GpuModel | None, offers: Iterable[Offer]) -> int:
    """Return the fewest GPUs of the node's model that its slices are on; what labels object to counts for nothing."""
    slices = {
        offer.profile: offer.units
        for offer in offers
        if offer.profile and offer.resource != WHOLE_GPU_RESOURCE and not offer.flaw and offer.model in (None, model)
    }
    return _fewest_gpus(model, slices)


def _fewest_gpus(model: GpuModel | None, slices: Mapping[str, int]) -> int:
    """Return the fewest GPUs of `model` that hold slices of several profiles; 0 where a profile is not known."""
    compute, fewest = 0, 0
    for name, units in slices.items():
        profile = model.profile(name) if model else None
        if profile is None:
            return 0
        compute += units * _compute(profile)
        fewest = max(fewest, math.ceil(units / profile.per_gpu))
    most = max(_compute(profile) for profile in model.profiles) if model and model.profiles else 1
    return max(fewest, math.ceil(compute / most))


def _compute(profile: MigProfile) -> int:
    parsed = parse_profile_name(profile.name)
    return parsed.compute if parsed else 0
