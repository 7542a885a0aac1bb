"""How GPUs are cut, what cuts them, and what to write or do where that is not what a pool declares."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from slicewise.clusters.live import Gpus, LabelledBy, Offer
from slicewise.kubernetes import MIG_CONFIG_LABEL
from slicewise.mig import WHOLE_GPU_RESOURCE, MigStrategy, kubernetes_spelling

MIG_MANAGER: Final = "read the logs of the node's nvidia-mig-manager pod"
CUT_ALIKE: Final = "cut all GPUs of a node alike, or run the device plugin with the mixed strategy"


@dataclass(frozen=True, slots=True)
class Cut:
    """How GPUs are cut, as a pool would declare it.

    Attributes:
        profile: The MIG profile; None for whole GPUs.
        strategy: How the slices are advertised; None for whole GPUs.
    """

    profile: str | None = None
    strategy: MigStrategy | None = None


class Cutter(Enum):
    """What is there to cut a node's GPUs as declared."""

    GKE = auto()
    MIG_MANAGER = auto()
    ASKED_MIG_MANAGER = auto()
    """MIG manager, which the node asks for the declared layout already."""
    PEOPLE = auto()


def cut_of(offers: Iterable[Offer]) -> Cut:
    """Return how the GPUs are cut that offer this."""
    slices = next((offer for offer in offers if offer.profile), None)
    if slices is None:
        return Cut()
    return Cut(slices.profile, MigStrategy.SINGLE if slices.resource == WHOLE_GPU_RESOURCE else MigStrategy.MIXED)


def cutter_of(gpus: Gpus, profile: str | None) -> Cutter:
    """Return what is there to cut `gpus` into `profile`; None for whole GPUs."""
    if gpus.told_by is LabelledBy.GKE:
        return Cutter.GKE
    if gpus.mig_config:
        return Cutter.ASKED_MIG_MANAGER if gpus.mig_config == _layout(profile) else Cutter.MIG_MANAGER
    return Cutter.PEOPLE


def declaring(cut: Cut) -> str:
    """Return what to write for GPUs that are cut like this."""
    if cut.profile is None:
        return "remove migConfiguration and write the memory of a whole GPU as memoryPerGpu"
    return f"declare profile: {cut.profile} with strategy: {cut.strategy} and the memory of that slice as memoryPerGpu"


def cutting(profile: str | None, cutter: Cutter) -> str:
    """Return how GPUs come to be cut into `profile` (None for whole GPUs) with what is there to cut them."""
    layout = _layout(profile)
    match cutter:
        case Cutter.GKE:
            return f"make a GKE node pool {'with the declared' if profile else 'without a'} partition size"
        case Cutter.ASKED_MIG_MANAGER:
            return f"see why MIG manager has not applied {layout}, which the node asks for: {MIG_MANAGER}"
        case Cutter.MIG_MANAGER:
            return (
                "have MIG manager cut the GPUs as declared: "
                f"kubectl label node NODE {MIG_CONFIG_LABEL}={layout} --overwrite"
            )
        case Cutter.PEOPLE:
            return f"cut the GPUs into {profile}" if profile else "switch MIG off on these GPUs"


def _layout(profile: str | None) -> str:
    """Return what MIG manager calls the layout of GPUs that are all cut into `profile`."""
    return f"all-{kubernetes_spelling(profile)}" if profile else "all-disabled"
