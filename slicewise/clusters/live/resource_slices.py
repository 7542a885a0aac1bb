"""Nodes with what NVIDIA's DRA driver publishes of them in ResourceSlices."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from slicewise.clusters.live.driver_gpus import DRIVER, driver_gpus
from slicewise.clusters.live.facts import LiveNode
from slicewise.clusters.live.gpus import Gpus, LabelledBy, NoOffer
from slicewise.clusters.live.published_slices import PublishedPool


def with_dra(nodes: Iterable[LiveNode], pools: Iterable[PublishedPool]) -> tuple[LiveNode, ...]:
    """Return the nodes, each with what NVIDIA's DRA driver publishes of it.

    Args:
        nodes: The nodes.
        pools: What is published, of any driver.
    """
    of_node: dict[str, list[PublishedPool]] = {}
    for pool in pools:
        if pool.driver == DRIVER and pool.node:
            of_node.setdefault(pool.node, []).append(pool)
    return tuple(_served(node, of_node[node.name]) if node.name in of_node else node for node in nodes)


def _served(node: LiveNode, pools: list[PublishedPool]) -> LiveNode:
    theirs = driver_gpus(pools, node.gpus)
    # A driver that publishes no device says nothing against a device plugin that is missing.
    has_devices = any(pool.devices for pool in pools)
    by_plugin = node.gpus or Gpus(LabelledBy.DRA, theirs.accelerator, theirs.model, theirs.physical, None, ())
    if has_devices and not by_plugin.offers:
        by_plugin = replace(by_plugin, no_offer=NoOffer.DRA)
    return replace(node, driver_gpus=theirs, gpus=by_plugin)
