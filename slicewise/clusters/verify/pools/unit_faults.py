"""What is wrong with the units that a node offers to a pool: one fault a node, the first that explains it, as data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from slicewise.clusters.live import UNSETTLED, Gpus, LabelledBy, LiveNode, NoOffer, Offer, Silence, UnitFlaw
from slicewise.clusters.verify.pools.cuts import Cut, Cutter, OwnLayout, cut_of, cutter_of
from slicewise.clusters.verify.pools.declared_pool import DeclaredPool
from slicewise.clusters.verify.pools.pool_fields import has_reserve
from slicewise.diagnostics import Code
from slicewise.documents import DeploymentKey, is_dynamic
from slicewise.mig import WHOLE_GPU_RESOURCE, MigStrategy, plain_profile, resource_name

# Only these say of a unit of nvidia.com/gpu whether it is a whole GPU or a slice.
_TELL_PROFILES = frozenset({LabelledBy.GFD, LabelledBy.GKE, LabelledBy.DRA})


_CODES: Final = {
    UnitFlaw.SHARED: Code.SHARED_UNITS,
    UnitFlaw.MIG_MODE: Code.WRONG_STRATEGY,
    UnitFlaw.SPLIT: Code.MIG_LAYOUT,
    UnitFlaw.UNCOUNTED: Code.OTHER_PROFILE,
    UnitFlaw.OVERLAPPING: Code.UNUSABLE_DEVICES,
}


_OF_DRIVER: Final = {
    NoOffer.NO_DRIVER: Code.NO_DRA_DRIVER,
    NoOffer.NOTHING_PUBLISHED: Code.NO_DRA_DRIVER,
    NoOffer.INCOMPLETE: Code.UNUSABLE_DEVICES,
    NoOffer.ALL_TAINTED: Code.TAINTED_DEVICES,
}


@dataclass(frozen=True, slots=True)
class FoundUnits:
    """Units of one kind that a node offers.

    Attributes:
        resource: What pods ask for to get one.
        count: How many there are.
        profile: Their MIG profile; None for whole GPUs, or where it is not known.
    """

    resource: str
    count: int
    profile: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitFault:
    """What is wrong with a node's units; equal on all nodes that share the cause.

    Attributes:
        kind: Which kind of difference it is.
        of_node: Whether its cause is the node's own, the same for every pool that shares the node.
        misled: The deployments whose pods may go there and get something else than they require.
    """

    kind: ClassVar[Code]
    of_node: ClassVar[bool] = False
    misled: tuple[DeploymentKey, ...] = ()

    @property
    def code(self) -> Code:
        """The code of the difference."""
        return self.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class LayoutFailed(UnitFault):
    """MIG manager could not apply `layout`, where the node says which."""

    kind: ClassVar[Code] = Code.MIG_LAYOUT
    of_node: ClassVar[bool] = True
    layout: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LayoutPending(UnitFault):
    """MIG manager is applying `layout`, where the node says which, and is in `state`."""

    kind: ClassVar[Code] = Code.MIG_LAYOUT
    of_node: ClassVar[bool] = True
    layout: str | None
    state: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InvalidSlices(UnitFault):
    """The slices do not fit the single strategy."""

    kind: ClassVar[Code] = Code.MIG_LAYOUT
    of_node: ClassVar[bool] = True
    silence: Silence


@dataclass(frozen=True, slots=True, kw_only=True)
class FlawedUnits(UnitFault):
    """Labels say of `count` units of `resource`, on GKE's nodes if `on_gke`, that they are no GPUs or slices alone."""

    of_node: ClassVar[bool] = True
    flaw: UnitFlaw
    resource: str
    count: int
    on_gke: bool

    @property
    def code(self) -> Code:
        """The code of the difference."""
        return _CODES[self.flaw]


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingOffered(UnitFault):
    """The node has GPUs, and offers none."""

    kind: ClassVar[Code] = Code.NO_GPU_RESOURCE
    of_node: ClassVar[bool] = True
    silence: Silence


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedByDra(UnitFault):
    """The node has its GPUs from NVIDIA's DRA driver, and no device plugin offers any."""

    kind: ClassVar[Code] = Code.SERVED_BY_DRA
    of_node: ClassVar[bool] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingByDriver(UnitFault):
    """NVIDIA's DRA driver has no device of the node that pods can get, and so says `silence`."""

    of_node: ClassVar[bool] = True
    silence: Silence

    @property
    def code(self) -> Code:
        """The code of the difference."""
        return _OF_DRIVER[self.silence.reason]


@dataclass(frozen=True, slots=True, kw_only=True)
class CutAlready(UnitFault):
    """The GPUs are cut already, into `units`, or whole, where the DRA driver is to cut them on demand."""

    kind: ClassVar[Code] = Code.MIG_LAYOUT
    of_node: ClassVar[bool] = True
    units: tuple[FoundUnits, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CutOnDemand(UnitFault):
    """The DRA driver cuts the GPUs on demand, where they are to be cut already, or whole."""

    kind: ClassVar[Code] = Code.MIG_LAYOUT
    of_node: ClassVar[bool] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherStrategy(UnitFault):
    """Slices of the declared profile are there under another name: `units`, which GKE's plugin offers if `by_gke`."""

    kind: ClassVar[Code] = Code.WRONG_STRATEGY
    units: FoundUnits
    by_gke: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherDevicePlugin(UnitFault):
    """The device plugin is not of the declared version, and offers slices of the declared profile as `units`.

    One that knows no suffixes (`is_old`) may offer slices of other profiles under that name, too (`mingled`).
    """

    kind: ClassVar[Code] = Code.OTHER_DEVICE_PLUGIN
    units: FoundUnits
    is_old: bool
    mingled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UnexplainedUnits(UnitFault):
    """More `units` than the `physical` GPUs (None where unknown) hold.

    `units.profile` is a guess by their number, unless GPU feature discovery runs there (`by_gfd`).
    """

    kind: ClassVar[Code] = Code.OTHER_PROFILE
    units: FoundUnits
    physical: int | None
    by_gfd: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherUnits(UnitFault):
    """Units of another profile than the declared one, how their GPUs are cut, and what could cut them as declared.

    Of GPUs of several models (`several_models`) no one pool can declare them.
    """

    kind: ClassVar[Code] = Code.OTHER_PROFILE
    units: tuple[FoundUnits, ...]
    cut: Cut
    cutter: Cutter | OwnLayout
    several_models: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MoreUnits(UnitFault):
    """`count` units of the declared kind, which are more than declared."""

    kind: ClassVar[Code] = Code.MORE_THAN_DECLARED
    count: int


def unit_fault(
    declared: DeclaredPool, node: LiveNode, gpus: Gpus, unmet: tuple[DeploymentKey, ...]
) -> UnitFault | None:
    """Return what is wrong with the units that a node with `gpus` offers; None where it offers what is declared.

    Args:
        declared: The pool.
        node: The node.
        gpus: Its GPUs.
        unmet: The deployments of the plan that such a unit does not do for.
    """
    return _layout(gpus) or _flaw(declared, gpus) or _on_demand(declared, gpus) or _offer(declared, node, gpus, unmet)


def _layout(gpus: Gpus) -> UnitFault | None:
    if gpus.mig_state == "failed":
        return LayoutFailed(layout=gpus.mig_config or None)
    if gpus.mig_state in UNSETTLED:
        return LayoutPending(layout=gpus.mig_config or None, state=gpus.mig_state)
    return InvalidSlices(silence=gpus.silence) if gpus.invalid else None


def _on_demand(declared: DeclaredPool, gpus: Gpus) -> UnitFault | None:
    wanted = is_dynamic(declared.pool)
    if not gpus.offers or wanted == gpus.on_demand:
        return None
    return CutAlready(units=tuple(map(_found, gpus.offers))) if wanted else CutOnDemand()


def _flaw(declared: DeclaredPool, gpus: Gpus) -> UnitFault | None:
    """Return what labels say against the declared units or, where a node has none, against all that it offers."""
    ours = gpus.offer(declared.resource)
    offered = [ours] if ours else gpus.offers
    flaws = [offer.flaw for offer in offered if offer.flaw]
    if not flaws or len(flaws) < len(offered):
        return None
    # Shares are the same fault, whatever number of them a node has.
    count = 0 if flaws[0] is UnitFlaw.SHARED else offered[0].units
    misled = tuple(declared.required) if ours else ()
    on_gke = gpus.told_by is LabelledBy.GKE
    return FlawedUnits(flaw=flaws[0], resource=offered[0].resource, count=count, on_gke=on_gke, misled=misled)


def _offer(declared: DeclaredPool, node: LiveNode, gpus: Gpus, unmet: tuple[DeploymentKey, ...]) -> UnitFault | None:
    found = [offer for offer in gpus.offers if offer.units]
    if not found:
        return _nothing(gpus) if node.ready else None
    ours = next((offer for offer in found if offer.resource == declared.resource), None)
    by_version = _device_plugin(declared, found, ours)
    if by_version or ours is None:
        return by_version or _not_offered(declared, gpus, found)
    return _units(declared, gpus, ours, unmet)


def _nothing(gpus: Gpus) -> UnitFault:
    silence = gpus.silence
    if silence.reason in _OF_DRIVER:
        return NothingByDriver(silence=silence)
    return ServedByDra() if silence.reason is NoOffer.DRA else NothingOffered(silence=silence)


def _units(declared: DeclaredPool, gpus: Gpus, ours: Offer, unmet: tuple[DeploymentKey, ...]) -> UnitFault | None:
    """Return what is wrong with units that have the name of what is declared."""
    if gpus.told_by is LabelledBy.GFD and gpus.is_exceeded_by(ours):
        return _unexplained(declared, gpus, ours)
    is_other = _is_kind_known(gpus, ours) and not _may_be_declared(declared, gpus, ours)
    if is_other or _looks_whole(declared, gpus, ours):
        return _other_units(declared, gpus, [ours], unmet)
    if _is_unexplained(declared, gpus, ours):
        return _unexplained(declared, gpus, ours)
    # GPUs that are left whole are left to others by declaring fewer.
    is_more = ours.units > declared.units_per_node and has_reserve(declared.pool)
    return MoreUnits(count=ours.units) if is_more else None


def _device_plugin(declared: DeclaredPool, found: Sequence[Offer], ours: Offer | None) -> UnitFault | None:
    """Return that slices with a suffix have another name, because the device plugin is not of the declared version."""
    if declared.profile is None or (declared.pool.mig and declared.pool.mig.strategy is not MigStrategy.MIXED):
        return None
    suffixed = resource_name(declared.profile, MigStrategy.MIXED)
    named = next((offer for offer in found if offer.resource == suffixed), None)
    if named and suffixed != declared.resource:
        return OtherDevicePlugin(units=_found(named), is_old=False)
    hidden = next((offer for offer in found if declared.profile in offer.suffixed), None)
    if hidden and (ours is None or hidden.mingled):
        return OtherDevicePlugin(units=_found(hidden), is_old=True, mingled=hidden.mingled)
    return None


def _may_be_declared(declared: DeclaredPool, gpus: Gpus, offer: Offer) -> bool:
    if offer.may_be(declared.profile):
        return True
    # Only GPU feature discovery tells slices with a suffix from those without one, where they have one name.
    silent = gpus.told_by is not LabelledBy.GFD and declared.profile is not None and offer.profile is not None
    return silent and offer.resource != WHOLE_GPU_RESOURCE and plain_profile(declared.profile or "") == offer.profile


def _not_offered(declared: DeclaredPool, gpus: Gpus, found: Sequence[Offer]) -> UnitFault:
    """Say why what is declared is not among what is `found`."""
    same = next((offer for offer in found if _is_same_unit(declared, gpus, offer)), None)
    if same:
        units = FoundUnits(same.resource, same.units, declared.profile)
        return OtherStrategy(units=units, by_gke=gpus.told_by is LabelledBy.GKE)
    unexplained = next((offer for offer in found if gpus.is_exceeded_by(offer)), None)
    if unexplained:
        return _unexplained(declared, gpus, unexplained)
    return _other_units(declared, gpus, found, ())


def _is_same_unit(declared: DeclaredPool, gpus: Gpus, offer: Offer) -> bool:
    """Return whether `offer` is the declared profile under another name."""
    if declared.profile is None:
        return False
    if offer.resource != WHOLE_GPU_RESOURCE:
        return offer.resource == resource_name(declared.profile, MigStrategy.MIXED)
    if _is_kind_known(gpus, offer):
        return offer.may_be(declared.profile)
    # No label says what a unit is: as many as the slices would be, they are the slices.
    return gpus.told_by not in _TELL_PROFILES and offer.units == declared.units_per_node


def _is_kind_known(gpus: Gpus, offer: Offer) -> bool:
    if offer.resource != WHOLE_GPU_RESOURCE:
        return True
    return not gpus.is_exceeded_by(offer) and (offer.profile is not None or gpus.told_by in _TELL_PROFILES)


def _is_unexplained(declared: DeclaredPool, gpus: Gpus, offer: Offer) -> bool:
    """Return whether units of unknown kind are more than the GPUs hold, if they were what is declared."""
    gpus_declared = declared.pool.accelerator_count
    per_gpu = declared.units_per_node // gpus_declared
    return not _is_kind_known(gpus, offer) and offer.units > (gpus.physical or gpus_declared) * per_gpu


def _looks_whole(declared: DeclaredPool, gpus: Gpus, offer: Offer) -> bool:
    """Return whether units of unknown kind are as many as the GPUs, where slices would be more."""
    if offer.profile or declared.profile is None or offer.units == declared.units_per_node:
        return False
    return offer.units == (gpus.physical or declared.pool.accelerator_count)


def _unexplained(declared: DeclaredPool, gpus: Gpus, offer: Offer) -> UnitFault:
    misled = tuple(declared.required) if offer.resource == declared.resource else ()
    by_gfd = gpus.told_by is LabelledBy.GFD
    return UnexplainedUnits(units=_found(offer), physical=gpus.physical, by_gfd=by_gfd, misled=misled)


def _other_units(
    declared: DeclaredPool, gpus: Gpus, found: Sequence[Offer], misled: tuple[DeploymentKey, ...]
) -> UnitFault:
    units = tuple(map(_found, found))
    return OtherUnits(
        units=units,
        cut=cut_of(found),
        cutter=cutter_of(gpus, declared.profile),
        several_models=gpus.has_several_models,
        misled=misled,
    )


def _found(offer: Offer) -> FoundUnits:
    return FoundUnits(offer.resource, offer.units, offer.profile)
