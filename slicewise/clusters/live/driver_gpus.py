"""The GPUs of a node as NVIDIA's DRA driver publishes them: the same facts as of a device plugin, from its devices.

Source: kubernetes-sigs/dra-driver-nvidia-gpu v0.5.0, cmd/gpu-kubelet-plugin (deviceinfo.go, mig.go, partitions.go).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final

from slicewise.clusters.live.gpus import Gpus, LabelledBy, NoOffer, Offer, UnitFlaw
from slicewise.clusters.live.published_slices import PublishedPool
from slicewise.kubernetes import PublishedDevice, amount
from slicewise.mig import GpuModel, MigStrategy, known_gpu_model, parse_profile_name, resource_name

DRIVER: Final = "gpu.nvidia.com"
_WHOLE, _SLICE = "gpu", "mig"


def driver_gpus(pools: Sequence[PublishedPool], labelled: Gpus | None) -> Gpus:
    """Return the GPUs of a node that NVIDIA's DRA driver serves.

    Args:
        pools: The driver's pools of that node.
        labelled: What labels and the device plugin say of the node.
    """
    devices = [device for pool in pools if pool.is_complete for device in pool.devices]
    on_demand = any(is_cut_on_demand(device) for device in devices)
    counters = {name: amounts for pool in pools if pool.is_complete for name, amounts in pool.counters.items()}
    offers = tuple(_offers(devices, counters, on_demand=on_demand))
    accelerators = {_accelerator(device) for device in devices}
    accelerator = accelerators.pop() if len(accelerators) == 1 else None
    counted = len({parent_of(device) for device in devices})
    return Gpus(
        told_by=LabelledBy.DRA,
        accelerator=accelerator or (labelled.accelerator if labelled and not devices else None),
        model=known_gpu_model(accelerator) if accelerator else None,
        physical=max(counted, (labelled.physical or 0) if labelled else 0) or None,
        strategy=MigStrategy.MIXED if any(offer.profile for offer in offers) else None,
        offers=offers,
        mig_config=labelled.mig_config if labelled else None,
        mig_state=labelled.mig_state if labelled else None,
        no_offer=_why_nothing(pools, devices),
        on_demand=on_demand,
    )


def is_cut_on_demand(device: PublishedDevice) -> bool:
    """Return whether a device is a place where a slice can be cut; one that is cut has an identity of its own."""
    return device.text("type") == _SLICE and not device.text("uuid")


def resource_of_device(device: PublishedDevice) -> str | None:
    """Return the resource as which a device plugin would offer a device; None for what is no GPU and no slice."""
    profile = device.text("profile")
    if device.text("type") == _WHOLE:
        return resource_name(None, MigStrategy.MIXED)
    if device.text("type") == _SLICE and parse_profile_name(profile):
        return resource_name(profile, MigStrategy.MIXED)
    return None


def parent_of(device: PublishedDevice) -> str:
    """Return the identity of the GPU that a device is, or is on."""
    return device.text("parentUUID") or device.text("uuid") or device.name


def _why_nothing(pools: Sequence[PublishedPool], devices: Sequence[PublishedDevice]) -> NoOffer:
    if not all(pool.is_complete for pool in pools):
        return NoOffer.INCOMPLETE
    return NoOffer.ALL_TAINTED if devices else NoOffer.NOTHING_PUBLISHED


def _offers(
    devices: Sequence[PublishedDevice], counters: Mapping[str, Mapping[str, str]], *, on_demand: bool
) -> Iterator[Offer]:
    by_resource: dict[str, list[PublishedDevice]] = {}
    for device in devices:
        if resource := resource_of_device(device):
            by_resource.setdefault(resource, []).append(device)
    for resource, those in sorted(by_resource.items()):
        free = [device for device in those if not device.taints]
        units = _most_at_once(free, counters) if on_demand else len(free)
        memories = [device.mebibytes("memory") for device in those]
        accelerators = {_accelerator(device) for device in those}
        accelerator = accelerators.pop() if len(accelerators) == 1 else None
        if units:
            yield Offer(
                resource,
                units,
                those[0].text("profile") or None,
                min((each for each in memories if each), default=None),
                accelerator=accelerator,
                model=_model(accelerator),
                flaw=UnitFlaw.OVERLAPPING if on_demand and _overlap(free) else None,
                tainted=tuple(device.taints[0] for device in those if device.taints),
            )


def _model(accelerator: str | None) -> GpuModel | None:
    return known_gpu_model(accelerator) if accelerator else None


def _accelerator(device: PublishedDevice) -> str:
    """Return the GPU model as GPU feature discovery writes it in a label."""
    return device.text("productName").replace(" ", "-")


def _overlap(devices: Iterable[PublishedDevice]) -> bool:
    """Return whether nothing keeps places that overlap from being given away together: the server has no counters."""
    return any(is_cut_on_demand(device) and not device.counters for device in devices)


def _most_at_once(devices: Iterable[PublishedDevice], counters: Mapping[str, Mapping[str, str]]) -> int:
    """Return how many devices of one profile can be had at once: each takes what it consumes from what is shared."""
    left: dict[tuple[str, str], Decimal] = {
        (name, counter): amount(value) for name, amounts in counters.items() for counter, value in amounts.items()
    }
    taken = 0
    for device in devices:
        needs = {
            (name, counter): amount(value)
            for name, amounts in device.counters.items()
            for counter, value in amounts.items()
        }
        if all(left.get(key, Decimal(0)) >= value for key, value in needs.items()):
            taken += 1
            left |= {key: left[key] - value for key, value in needs.items() if key in left}
    return taken
