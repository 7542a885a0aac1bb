"""The rule that the slices of a node can be cut from its GPUs: where each may be on a board decides, not their sum."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

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
    at_least = f"{needed}" if needed else f"more than {MOST_GPUS_CUT}"
    left = f", of which {mig.whole_gpus} are left whole" if mig.whole_gpus else ""
    written = ", ".join(f"{profile}: {count}" for profile, count in mig.slices.items())
    yield Diagnostic.error(
        Code.SLICES_DO_NOT_FIT,
        f"{counted(cut, f'{gpu.name} GPU')} cannot be cut into {written}: {_why(gpu, mig.slices, cut)}; that takes "
        f"{at_least}, and a node has {counted(pool.accelerator_count, 'GPU')}{left}",
        _remedy(gpu, mig.slices, cut),
        field=(*path, "capabilities", "migConfiguration", "slices"),
        slices=dict(mig.slices),
        gpus=cut,
        needed=needed,
    )


def _why(gpu: GpuModel, slices: Mapping[str, int], cut: int) -> str:
    """Say what is exceeded: the instances of one profile, the memory slices of all, or the places that there are."""
    known = {name: profile for name in slices if (profile := gpu.profile(name))}
    for name, count in slices.items():
        most = known[name].per_gpu * cut
        if count > most:
            return f"a GPU has at most {known[name].per_gpu} of {name}"
    taken = sum(known[name].memory_slices * count for name, count in slices.items())
    if taken > memory_slices(gpu) * cut:
        return f"they take {taken} memory slices, of which a GPU has {memory_slices(gpu)}"
    largest = max(known.values(), key=lambda profile: (profile.memory_slices, profile.name))
    starts = some([str(each) for each in largest.starts], between=" or ", word="or")
    return f"not every slice finds a place beside the others ({largest.name} begins at memory slice {starts})"


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
