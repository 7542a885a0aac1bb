"""The rule that the slices of a node can be cut from its GPUs: where each may be on a board decides, not their sum."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from slicewise.diagnostics import Code, Diagnostic, FieldPath, counted, some
from slicewise.documents.cloud_nodes import catalogued
from slicewise.documents.environment import NodePool
from slicewise.mig import MOST_GPUS_CUT, GpuModel, can_be_placed, fewest_gpus, memory_slices


def check_cut(pool: NodePool, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield that no GPUs of a node of the pool at `path`, as many as it has, can be cut into its slices.

    Nothing is said of GPU models and profiles of which it is not known where their slices may be.
    """
    mig, gpu = pool.mig, catalogued(pool)
    if mig is None or not mig.slices or gpu is None or not can_be_placed(gpu, list(mig.slices)):
        return
    cut = pool.accelerator_count - mig.whole_gpus
    if cut < 1 or cut > MOST_GPUS_CUT:
        return
    needed = fewest_gpus(gpu, mig.slices)
    if needed is not None and needed <= cut:
        return
    written = ", ".join(f"{profile}: {count}" for profile, count in mig.slices.items())
    left = f", of which {mig.whole_gpus} stay whole" if mig.whole_gpus else ""
    why, facts = _why(gpu, mig.slices, cut)
    yield Diagnostic.error(
        Code.SLICES_DO_NOT_FIT,
        f"a node's slices ({written}) do not fit on its {counted(cut, 'GPU')} of {gpu.name}: {why}; they would need "
        f"{needed or f'more than {MOST_GPUS_CUT}'}, and a node has {pool.accelerator_count}{left}",
        _remedy(gpu, mig.slices, cut),
        field=(*path, "capabilities", "migConfiguration", "slices"),
        slices=dict(mig.slices),
        gpus=cut,
        needed=needed or MOST_GPUS_CUT + 1,
        gpusOfANode=pool.accelerator_count,
        wholeGpus=mig.whole_gpus,
        **facts,
    )


def _why(gpu: GpuModel, slices: Mapping[str, int], cut: int) -> tuple[str, dict[str, Any]]:
    """Say what is exceeded: the instances of one profile, the memory slices of all, or the places that there are."""
    known = {name: profile for name in slices if (profile := gpu.profile(name))}
    for name, count in slices.items():
        most = known[name].per_gpu
        if count > most * cut:
            return f"a GPU has room for at most {counted(most, 'slice')} of {name}", {"slicesPerGpu": most}
    taken, board = sum(known[name].memory_slices * count for name, count in slices.items()), memory_slices(gpu)
    if taken > board * cut:
        facts = {"memorySlices": taken, "memorySlicesOfAGpu": board}
        return f"together they take {taken} memory slices, and each GPU has {board}", facts
    largest = max(known.values(), key=lambda profile: (profile.memory_slices, profile.name))
    starts = some([str(each) for each in largest.starts], between=" or ", word="or")
    where = f"a slice of {largest.name} can only begin at memory slice {starts}"
    return f"no arrangement has a place for all of them ({where})", {"starts": list(largest.starts)}


def _remedy(gpu: GpuModel, slices: Mapping[str, int], cut: int) -> str:
    """Return the smallest change to one profile with which they can be cut, or that no such change is enough."""
    by_size = sorted(slices, key=lambda name: (profile.memory_slices if (profile := gpu.profile(name)) else 0, name))
    for name in by_size:
        for count in range(slices[name] - 1, -1, -1):
            fewer = {**slices, name: count} if count else {key: n for key, n in slices.items() if key != name}
            needed = fewest_gpus(gpu, fewer) if fewer else None
            if needed is not None and needed <= cut:
                what = f"{name}: {count}" if count else f"no {name}"
                return f"write what a node really has (its status.allocatable), for example {what}"
    return "write what a node really has: its status.allocatable"
