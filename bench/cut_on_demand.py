"""GPUs that are cut on demand: what is promised in any order, what the best one holds, and what GPUs cut in advance."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

from bench.result_tables import Table
from slicewise.mig import MOST_GPUS_CUT, GpuModel, fewest_gpus, find_gpu_model, on_demand_gpu
from slicewise.planning import NodeSize, OnDemandNode, PodSize, SharedPod, is_sound_on_demand

NODES: Final = 2
GPUS: Final = MOST_GPUS_CUT // NODES
"""GPUs of a node: all nodes together have as many as a best cut is looked for."""
# How many slices are asked for of each profile, for one of the others or several.
_MIXES: Final[Sequence[tuple[str, Mapping[str, int]]]] = (
    ("h100-80gb", {"3g.40gb": 1}),
    ("h100-80gb", {"1g.10gb": 1, "3g.40gb": 1}),
    ("h100-80gb", {"1g.10gb": 4, "3g.40gb": 1}),
    ("h100-80gb", {"1g.10gb": 1, "2g.20gb": 1}),
    ("h100-80gb", {"2g.20gb": 1, "3g.40gb": 1}),
    ("h100-80gb", {"1g.10gb": 1, "7g.80gb": 1}),
    ("h100-80gb", {"1g.10gb": 4, "2g.20gb": 2, "3g.40gb": 1}),
    ("a30", {"1g.6gb": 1, "2g.12gb": 1}),
    ("a30", {"1g.6gb": 4, "2g.12gb": 1}),
)


@dataclass(frozen=True)
class Promise:
    """The most slices of one mix on some GPUs, by who decides what goes where."""

    gpu: str
    mix: str
    any_order: int
    best_order: int
    in_advance: int
    """Where each GPU is cut into one profile before pods come."""


def measure_promises() -> Sequence[Promise]:
    """Return what is promised for each mix."""
    return [_measure(find_gpu_model(gpu), mix) for gpu, mix in _MIXES]


def _measure(gpu: GpuModel, mix: Mapping[str, int]) -> Promise:
    written = " + ".join(f"{count} x {profile}" for profile, count in mix.items())
    checks: tuple[Callable[[GpuModel, Mapping[str, int]], bool], ...] = (_is_promised, _can_be_cut, _is_cut_in_advance)
    return Promise(gpu.name, written, *(_most(gpu, mix, check) for check in checks))


def _most(gpu: GpuModel, mix: Mapping[str, int], check: Callable[[GpuModel, Mapping[str, int]], bool]) -> int:
    """Return the most slices in the proportions of `mix`, the rest in the order of the mix."""
    asked = dict.fromkeys(mix, 0)
    while True:
        for profile, share in mix.items():
            for _ in range(share):
                more = {**asked, profile: asked[profile] + 1}
                if not check(gpu, more):
                    return sum(asked.values())
                asked = more


def _is_promised(gpu: GpuModel, asked: Mapping[str, int]) -> bool:
    profiles = tuple(asked)
    board = on_demand_gpu(gpu.name, profiles)
    sizes = [NodeSize(GPUS * each.per_gpu) for each in board.profiles]
    pods = {SharedPod(number, PodSize(1)): asked[profile] for number, profile in enumerate(profiles)}
    return is_sound_on_demand(NODES, OnDemandNode(GPUS, board, sizes), pods)


def _can_be_cut(gpu: GpuModel, asked: Mapping[str, int]) -> bool:
    needed = fewest_gpus(gpu, {profile: count for profile, count in asked.items() if count})
    return needed is not None and needed <= NODES * GPUS


def _is_cut_in_advance(gpu: GpuModel, asked: Mapping[str, int]) -> bool:
    per_gpu = {each.name: each.per_gpu for each in gpu.profiles}
    return sum(ceil(count / per_gpu[profile]) for profile, count in asked.items()) <= NODES * GPUS


def promises_table(promises: Sequence[Promise]) -> Table:
    """Return slices by mix, and which part of those of the best order is promised in any."""
    columns = ("GPUs", "slices", "in any order", "in the best", "promised", "each GPU cut into one profile")
    rows = [
        (
            f"{NODES * GPUS} x {each.gpu}",
            each.mix,
            str(each.any_order),
            str(each.best_order),
            f"{each.any_order / each.best_order:.0%}",
            str(each.in_advance),
        )
        for each in promises
    ]
    return Table("GPUs that are cut on demand", columns, rows)
