"""A pool whose nodes are not all cut alike any more: several pools, which a label of their nodes tells apart."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final

from slicewise.documents import NodePool
from slicewise.layouts.gpu_cuts import NodeGpus
from slicewise.layouts.pool_states import with_slices

CUT_LABEL: Final = "slicewise.dev/cut"
"""The label of nodes by which the parts of a pool are told apart."""
KEPT: Final = "kept"
"""Its value on nodes that keep their slices."""
_LONGEST_NAME = 40
_DIGITS = 6


def cut_name(node: NodeGpus) -> str:
    """Return what MIG manager's configuration calls such a node: the same wherever its GPUs are the same."""
    gpus = [",".join(f"{each.profile}:{each.start}" for each in cut.slices) for cut in node.cuts]
    text = ";".join([*gpus, *["whole"] * node.whole])
    return f"slicewise-{hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]}"


def kept_part(pool: NodePool, recut: int) -> NodePool:
    """Return the nodes that keep their slices, under the name of `pool`: what runs there stays."""
    # A part of a pool that is split once more keeps its label, too.
    selector = {CUT_LABEL: KEPT, **pool.node_selector}
    return pool.model_copy(update={"node_count": pool.nodes - recut, "node_selector": selector})


def part_name(pool: str, name: str) -> str:
    """Return the name of a part of the pool `pool` whose nodes have the cut `name`."""
    suffix = name.rpartition("-")[2]
    return f"{pool[: _LONGEST_NAME - len(suffix) - 1].rstrip('-')}-{suffix}"


def new_part(pool: NodePool, recut: int, slices: Mapping[str, int], name: str) -> NodePool:
    """Return the nodes that are cut anew, as a pool of their own; `name` is that of their cut."""
    selector = {**pool.node_selector, CUT_LABEL: name}
    changed = with_slices(pool, slices)
    return changed.model_copy(
        update={"name": part_name(pool.name, name), "node_count": recut, "node_selector": selector}
    )
