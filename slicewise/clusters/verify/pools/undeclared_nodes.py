"""GPU nodes of no pool: those that a pool could be declared for, and those that must be fixed first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from slicewise.clusters.discover import usable_offers
from slicewise.clusters.live import Gpus, LiveNode
from slicewise.clusters.verify.pools.cuts import CUT_ALIKE
from slicewise.diagnostics import Code, Found, Severity, counted, some
from slicewise.kubernetes import MIG_CONFIG_STATE_LABEL

_AS_THEY_ARE: Final = (
    "if models are to run there, have the device plugin offer whole GPUs or slices under their own names: without "
    "time-slicing, MPS and renaming"
)
_WHEN_APPLIED: Final = (
    f"wait until {MIG_CONFIG_STATE_LABEL} is success; if it failed, read the logs of the node's nvidia-mig-manager pod"
)
_LOOK_AT_PLUGIN: Final = (
    "if models are to run there, look at the node's nvidia-device-plugin pod: it is missing, or it does not see the "
    "driver"
)


def check_undeclared_nodes(nodes: Sequence[LiveNode]) -> Iterator[Found]:
    """Yield the GPU nodes that belong to no pool, once for each thing to do about them."""
    groups: dict[tuple[str, str], list[LiveNode]] = {}
    for node in nodes:
        if node.gpus:
            groups.setdefault(_why_and_remedy(node, node.gpus), []).append(node)
    for (why, remedy), those in groups.items():
        offers = sorted({offer.resource for node in those if node.gpus for offer in node.gpus.offers if offer.units})
        units = some([f"{resource}: {sum(node.units(resource) for node in those)}" for resource in offers])
        said = "; ".join(each for each in (units, why) if each)
        yield Found(
            Code.UNDECLARED_NODES,
            Severity.WARNING,
            f"{counted(len(those), 'GPU node')} {'belongs' if len(those) == 1 else 'belong'} to no declared pool: "
            f"{some([node.name for node in those])} ({said})",
            remedy,
            facts={
                "nodes": len(those),
                "units": {resource: sum(node.units(resource) for node in those) for resource in offers},
            },
        )


def _why_and_remedy(node: LiveNode, gpus: Gpus) -> tuple[str, str]:
    """Return why no pool could be declared for the node, empty where one could, and what to do."""
    if any(offer.units for offer in usable_offers(node)):
        return "", "declare a pool, if models are to run there: `slicewise discover` writes one"
    if gpus.invalid:
        return "MIG-INVALID: the slices do not fit the single strategy, so none is offered", CUT_ALIKE
    if any(offer.units for offer in gpus.offers):
        return "no resource that a pool can declare", _AS_THEY_ARE
    if gpus.mig_state and gpus.mig_state != "success":
        return f"no GPU resource is offered, MIG manager says {gpus.mig_state}", _WHEN_APPLIED
    return "no GPU resource is offered", _LOOK_AT_PLUGIN
