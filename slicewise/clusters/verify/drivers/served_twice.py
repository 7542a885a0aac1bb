"""Whether the device plugin and NVIDIA's DRA driver both offer the GPUs of a pool's nodes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from slicewise.clusters.live import LiveNode, is_served_twice
from slicewise.clusters.verify.pools import ComparedPool
from slicewise.diagnostics import Code, Found, Severity, counted, some
from slicewise.documents import Allocation
from slicewise.kubernetes import DEVICE_PLUGIN_LABEL

_EFFECTS = {
    Allocation.DEVICE_PLUGIN: "pods that claim devices may get GPUs that the plugin has given to others",
    Allocation.EXTENDED_RESOURCE: (
        "pods that ask for a resource of both get it from the plugin, and pods that claim devices may get the same GPUs"
    ),
    Allocation.CLAIM: "pods that claim devices may get GPUs that the plugin has given to others",
}


def check_served_twice(compared: ComparedPool, nodes: Mapping[str, LiveNode]) -> Iterator[Found]:
    """Yield the nodes of a pool that both serve; `nodes` are the cluster's by name."""
    names = [node.name for node in compared.nodes if is_served_twice(nodes[node.name])]
    if not names:
        return
    allocation = compared.pool.allocation
    by_claim = allocation is Allocation.CLAIM
    off = f"kubectl label node NODE {DEVICE_PLUGIN_LABEL}=false --overwrite"
    driver_off = "keep the DRA driver's GPUs off these nodes"
    yield Found(
        Code.SERVED_TWICE,
        Severity.ERROR if by_claim and compared.has_pods else Severity.WARNING,
        f"the device plugin and NVIDIA's DRA driver both offer the GPUs of {counted(len(names), 'node')} "
        f"({some(names)}), and neither knows what the other gives away: {_EFFECTS[allocation]}",
        driver_off if allocation is Allocation.DEVICE_PLUGIN else f"keep the device plugin off these nodes ({off})",
        tuple(names),
        facts={"nodes": len(names)},
    )
