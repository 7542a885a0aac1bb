"""What is known of the GPUs of a node, whoever labelled it: what they are, and what is offered of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from slicewise.mig import WHOLE_GPU_RESOURCE, GpuModel, MigStrategy, canonical_profile_name, parse_profile_name

UNSETTLED: Final = frozenset({"pending", "rebooting"})
"""What MIG manager says of a node that it cuts anew (`nvidia.com/mig.config.state`)."""
# MIG manager's layouts of GPUs that are all cut alike (mig-parted, config-default.yaml).
_ALL: Final = "all-"


class LabelledBy(StrEnum):
    """Who told what GPUs a node has; the first that says it."""

    GFD = "GPU feature discovery"
    GKE = "GKE"
    EKS = "EKS"
    AKS = "AKS"
    ALLOCATABLE = "the node's allocatable resources alone"
    DRA = "NVIDIA's DRA driver"


class UnitFlaw(StrEnum):
    """Why a unit of a resource is not a GPU or slice of its own."""

    SHARED = "shared"
    """Several pods get the same one (time-slicing, MPS)."""
    MIG_MODE = "MIG mode"
    """It is a GPU in MIG mode, which the device plugin offers as a whole one (strategy none)."""
    SPLIT = "split"
    """It is a compute instance of a slice, and shares the slice's memory with others."""
    UNCOUNTED = "uncounted"
    """GPU feature discovery counts fewer slices than there are units."""
    OVERLAPPING = "overlapping"
    """It is a place where a slice can be cut, and nothing keeps pods from getting others that overlap with it."""


class NoOffer(StrEnum):
    """Why a node with GPUs offers none."""

    INVALID = "invalid"
    """Slices do not fit strategy single."""
    NOT_CUT = "not cut"
    """All GPUs are in MIG mode, and none has slices."""
    SPLIT = "split"
    """Slices are split into compute instances, which the device plugin refuses."""
    DRA = "DRA"
    """NVIDIA's DRA driver has the GPUs."""
    NO_PLUGIN = "no plugin"
    """There is no device plugin, or it fails."""
    SINGLE = "single"
    """So it is with slices under strategy single, of which it refuses those of several GPU models; labels tell of one.
    """
    SWITCHED_OFF = "switched off"
    """The node's label keeps the device plugin away."""
    NO_DRIVER = "no driver"
    """NVIDIA's DRA driver publishes nothing of the node."""
    INCOMPLETE = "incomplete"
    """ResourceSlices of the DRA driver are missing, so that none of its devices is given to pods."""
    ALL_TAINTED = "all tainted"
    """All devices of the DRA driver have taints."""
    NOTHING_PUBLISHED = "nothing published"
    """The DRA driver publishes no device."""


@dataclass(frozen=True, slots=True)
class ImpossibleLayout:
    """A layout that MIG manager was asked for and that no GPU of the node can have.

    Attributes:
        name: What MIG manager calls it.
        profile: Its MIG profile, in the driver's spelling.
        model: The catalogue's name of the GPU model.
    """

    name: str
    profile: str
    model: str


@dataclass(frozen=True, slots=True)
class Silence:
    """Why a node with GPUs offers none, and a layout that contributes to it."""

    reason: NoOffer
    impossible_layout: ImpossibleLayout | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """One GPU resource that a node offers.

    Attributes:
        resource: Its name, such as `nvidia.com/mig-3g.40gb` or `nvidia.com/gpu`.
        units: How many the node has for pods (`status.allocatable`).
        profile: The MIG profile of a unit in the driver's spelling; None for a whole GPU.
        memory_mib: Memory of one unit in MiB as the driver reports it; None where no label says it.
        supposed: Whether no label says `profile`, and it is the only one of which the GPUs hold as many slices as there
            are units.
        accelerator: The GPU model as the resource's own label writes it; None where none does.
        model: The catalogue's model of that.
        flaw: Why a unit is not a GPU or slice of its own; None where labels say nothing against it.
        unnamed: Whether no label names `profile`, and it is what compute slices and memory of a unit make likely.
        suffixed: Profiles with a suffix (`1g.10gb+me`) whose slices are among the units, because the device plugin is
            too old to know suffixes.
        mingled: Whether units are slices of several profiles, for that reason.
        tainted: A taint of each device that would be one more unit without it.
    """

    resource: str
    units: int
    profile: str | None
    memory_mib: int | None = None
    supposed: bool = False
    accelerator: str | None = None
    model: GpuModel | None = None
    flaw: UnitFlaw | None = None
    suffixed: tuple[str, ...] = ()
    mingled: bool = False
    unnamed: bool = False
    tainted: tuple[str, ...] = ()

    def may_be(self, profile: str | None) -> bool:
        """Return whether a unit is a slice of `profile`, or a whole GPU where that is None, as far as labels tell."""
        mine, other = (parse_profile_name(each) if each else None for each in (self.profile, profile))
        if self.unnamed and mine and other:
            return mine.compute == other.compute
        if profile in self.suffixed:
            return not self.mingled
        return self.profile == profile


@dataclass(frozen=True, slots=True)
class Gpus:
    """The GPUs of a node.

    Attributes:
        told_by: Who said so.
        accelerator: The GPU model as the label writes it, without what the device plugin appends
            (`NVIDIA-H100-80GB-HBM3`, `nvidia-h100-80gb`), or as the machine type says it; None where nothing says it.
        model: The catalogue's model of it; None where it has none, or the name fits several boards and no label says
            how much memory a GPU has.
        physical: Physical GPUs in the node; None where it cannot be known. Units of which no label says that each is a
            GPU count for nothing here.
        strategy: How slices are advertised; None where there are none.
        offers: What the node offers, sorted by resource. Empty where the device plugin offers nothing (yet).
        mig_config: The layout that MIG manager was asked for (`nvidia.com/mig.config`); None without MIG manager.
        mig_state: How far it is (`nvidia.com/mig.config.state`): pending, rebooting, success, failed.
        invalid: Whether GPU feature discovery says that the node's slices do not fit the strategy (`MIG-INVALID`).
        cut_gpus: The fewest of the physical GPUs that the slices beside whole GPUs are on.
        all_in_mig_mode: Whether all GPUs that GPU feature discovery describes in `nvidia.com/gpu.*` are in MIG mode.
        no_offer: Why it would be, if the node offers none.
        on_demand: Whether the DRA driver cuts slices when pods come; each profile's offer is then as many as fit
            where there are no other slices.
    """

    told_by: LabelledBy
    accelerator: str | None
    model: GpuModel | None
    physical: int | None
    strategy: MigStrategy | None
    offers: tuple[Offer, ...]
    mig_config: str | None = None
    mig_state: str | None = None
    invalid: bool = False
    cut_gpus: int = 0
    all_in_mig_mode: bool = False
    no_offer: NoOffer = NoOffer.NO_PLUGIN
    on_demand: bool = False

    def units(self, resource: str) -> int:
        """Return how many units of `resource` the node offers."""
        found = self.offer(resource)
        return found.units if found else 0

    def offer(self, resource: str) -> Offer | None:
        """Return what the node offers of `resource`; None where it is nothing."""
        return next((offer for offer in self.offers if offer.resource == resource), None)

    def is_exceeded_by(self, offer: Offer) -> bool:
        """Return whether there are more units than the GPUs can be, or hold, and no label says why."""
        if self.physical is None or offer.flaw:
            return False
        if offer.resource == WHOLE_GPU_RESOURCE:
            return self._are_more_than_gpus(offer)
        profile = self.model.profile(offer.profile) if self.model and offer.profile else None
        if profile is None:
            return False
        if self._is_of_other_model(offer):
            # All GPUs of the node's own model are cut, and where no slices are theirs alone, some of these are.
            return self.all_in_mig_mode and all(map(self._is_of_other_model, self.offers))
        return offer.units > profile.per_gpu * self.physical

    @property
    def silence(self) -> Silence:
        """Why the node offers no GPUs, if it offers none."""
        return Silence(NoOffer.INVALID if self.invalid else self.no_offer, self._impossible_layout())

    def _impossible_layout(self) -> ImpossibleLayout | None:
        layout = self.mig_config or ""
        profile = canonical_profile_name(layout.removeprefix(_ALL))
        known = self.model is not None and self.model.mig_capable and parse_profile_name(profile) is not None
        if self.model is None or not known or not layout.startswith(_ALL) or self.model.profile(profile):
            return None
        return ImpossibleLayout(layout, profile, self.model.name)

    @property
    def has_several_models(self) -> bool:
        """Whether GPUs of several models are in the node, or may be.

        Then GPU feature discovery describes any one of them in `nvidia.com/gpu.*`, another the next minute.
        """
        several = any(self._is_of_other_model(offer) or self.may_be_of_several_models(offer) for offer in self.offers)
        return several and self.told_by is LabelledBy.GFD

    def may_be_of_several_models(self, offer: Offer) -> bool:
        """Return whether units of one resource may be, or be on, GPUs of several models, because they are too many."""
        return self.is_exceeded_by(offer) or (offer.flaw is UnitFlaw.MIG_MODE and self._are_more_than_gpus(offer))

    @property
    def names_any_model(self) -> bool:
        """Whether nothing is offered, and the model that labels name may be any of several: under strategy single."""
        return self.invalid or (not self.offers and self.no_offer is NoOffer.SINGLE)

    def is_described(self, offer: Offer) -> bool:
        """Return whether labels describe all units of one resource, the next minute as well.

        Those in `nvidia.com/gpu.*` describe whole GPUs where there are any, and these may be of one model in a node of
        several.
        """
        is_whole = offer.resource == WHOLE_GPU_RESOURCE and offer.profile is None
        return not self.may_be_of_several_models(offer) and (is_whole or offer.model is not None)

    def model_of(self, resource: str) -> GpuModel | None:
        """Return the model of the GPUs that the units of `resource` are, or are on; None where it is not known."""
        own = self.offer(resource)
        return (own.model if own else None) or self.model

    def physical_of(self, resource: str) -> int | None:
        """Return how many physical GPUs the node has of the model of `resource`; None where it cannot be known."""
        own = self.offer(resource)
        return None if own and self._is_of_other_model(own) else self.physical

    def _are_more_than_gpus(self, offer: Offer) -> bool:
        told = offer.profile is not None and not offer.supposed
        return self.physical is not None and not told and offer.units + self.cut_gpus > self.physical

    def _is_of_other_model(self, offer: Offer) -> bool:
        return offer.model is not None and self.model is not None and offer.model != self.model
