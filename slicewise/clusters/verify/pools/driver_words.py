"""What NVIDIA's DRA driver has of a node's GPUs, or has not, in words."""

from __future__ import annotations

from slicewise.clusters.live import NoOffer, Silence
from slicewise.clusters.verify.pools.compared_pool import ComparedPool
from slicewise.clusters.verify.pools.worded_node_faults import TAINTED, FaultWords, words_of_silence
from slicewise.diagnostics import some
from slicewise.documents import Allocation

_GPU_CLASS = "gpu.nvidia.com"


def served_by_dra(compared: ComparedPool, *, takes_room: bool) -> FaultWords:
    """Word that the driver has the GPUs of a pool that is to have them from the device plugin."""
    says, remedy = words_of_silence(Silence(NoOffer.DRA))
    if compared.profile:
        return FaultWords(f"{says}, which has no {compared.resource}", remedy, takes_room=takes_room)
    return FaultWords(
        f"{says}; pods get {compared.resource} of it where its DeviceClass {_GPU_CLASS} has extendedResourceName: "
        f"{compared.resource} (since 25.12) and Kubernetes has DRAExtendedResource on, and how many is not verified",
        f"look at kubectl get deviceclass {_GPU_CLASS} -o yaml, and {remedy}",
        takes_room=False,
    )


def nothing_by_driver(silence: Silence, wanted: str, *, takes_room: bool) -> FaultWords:
    """Word that the driver has nothing for pods of a pool that is to have its units from it."""
    says, remedy = words_of_silence(silence)
    if silence.reason is NoOffer.NO_DRIVER:
        remedy += "; or leave allocation out, if the device plugin is to offer the GPUs"
    return FaultWords(f"{says}; {wanted}", remedy, takes_room=takes_room)


def tainted(compared: ComparedPool) -> str:
    """Return which taints explain all that is missing of units; empty where they do not."""
    keys: set[str] = set()
    for node in compared.nodes:
        if node.name in compared.lost:
            offer = node.gpus.offer(compared.resource) if node.gpus else None
            if offer is None or offer.units + len(offer.tainted) < compared.units_per_node:
                return ""
            keys |= set(offer.tainted)
    return f"; devices are tainted ({some(sorted(keys))}), and no pod gets these"


def left_out(compared: ComparedPool) -> str:
    """Return what to do about units that are missing."""
    if tainted(compared):
        return TAINTED
    if compared.pool.allocation is Allocation.DEVICE_PLUGIN:
        return "find out why the device plugin leaves some out"
    return "find out why the driver publishes no more devices (kubectl get resourceslices -o yaml)"
