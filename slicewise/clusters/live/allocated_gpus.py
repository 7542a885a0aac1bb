"""The GPUs of a node as pods get them by one allocation: from the device plugin, or from NVIDIA's DRA driver."""

from __future__ import annotations

from dataclasses import replace

from slicewise.clusters.live.facts import LiveNode
from slicewise.clusters.live.gpus import Gpus, LabelledBy, NoOffer
from slicewise.documents import Allocation


def by_allocation(node: LiveNode, allocation: Allocation) -> LiveNode:
    """Return the node with the GPUs that pods of a pool with `allocation` can get there.

    A resource that the device plugin offers on a node is the plugin's there, even for pods that a DeviceClass would
    answer: kube-scheduler 1.37 then leaves the driver's devices aside.
    """
    if allocation is Allocation.DEVICE_PLUGIN or node.gpus is None:
        return node
    theirs = node.driver_gpus or replace(node.gpus, offers=(), no_offer=NoOffer.NO_DRIVER, invalid=False)
    if allocation is Allocation.EXTENDED_RESOURCE:
        theirs = _with_plugin(theirs, node.gpus)
    return replace(node, gpus=theirs)


def by_whoever_offers(node: LiveNode) -> LiveNode:
    """Return the node with the GPUs of the device plugin, or with the driver's where the plugin offers none."""
    if node.driver_gpus and not (node.gpus and node.gpus.offers):
        return replace(node, gpus=node.driver_gpus)
    return node


def is_served_twice(node: LiveNode) -> bool:
    """Return whether the device plugin and the driver both offer the GPUs of a node."""
    by_plugin = node.gpus is not None and node.gpus.told_by is not LabelledBy.DRA and bool(node.gpus.offers)
    return by_plugin and node.driver_gpus is not None and bool(node.driver_gpus.offers)


def _with_plugin(theirs: Gpus, by_plugin: Gpus) -> Gpus:
    if not by_plugin.offers:
        return theirs
    names = {offer.resource for offer in by_plugin.offers}
    offers = (*by_plugin.offers, *(offer for offer in theirs.offers if offer.resource not in names))
    return replace(by_plugin, offers=tuple(sorted(offers, key=lambda offer: offer.resource)))
