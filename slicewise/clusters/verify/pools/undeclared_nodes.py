"""GPU nodes of no pool: those that a pool could be declared for, and those that must be fixed first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from slicewise.clusters.discover import usable_offers
from slicewise.clusters.live import Gpus, LiveNode, UnitFlaw
from slicewise.clusters.verify.pools.worded_node_faults import words_of_flaw, words_of_silence
from slicewise.diagnostics import Code, Found, Severity, counted, some
from slicewise.kubernetes import MIG_CONFIG_STATE_LABEL

_AS_THEY_ARE: Final = (
    "if models are to run there, have the device plugin offer whole GPUs or slices under their own names: without "
    "time-slicing, MPS and renaming"
)
_WHEN_APPLIED: Final = (
    f"wait until {MIG_CONFIG_STATE_LABEL} is success; if it failed, read the logs of the node's nvidia-mig-manager pod"
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
    if any(offer.units and not offer.flaw for offer in usable_offers(node)):
        return "", "declare a pool, if models are to run there: `slicewise discover` writes one"
    offers = [offer for offer in gpus.offers if offer.units]
    flawed = next((offer for offer in offers if offer.flaw not in (None, UnitFlaw.SHARED)), None)
    if flawed and flawed.flaw and not gpus.invalid:
        words = words_of_flaw(flawed.flaw, flawed.resource, flawed.units)
        return words.says, f"if models are to run there, {words.remedy}"
    if offers and not gpus.invalid:
        return "no resource that a pool can declare", _AS_THEY_ARE
    if gpus.mig_state and gpus.mig_state != "success" and not gpus.invalid:
        return f"no GPU resource is offered, MIG manager says {gpus.mig_state}", _WHEN_APPLIED
    why, remedy = words_of_silence(gpus.silence)
    return why, f"if models are to run there, {remedy}"
