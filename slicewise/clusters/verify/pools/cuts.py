"""How GPUs are cut, what cuts them, and what to write or do where that is not what a pool declares."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from slicewise.clusters.live import Gpus, LabelledBy, Offer
from slicewise.kubernetes import MIG_CONFIG_LABEL, MIG_CONFIG_STATE_LABEL
from slicewise.mig import WHOLE_GPU_RESOURCE, MigStrategy, layout_name, slices_made

MIG_MANAGER: Final = "read the logs of the node's nvidia-mig-manager pod"
_MIXED: Final = "run the device plugin with the mixed strategy"
AS_DECLARED: Final = "have the GPUs cut as declared"
ANEW: Final = (
    "describe the node anew, for it has GPUs of several models (`slicewise discover` writes a pool for each model)"
)
CUT_ALIKE: Final = f"cut all GPUs of a node alike, if they are of one model, or {_MIXED}"


@dataclass(frozen=True, slots=True)
class Cut:
    """How GPUs are cut, as a pool would declare it.

    Attributes:
        profile: The MIG profile; None for whole GPUs.
        strategy: How the slices are advertised; None for whole GPUs.
        slices: Slices of each profile on a node; empty where all units are alike.
        whole: GPUs beside them that are not cut.
    """

    profile: str | None = None
    strategy: MigStrategy | None = None
    slices: tuple[tuple[str, int], ...] = ()
    whole: int = 0


@dataclass(frozen=True, slots=True)
class OwnLayout:
    """MIG manager with a layout of one's own: by the usual name it has none up to 0.13, or one of another number.

    Attributes:
        slices: How many slices a GPU holds.
    """

    slices: int


class Cutter(Enum):
    """What is there to cut a node's GPUs as declared."""

    GKE = auto()
    MIG_MANAGER = auto()
    ASKED_MIG_MANAGER = auto()
    """MIG manager, which the node asks for the declared layout already."""
    PEOPLE = auto()


def cut_of(offers: Iterable[Offer]) -> Cut:
    """Return how the GPUs are cut that offer this, apart from what is shared."""
    usable = [offer for offer in offers if not offer.flaw]
    slices = [(offer.profile, offer) for offer in usable if offer.profile]
    if not slices:
        return Cut()
    if len(usable) > 1:
        numbers = tuple(sorted((profile, offer.units) for profile, offer in slices))
        whole = sum(offer.units for offer in usable if not offer.profile)
        return Cut(strategy=MigStrategy.MIXED, slices=numbers, whole=whole)
    ((profile, offer),) = slices
    return Cut(profile, MigStrategy.SINGLE if offer.resource == WHOLE_GPU_RESOURCE else MigStrategy.MIXED)


def cutter_of(gpus: Gpus, profile: str | None) -> Cutter | OwnLayout:
    """Return what is there to cut `gpus` into `profile`; None for whole GPUs."""
    if gpus.told_by is LabelledBy.GKE:
        return Cutter.GKE
    if not gpus.mig_config:
        return Cutter.PEOPLE
    known = gpus.model.profile(profile) if gpus.model and profile else None
    if gpus.model and known and slices_made(gpus.model, known.name, gpus.accelerator or "") != known.per_gpu:
        return OwnLayout(known.per_gpu)
    return Cutter.ASKED_MIG_MANAGER if gpus.mig_config == layout_name(profile) else Cutter.MIG_MANAGER


def made_alike(profile: str | None) -> str:
    """Return how GPUs that do not fit the single strategy come to be cut into `profile` (None for whole GPUs)."""
    alike = f"cut all GPUs of a node into {profile}" if profile else "switch MIG off on all GPUs of a node"
    return f"{alike}, or {_MIXED} and declare what it offers then"


def declaring(cut: Cut) -> str:
    """Return what to write for GPUs that are cut like this."""
    if cut.slices:
        written = ", ".join(f"{profile}: {number}" for profile, number in cut.slices)
        whole = f" and wholeGpus: {cut.whole}" if cut.whole else ""
        return f"declare slices: {{{written}}}{whole} in migConfiguration, without profile and memoryPerGpu"
    if cut.profile is None:
        return "remove migConfiguration and write the memory of a whole GPU as memoryPerGpu"
    return f"declare profile: {cut.profile} with strategy: {cut.strategy} and the memory of that slice as memoryPerGpu"


def cutting(profile: str | None, cutter: Cutter | OwnLayout) -> str:
    """Return how GPUs come to be cut into `profile` (None for whole GPUs) with what is there to cut them."""
    layout = layout_name(profile)
    match cutter:
        case OwnLayout(slices):
            entry = f'{{devices: all, mig-enabled: true, mig-devices: {{"{profile}": {slices}}}}}'
            return (
                f"have MIG manager cut the GPUs as declared: up to 0.13 its {layout} does not make {slices} of these "
                f"on a GPU, so add a layout to its config ({entry}) and ask for it: "
                f"kubectl label node NODE {MIG_CONFIG_LABEL}=NAME --overwrite"
            )
        case Cutter.GKE:
            return f"make a GKE node pool {'with the declared' if profile else 'without a'} partition size"
        case Cutter.ASKED_MIG_MANAGER:
            return (
                f"see why MIG manager has not applied {layout}, which the node asks for: look at the node's "
                f"{MIG_CONFIG_STATE_LABEL}, and {MIG_MANAGER}, if there is one"
            )
        case Cutter.MIG_MANAGER:
            return (
                "have MIG manager cut the GPUs as declared: "
                f"kubectl label node NODE {MIG_CONFIG_LABEL}={layout} --overwrite"
            )
        case Cutter.PEOPLE:
            return f"cut the GPUs into {profile}" if profile else "switch MIG off on these GPUs"
