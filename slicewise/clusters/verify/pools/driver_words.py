"""What NVIDIA's DRA driver has of a node's GPUs, or has not, in words."""

from __future__ import annotations

from slicewise.clusters.live import NoOffer, Silence
from slicewise.clusters.verify.pools.compared_pool import ComparedPool
from slicewise.clusters.verify.pools.unit_faults import CutAlready, CutOnDemand
from slicewise.clusters.verify.pools.worded_node_faults import TAINTED, FaultWords, words_of_silence
from slicewise.diagnostics import Code, some
from slicewise.documents import Allocation, declared_pool

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


def bare_by_plugin() -> tuple[Code, FaultWords]:
    """Word that nothing speaks of GPUs on nodes whose GPUs are to come from the device plugin."""
    return Code.NO_GPU_RESOURCE, FaultWords(
        "no GPU resource and no GPU label",
        "install NVIDIA's driver and device plugin (the GPU Operator brings both), or narrow the nodeSelector",
    )


def bare_by_driver() -> tuple[Code, FaultWords]:
    """Word that nothing speaks of GPUs on nodes whose GPUs are to come from the DRA driver."""
    return Code.NO_DRA_DRIVER, FaultWords(
        f"no ResourceSlice of NVIDIA's DRA driver ({_GPU_CLASS}) and no GPU label",
        "install NVIDIA's driver and its DRA driver with GPUs on (gpuResourcesEnabledOverride in its Helm chart), see "
        "that the pod of its kubelet plugin runs on these nodes, or narrow the nodeSelector",
    )


def other_demand(compared: ComparedPool, fault: CutAlready | CutOnDemand) -> FaultWords:
    """Word that GPUs are cut already which are declared to be cut on demand, or the other way round."""
    if isinstance(fault, CutAlready):
        there = ", ".join(f"{units.resource}: {units.count}" for units in fault.units)
        return FaultWords(
            f"dynamic: true is declared, and the GPUs are what they are: {there}; the driver cuts nothing when pods "
            "come",
            "leave dynamic and profiles out and declare how the GPUs are cut (`slicewise discover` writes it), or "
            "switch DynamicMIG on in the driver",
        )
    mig = declared_pool(compared.pool).mig
    listed = ", ".join(mig.several or filter(None, (mig.profile,))) if mig else ""
    profiles = f"profiles: [{listed}]" if listed else "profiles"
    return FaultWords(
        f"{compared.resource}: {compared.units_per_node} is declared, and NVIDIA's DRA driver cuts these GPUs when "
        "pods come: slices of another profile that somebody claims take places of these",
        f"write dynamic: true and {profiles} in migConfiguration, or switch DynamicMIG off in the driver",
        takes_room=False,
    )


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
