"""Faults of a node that are the same for every pool that has it, in words: what is the matter, and what to do."""

from __future__ import annotations

from typing import Final, NamedTuple

from slicewise.clusters.live import NoOffer, Silence, UnitFlaw
from slicewise.clusters.verify.pools.cuts import CUT_ALIKE, MIG_MANAGER
from slicewise.clusters.verify.pools.unit_faults import (
    FlawedUnits,
    InvalidSlices,
    LayoutFailed,
    LayoutPending,
    UnitFault,
)
from slicewise.kubernetes import (
    DEVICE_PLUGIN_LABEL,
    MIG_CONFIG_LABEL,
    MIG_CONFIG_STATE_LABEL,
    PRODUCT_LABEL,
    REPLICAS_LABEL,
)

_OWN_UNITS: Final = "Slicewise gives each pod units of its own"
# GKE shares the GPUs of a node pool that is created with `--accelerator …,gpu-sharing-strategy=…`.
_GKE_UNSHARED: Final = "make a GKE node pool without GPU sharing (gpu-sharing-strategy)"
WHOLE_SLICES: Final = "have MIG manager cut whole slices: a layout without compute instances (1c.3g.20gb is one)"

TAINTED: Final = (
    "see what the taints say of the GPUs (kubectl get resourceslices,devicetaintrules -o yaml), and repair these or "
    "remove the DeviceTaintRules"
)


class FaultWords(NamedTuple):
    """What is the matter, what to do, and whether the plan's pods cannot use the node's units."""

    says: str
    remedy: str
    takes_room: bool = True


_SILENT: Final = {
    NoOffer.INVALID: FaultWords(
        f"the slices do not fit the single strategy ({PRODUCT_LABEL} ends in MIG-INVALID), so the device plugin offers "
        "none: a GPU in MIG mode has no slices, only some GPUs are in MIG mode, or slices differ",
        CUT_ALIKE,
    ),
    NoOffer.NOT_CUT: FaultWords(
        f"all GPUs are in MIG mode ({REPLICAS_LABEL} is 0), and none has slices, so the device plugin has nothing "
        "to offer",
        "cut the GPUs into slices, or switch MIG off on them",
    ),
    NoOffer.SPLIT: FaultWords(
        "the slices are split into compute instances, which the device plugin refuses to offer (from 0.20.0)",
        WHOLE_SLICES,
    ),
    NoOffer.DRA: FaultWords(
        "no device plugin offers GPUs: NVIDIA's DRA driver has them (ResourceSlices of gpu.nvidia.com)",
        "write allocation: claim (from Kubernetes 1.34) or extendedResource (from 1.36), or run NVIDIA's device plugin "
        "on these nodes in place of the DRA driver's GPUs",
    ),
    NoOffer.SWITCHED_OFF: FaultWords(
        f"no GPU resource is offered: the label {DEVICE_PLUGIN_LABEL} is false, which keeps the device plugin away",
        f"let it run there (kubectl label node NODE {DEVICE_PLUGIN_LABEL}=true --overwrite), or, where NVIDIA's DRA "
        "driver is to have these GPUs, install it and write allocation: claim",
    ),
    NoOffer.NO_DRIVER: FaultWords(
        "NVIDIA's DRA driver publishes no ResourceSlice of the node, so there is nothing to claim",
        "look at the node's pod of the driver's kubelet plugin (gpu.nvidia.com): it is missing, or its log says what "
        "it lacks",
    ),
    NoOffer.NOTHING_PUBLISHED: FaultWords(
        "NVIDIA's DRA driver publishes no device: GPUs in MIG mode without slices are none to it, unless it cuts on "
        "demand",
        "cut the GPUs into slices, or switch MIG off on them",
    ),
    NoOffer.INCOMPLETE: FaultWords(
        "ResourceSlices are missing of what NVIDIA's DRA driver publishes (spec.pool.resourceSliceCount says more than "
        "there are), and then no pod gets any of the node's devices",
        "wait until the driver has written all of them, and verify again; if it does not, restart the driver's pod of "
        "the node",
    ),
    NoOffer.ALL_TAINTED: FaultWords(
        "all devices that NVIDIA's DRA driver publishes have taints, so no pod gets one",
        TAINTED,
    ),
    NoOffer.NO_PLUGIN: FaultWords(
        "no GPU resource is offered, though labels speak of GPUs",
        "look at the node's nvidia-device-plugin pod: it is missing, it does not see the driver, or its log says what "
        "it refuses to offer",
    ),
    NoOffer.SINGLE: FaultWords(
        "no GPU resource is offered, though labels speak of slices under strategy single",
        "look at the node's nvidia-device-plugin pod: it is missing, it does not see the driver, or its log says that "
        "it refuses slices of several GPU models: then run it with the mixed strategy and declare what it offers then",
    ),
}


def words_of_node_fault(fault: UnitFault) -> FaultWords:
    """Word a fault that is one for every pool that has the node."""
    match fault:
        case LayoutFailed() | LayoutPending():
            return _unsettled(fault)
        case InvalidSlices():
            return FaultWords(*words_of_silence(fault.silence))
        case FlawedUnits():
            words = words_of_flaw(fault.flaw, fault.resource, fault.count)
            is_of_pool = fault.on_gke and fault.flaw is UnitFlaw.SHARED
            return words._replace(remedy=f"{_GKE_UNSHARED}; {_OWN_UNITS}") if is_of_pool else words
    raise AssertionError(f"a fault without words: {fault}")


def words_of_silence(silence: Silence) -> tuple[str, str]:
    """Say why a node with GPUs offers none, and what to do."""
    words, layout = _SILENT[silence.reason], silence.impossible_layout
    if layout is None:
        return words.says, words.remedy
    says = (
        f"{words.says}. {MIG_CONFIG_LABEL} asks for {layout.name}, and {layout.model} has no {layout.profile}: MIG "
        "manager then makes no slices, and says success"
    )
    other = f"kubectl label node NODE {MIG_CONFIG_LABEL}=LAYOUT --overwrite"
    return says, f"have MIG manager make a layout that {layout.model} can have ({other}), or {words.remedy}"


def _unsettled(fault: LayoutFailed | LayoutPending) -> FaultWords:
    layout = f" {fault.layout}" if fault.layout else ""
    if isinstance(fault, LayoutFailed):
        return FaultWords(
            f"MIG manager could not apply the layout{layout} ({MIG_CONFIG_STATE_LABEL} is failed)",
            f"{MIG_MANAGER}; a layout must exist for the GPU model, and no pod may use the GPUs while it is applied",
        )
    return FaultWords(
        f"MIG manager is applying the layout{layout} ({MIG_CONFIG_STATE_LABEL} is {fault.state}), "
        "so what the node will offer is not known",
        "wait until the state is success, and verify again",
    )


def words_of_flaw(flaw: UnitFlaw, resource: str, count: int) -> FaultWords:
    """Say why `count` units of `resource` are not GPUs or slices of their own, and what to do."""
    match flaw:
        case UnitFlaw.SHARED:
            return FaultWords(
                "units are shared (time-slicing or MPS): several pods get the same GPU or slice, and its memory is "
                "theirs together",
                f"switch sharing off in the device plugin of these nodes; {_OWN_UNITS}",
            )
        case UnitFlaw.MIG_MODE:
            return FaultWords(
                f"all GPUs are in MIG mode ({REPLICAS_LABEL} is 0), and the device plugin, which runs with strategy "
                f"none, offers them as whole ones: {resource}: {count}",
                "run the device plugin and GPU feature discovery with strategy mixed or single, or switch MIG off on "
                "these GPUs",
            )
        case UnitFlaw.SPLIT:
            return FaultWords(
                f"the slices are split into compute instances, and the device plugin offers each as {resource}: {count}"
                ", though several share the memory of a slice",
                WHOLE_SLICES,
            )
        case UnitFlaw.OVERLAPPING:
            return FaultWords(
                f"NVIDIA's DRA driver cuts these GPUs on demand, and the API server keeps no counters with its devices "
                f"({resource}), so that pods may get slices that overlap: the feature gate DRAPartitionableDevices is "
                "off",
                "switch DRAPartitionableDevices on in the cluster (it is on from Kubernetes 1.36), or DynamicMIG off "
                "in the driver",
            )
        case UnitFlaw.UNCOUNTED:
            return FaultWords(
                f"{resource}: {count} is offered, and GPU feature discovery counts fewer such slices, so what the "
                "others are is not known",
                "wait until GPU feature discovery has run again, which it does every minute, and verify again; if it "
                "still counts fewer, run it with the device plugin's configuration",
            )
