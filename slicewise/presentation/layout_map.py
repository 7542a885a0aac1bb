"""GPUs with their slices before and after: each a bar of memory slices, GPUs that are alike on one line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.console import Console
from rich.text import Text

from slicewise.diagnostics import counted, printable
from slicewise.layouts import FleetLayout, GpuCut, PoolProposal, fewest_gpus_for, slice_needs
from slicewise.mig import GpuModel, memory_slices
from slicewise.presentation.palette import FREE, GOOD

# Room for the shortest name of a slice, 1g, on one of eight memory slices.
_WIDTH = 3
_TWELFTHS = 12
_COUNT = 8


def print_layout_map(console: Console, found: FleetLayout) -> None:
    """Print one node of every pool that is cut anew, as it is and as it would be."""
    for item in found.pools:
        for new in item.new:
            environment, pool = item.state.key
            title = f"{printable(environment)} {printable(pool)}: {counted(new.nodes, 'node')} of "
            console.print(Text(f"{title}{item.state.pool.nodes:,}", "bold"))
            _print_gpus(console, item, "now", _now(item), "")
            _print_gpus(console, item, "proposed", new.gpus, GOOD)


def _print_gpus(console: Console, item: PoolProposal, title: str, gpus: Sequence[GpuCut], style: str) -> None:
    console.print(Text(f"  {title}", FREE))
    for line in _lines(_board(item), gpus, style):
        console.print(line, overflow="crop", no_wrap=True)


def _board(item: PoolProposal) -> GpuModel:
    if item.state.board is None:
        raise AssertionError(f"{item.state.key} is cut anew, but its GPUs are not known")
    return item.state.board


def _now(item: PoolProposal) -> Sequence[GpuCut]:
    """Return a way in which a node's GPUs may be cut now: documents say how many slices it has."""
    cuts = fewest_gpus_for(_board(item), slice_needs(item.state.slices), 0).cuts
    return [cut for cut, count in cuts for _ in range(count)]


def _lines(board: GpuModel, gpus: Sequence[GpuCut], style: str) -> Iterator[Text]:
    for _, alike in groupby(gpus, key=lambda cut: cut.counts):
        same = list(alike)
        line = Text(f"  {counted(len(same), 'GPU'):>{_COUNT}} ")
        yield line.append(_bar(board, same[0]), style)


def _bar(board: GpuModel, cut: GpuCut) -> str:
    """Draw a GPU: `|1g|1g|1g|1g|3g.40gb    |`."""
    total = memory_slices(board)
    width = _WIDTH * 8 // total if total < _TWELFTHS else _WIDTH
    sizes = {profile.name: profile.memory_slices for profile in board.profiles}
    drawn = ["|"]
    at = 0
    for each in sorted(cut.slices, key=lambda slice_: slice_.start):
        drawn.append(_free(each.start - at, width))
        drawn.append(_named(each.profile, sizes[each.profile] * width))
        at = each.start + sizes[each.profile]
    drawn.append(_free(total - at, width))
    return "".join(drawn)


def _named(profile: str, width: int) -> str:
    short = profile if len(profile) < width else profile.partition(".")[0]
    return f"{short[: width - 1]:<{width - 1}}|"


def _free(slices: int, width: int) -> str:
    return f"{' ' * (slices * width - 1)}|" if slices else ""
