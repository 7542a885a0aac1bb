"""Nodes of a pool that offer what is declared, and are to be cut otherwise: a layout that MIG manager is asked for."""

from __future__ import annotations

from collections.abc import Iterator

from slicewise.clusters.live import awaits_layout
from slicewise.clusters.verify.pools.compared_pool import ComparedPool
from slicewise.clusters.verify.pools.cuts import MIG_MANAGER, cutter_of, cutting
from slicewise.clusters.verify.pools.pool_fields import is_part
from slicewise.diagnostics import Code, Found, Severity, counted, some
from slicewise.kubernetes import MIG_CONFIG_LABEL, MIG_CONFIG_STATE_LABEL

_NONE = "none"
_OWN_LAYOUT = (
    "have MIG manager cut the GPUs as declared, by a layout that makes these slices (all-balanced, or one of yours): "
    f"kubectl label node NODE {MIG_CONFIG_LABEL}=NAME --overwrite"
)


def check_asked_layouts(compared: ComparedPool) -> Iterator[Found]:
    """Yield layouts that nodes of the pool ask for and do not have, though what they offer now is as declared.

    What is not as declared, pending or failed is told of the units.
    """
    groups: dict[tuple[str, str, str], list[str]] = {}
    for node in compared.nodes:
        gpus = node.gpus
        if gpus and gpus.mig_config and node.is_of_declared_kind and awaits_layout(gpus):
            way = (
                _OWN_LAYOUT if is_part(compared.pool) else cutting(compared.profile, cutter_of(gpus, compared.profile))
            )
            groups.setdefault((gpus.mig_config, gpus.mig_state or _NONE, way), []).append(node.name)
    for (layout, state, way), names in sorted(groups.items()):
        yield Found(
            Code.MIG_LAYOUT,
            Severity.WARNING,
            f"on {len(names)} of {counted(len(compared.nodes), 'node')} ({some(names)}): {MIG_CONFIG_LABEL} asks for "
            f"{layout}, and the GPUs are {_cut(compared)}, as declared ({MIG_CONFIG_STATE_LABEL}: {state}): if MIG "
            "manager still applies it, pods of the pool find no units",
            f"{way}; or {MIG_MANAGER} to see why {layout} is not there, and declare what it makes",
            (layout, *names),
            facts={"nodes": len(names), "declared": compared.units_per_node},
        )


def _cut(compared: ComparedPool) -> str:
    if is_part(compared.pool):
        return "cut in several profiles"
    return f"cut into {compared.profile}" if compared.profile else "whole"
