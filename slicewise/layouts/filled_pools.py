"""A proposal without OR-Tools: what the pools do not serve as they are is given to nodes that nothing needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from slicewise.layouts.fleet_program import NewCut
from slicewise.layouts.gpu_cuts import GpuCut, cut_into
from slicewise.layouts.pool_states import PoolState
from slicewise.layouts.served_demands import UnplacedDemand
from slicewise.mig import GpuModel

# The most urgent of those that could be on a pool; each takes some milliseconds to try.
_MOST_TRIED: Final = 40


def filled_pools(states: Sequence[PoolState], demands: Sequence[UnplacedDemand]) -> dict[int, tuple[NewCut, ...]]:
    """Return what is cut anew, by the number of the pool: one pool after the other, for the most urgent first.

    Args:
        states: The pools, with nodes that are free though everything has its place that has one now.
        demands: What has none.
    """
    left = {demand.key: demand.missing for demand in demands}
    urgent = sorted(demands, key=lambda demand: (-demand.priority, -demand.replicas, demand.key))
    found: dict[int, tuple[NewCut, ...]] = {}
    for number, state in enumerate(states):
        here = [(demand, name) for demand in urgent if left[demand.key] and (name := _profile(demand, number))]
        may = state.free_nodes and (state.may_split or state.free_nodes == state.pool.nodes)
        new = _filled(state, here) if may and here else None
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
    gpus = [Counter[str]() for _ in range(state.gpus)]
    wanted: Counter[str] = Counter()
    for demand, name in demands[:_MOST_TRIED]:
        # What no node has room for any more would take it from what comes first.
        of_a_node = -(-(wanted[name] + demand.replicas) // state.free_nodes)
        fuller = _with(state.board, gpus, name, of_a_node - sum(gpu[name] for gpu in gpus))
        if fuller:
            gpus = fuller
            wanted[name] += demand.replicas
    cuts = [cut for gpu in gpus if gpu and (cut := cut_into(state.board, gpu))]
    return NewCut(state.free_nodes, _on_every_gpu(cuts, state.gpus)) if cuts else None


def _with(board: GpuModel, gpus: Sequence[Counter[str]], name: str, more: int) -> list[Counter[str]] | None:
    """Return GPUs with some more slices, each on the first that still holds it; None where not all have a place."""
    found = list(gpus)
    number = 0
    for _ in range(more):
        while number < len(found) and cut_into(board, found[number] + Counter([name])) is None:
            number += 1
        if number == len(found):
            return None
        found[number] = found[number] + Counter([name])
    return found


def _on_every_gpu(cuts: Sequence[GpuCut], gpus: int) -> tuple[GpuCut, ...]:
    """Return `cuts` with the most frequent of them on all other of a node's `gpus` that are cut.

    MIG manager leaves a GPU that its config does not list as it is, and the node would have slices that its document
    lacks (mig-parted v0.13.1, cmd/nvidia-mig-parted/assert).
    """
    most, _ = Counter(cuts).most_common(1)[0]
    by_cut = Counter((*cuts, *[most] * (gpus - len(cuts))))
    return tuple(by_cut.elements())
