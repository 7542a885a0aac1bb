"""How GPUs of one model are cut, as data, as mig-parted's configuration, and as people read it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import Console

from slicewise.diagnostics import counted
from slicewise.layouts import CutGpus, GpuCut
from slicewise.mig import GpuModel
from slicewise.presentation import GOOD, WARNING, print_missing_solver, show_line


def cut_gpus_to_dict(found: CutGpus, gpus: int | None, seconds: float) -> dict[str, Any]:
    """Return an answer as JSON data; `left` is there where so many `gpus` were given."""
    left = {} if gpus is None else {"left": dict(found.left)}
    return {
        "gpus": found.gpus,
        "bound": found.bound,
        "proven": is_proven(found, gpus),
        "layouts": [
            {"gpus": count, "slices": [{"profile": each.profile, "start": each.start} for each in cut.slices]}
            for cut, count in found.cuts
        ],
        **left,
        "seconds": round(seconds, 2),
    }


def is_proven(found: CutGpus, gpus: int | None) -> bool:
    """Return whether no answer is better: none has fewer GPUs, or on so many `gpus` leaves fewer slices."""
    return found.bound == (found.gpus if gpus is None else sum(found.left.values()))


def print_cut_gpus(console: Console, board: GpuModel, found: CutGpus, gpus: int | None, seconds: float) -> None:
    """Print a line for each way in which GPUs are cut, and how good the answer is."""
    show_line(console, f"Layout of {board.name}: slices in the order of creation, and where each begins")
    for cut, count in found.cuts:
        show_line(console, f"  {counted(count, 'GPU')}: {in_order(cut)}")
    for line in _verdict(board, found, gpus):
        show_line(console, line, GOOD if is_proven(found, gpus) else WARNING)
    if not is_proven(found, gpus):
        print_missing_solver(console)
    show_line(console, f"{seconds:.1f} seconds")


def in_order(cut: GpuCut) -> str:
    """Write the slices of a GPU with the memory slices that they begin at: `3g.40gb at 0, 1g.10gb at 4`."""
    return ", ".join(f"{each.profile} at {each.start}" for each in cut.slices)


def _verdict(board: GpuModel, found: CutGpus, gpus: int | None) -> Iterator[str]:
    total = sum(found.slices.values())
    used = counted(found.gpus, "GPU")
    if gpus is None:
        proof = (
            "fewer GPUs cannot have them (proved)"
            if is_proven(found, gpus)
            else f"at least {counted(found.bound, 'GPU')} are needed"
        )
        yield f"{counted(total, 'slice')} on {used} of {board.name}: {proof}"
        return
    left = sum(found.left.values())
    if not left:
        yield f"all {total:,} slices on {used} of {board.name}, of {gpus:,}"
        return
    rest = ", ".join(f"{count:,} x {name}" for name, count in found.left.items())
    proof = (
        "no layout leaves fewer (proved)" if left == found.bound else f"every layout leaves at least {found.bound:,}"
    )
    yield f"{counted(total, 'slice')} on {used} of {board.name}; left over: {rest}: {proof}"
