"""A proposal without OR-Tools: what the pools do not serve as they are is given to nodes that nothing needs."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Final

from slicewise.layouts.filling import most_slices_on
from slicewise.layouts.fleet_program import NewCut
from slicewise.layouts.gpu_cuts import GpuCut
from slicewise.layouts.pool_states import PoolState
from slicewise.layouts.served_demands import UnplacedDemand

# The most urgent of those that could be on a pool; each takes some milliseconds to try.
_MOST_TRIED: Final = 40


def filled_pools(
    states: Sequence[PoolState], demands: Sequence[UnplacedDemand], until: float = math.inf
) -> dict[int, tuple[NewCut, ...]]:
    """Return what is cut anew, by the number of the pool: one pool after the other, for the most urgent first.

    Args:
        states: The pools, with nodes that are free though everything has its place that has one now.
        demands: What has none.
        until: When to leave the other pools as they are, by the monotonic clock.
    """
    left = {demand.key: demand.missing for demand in demands}
    urgent = sorted(demands, key=lambda demand: (-demand.priority, -demand.replicas, demand.key))
    found: dict[int, tuple[NewCut, ...]] = {}
    for number, state in enumerate(states):
        here = [(demand, name) for demand in urgent if left[demand.key] and (name := _profile(demand, number))]
        may = state.free_nodes and (state.may_split or state.free_nodes == state.pool.nodes)
        new = _filled(state, here) if may and here and monotonic() < until else None
        if new is None:
            continue
        found[number] = (new,)
        room = Counter({name: count * new.nodes for name, count in new.slices.items()})
        for demand, name in here:
            if demand.replicas <= room[name]:
                room[name] -= demand.replicas
                left[demand.key] -= 1
    return found


def _profile(demand: UnplacedDemand, number: int) -> str:
    """Return the slice that serves a demand on a pool whose nodes are cut anew; empty where none does."""
    return next((unit.profile for unit in demand.units if unit.pool == number and unit.profile), "")


def _filled(state: PoolState, demands: Sequence[tuple[UnplacedDemand, str]]) -> NewCut | None:
    if state.board is None:
        return None
    wanted: Counter[str] = Counter()
    for demand, name in demands[:_MOST_TRIED]:
        # What no node has room for any more would take it from what comes first.
        more = wanted + Counter({name: demand.replicas})
        if not most_slices_on(state.board, _of_a_node(more, state.free_nodes), state.gpus, 0).left:
            wanted = more
    if not wanted:
        return None
    cuts = most_slices_on(state.board, _of_a_node(wanted, state.free_nodes), state.gpus, 0).cuts
    chosen = [cut for cut, count in cuts for _ in range(count)]
    return NewCut(state.free_nodes, _on_every_gpu(chosen, state.gpus))


def _on_every_gpu(cuts: Sequence[GpuCut], gpus: int) -> tuple[GpuCut, ...]:
    """Return `cuts` with the most frequent of them on all other of a node's `gpus` that are cut.

    MIG manager leaves a GPU that its config does not list as it is, and the node would have slices that its document
    lacks (mig-parted v0.13.1, cmd/nvidia-mig-parted/assert).
    """
    most, _ = Counter(cuts).most_common(1)[0]
    by_cut = Counter((*cuts, *[most] * (gpus - len(cuts))))
    return tuple(by_cut.elements())


def _of_a_node(wanted: Mapping[str, int], nodes: int) -> dict[str, int]:
    return {name: -(-count // nodes) for name, count in wanted.items()}
