"""Nodes as an operator may lay them out: GPUs, how each is cut, the MIG strategy, and what is shared.

Each is named after what it is: `h100-80gb/half-cut/mixed`, or `a100-40gb/whole/none/gpu-shared`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

Sharing = Mapping[str, Any]


@dataclass(frozen=True)
class GpuLayout:
    """One GPU.

    Attributes:
        board: The board, as `toolchain/nvidia/boards.go` calls it.
        mig: Whether its MIG mode is on.
        slices: MIG profiles of its slices; "3g.20gb:1c" is one that is split into compute instances of one slice.
    """

    board: str
    mig: bool = False
    slices: tuple[str, ...] = ()


@dataclass(frozen=True)
class NodeLayout:
    """One node.

    Attributes:
        gpus: Its GPUs, in their order.
        strategy: The MIG strategy that the device plugin and GPU feature discovery run with: none, single or mixed.
        sharing: The section `sharing` of their config file.
    """

    gpus: tuple[GpuLayout, ...]
    strategy: str
    sharing: Sharing | None = None

    def as_json(self) -> dict[str, object]:
        """Return it as `toolchain/nvidia/main.go` reads it."""
        gpus = [{"board": gpu.board, "mig": gpu.mig, "slices": list(gpu.slices)} for gpu in self.gpus]
        return {"gpus": gpus, "strategy": self.strategy} | ({"sharing": self.sharing} if self.sharing else {})


@dataclass(frozen=True)
class _Board:
    """How one GPU can be cut, from the tables of NVIDIA's MIG User Guide.

    Attributes:
        gpus: How many a node has here.
        alike: Slices of one profile, as many as a GPU holds.
        unlike: Slices of several profiles.
        suffixed: Slices among which are some with media extensions or graphics.
        split: Slices that are split into compute instances.
    """

    gpus: int
    alike: tuple[tuple[str, int], ...]
    unlike: tuple[str, ...]
    suffixed: Mapping[str, tuple[str, ...]]
    split: tuple[str, ...]


def _seven(one: str, two: str, four: str, eight: str) -> _Board:
    """Return a board with seven slices, given the GB in the names of one, two, four and eight eighths."""
    small = f"1g.{one}gb"
    return _Board(
        8,
        (
            *((small, 7), (f"1g.{two}gb", 4), (f"2g.{two}gb", 3)),
            *((f"3g.{four}gb", 2), (f"4g.{four}gb", 1), (f"7g.{eight}gb", 1)),
        ),
        (f"3g.{four}gb", f"2g.{two}gb", small, small),
        {"me": (*[small] * 6, f"{small}+me"), "only-me": (f"{small}+me",)},
        (f"3g.{four}gb:1c",) * 2,
    )


_BOARDS: Final = {
    "a100-40gb": _seven("5", "10", "20", "40"),
    "a100-80gb": _seven("10", "20", "40", "80"),
    "h100-80gb": _seven("10", "20", "40", "80"),
    "h200": _seven("18", "35", "71", "141"),
    "a30": _Board(
        4,
        (("1g.6gb", 4), ("2g.12gb", 2), ("4g.24gb", 1)),
        ("2g.12gb", "1g.6gb", "1g.6gb"),
        {"me": ("1g.6gb", "1g.6gb", "1g.6gb", "1g.6gb+me")},
        ("2g.12gb:1c",) * 2,
    ),
    "rtx-pro-6000": _Board(
        4,
        (("1g.24gb", 4), ("2g.48gb", 2), ("4g.96gb", 1)),
        ("2g.48gb", "1g.24gb", "1g.24gb"),
        {
            "gfx": ("1g.24gb+gfx",) * 4,
            "without-me": ("1g.24gb-me",) * 4,
            "me": ("1g.24gb", "1g.24gb", "1g.24gb", "1g.24gb+me"),
            "all-me": ("1g.24gb+me.all", "1g.24gb-me", "1g.24gb-me", "1g.24gb-me"),
        },
        ("2g.48gb:1c",) * 2,
    ),
}
_STRATEGIES: Final = ("none", "single", "mixed")
_GPU: Final = "nvidia.com/gpu"


def layouts() -> dict[str, NodeLayout]:
    """Return all layouts by name."""
    kinds = (_of_one_model, _without_mig, _shared, _of_two_models, _with_long_names)
    return {name: layout for kind in kinds for name, layout in kind()}


def _of_one_model() -> Iterator[tuple[str, NodeLayout]]:
    for name, board in _BOARDS.items():
        for kind, gpus in _kinds(name, board):
            for strategy in _STRATEGIES:
                yield f"{name}/{kind}/{strategy}", NodeLayout(gpus, strategy)


def _without_mig() -> Iterator[tuple[str, NodeLayout]]:
    """Yield nodes with a board that cannot be cut."""
    for strategy in _STRATEGIES:
        yield f"l40s/whole/{strategy}", NodeLayout((GpuLayout("l40s"),) * 4, strategy)


def _kinds(name: str, board: _Board) -> Iterator[tuple[str, tuple[GpuLayout, ...]]]:
    """Yield what the GPUs of a node with one board may look like."""
    whole = (GpuLayout(name),)
    empty = (GpuLayout(name, mig=True),)
    alike = [(GpuLayout(name, mig=True, slices=(profile,) * count),) for profile, count in board.alike]
    half = board.gpus // 2
    yield "whole", whole * board.gpus
    for (profile, _), gpu in zip(board.alike, alike, strict=True):
        yield f"all-{profile}", gpu * board.gpus
    yield "balanced", (GpuLayout(name, mig=True, slices=board.unlike),) * board.gpus
    yield "unequal", alike[1] + alike[0] * (board.gpus - 1)
    yield "half-cut", alike[-2] * half + whole * half
    yield "half-balanced", (GpuLayout(name, mig=True, slices=board.unlike),) * half + whole * half
    yield "not-cut", empty * board.gpus
    yield "one-not-cut", empty + alike[0] * (board.gpus - 1)
    yield "half-not-cut", empty * half + whole * half
    yield "split", (GpuLayout(name, mig=True, slices=board.split),) * board.gpus
    for kind, slices in board.suffixed.items():
        yield kind, (GpuLayout(name, mig=True, slices=slices),) * board.gpus


def _time_slicing(*resources: str, replicas: int = 4, renamed: bool = False) -> Sharing:
    shared = [{"name": resource, "replicas": replicas} for resource in resources]
    return {"timeSlicing": ({"renameByDefault": True} if renamed else {}) | {"resources": shared}}


def _shared() -> Iterator[tuple[str, NodeLayout]]:
    for name, board in _BOARDS.items():
        kinds = dict(_kinds(name, board))
        smallest, large = board.alike[0][0], board.alike[-2][0]
        cut = f"nvidia.com/mig-{large}"
        ways = {
            f"whole/none/{_GPU}": _time_slicing(_GPU),
            f"whole/mixed/{_GPU}-renamed": _time_slicing(_GPU, renamed=True),
            f"whole/none/{_GPU}-mps": {"mps": {"resources": [{"name": _GPU, "replicas": 4}]}},
            f"whole/none/{cut}": _time_slicing(cut),
            f"all-{smallest}/none/{_GPU}": _time_slicing(_GPU),
            f"all-{smallest}/none/{_GPU}-mps": {"mps": {"resources": [{"name": _GPU, "replicas": 4}]}},
            f"all-{smallest}/single/{_GPU}": _time_slicing(_GPU),
            f"all-{large}/mixed/{cut}": _time_slicing(cut),
            f"all-{large}/mixed/{cut}-renamed": _time_slicing(cut, renamed=True, replicas=3),
            f"all-{large}/mixed/{_GPU}": _time_slicing(_GPU),
            f"half-cut/mixed/{_GPU}": _time_slicing(_GPU),
            f"half-cut/mixed/{_GPU}-renamed": _time_slicing(_GPU, renamed=True),
            f"half-cut/mixed/{cut}": _time_slicing(cut),
            f"half-cut/mixed/{cut}-renamed": _time_slicing(cut, renamed=True),
            f"half-cut/mixed/{_GPU}+{cut}": _time_slicing(_GPU, cut, replicas=2),
            f"not-cut/none/{_GPU}": _time_slicing(_GPU, replicas=7),
        }
        for way, sharing in ways.items():
            kind, strategy, shared = way.split("/", 2)
            short = shared.replace("nvidia.com/", "").replace("+", "-and-")
            yield f"{name}/{kind}/{strategy}/{short}-shared", NodeLayout(kinds[kind], strategy, sharing)


def _of_two_models() -> Iterator[tuple[str, NodeLayout]]:
    """Yield nodes with GPUs of two boards, those of the first board first."""
    pairs = (
        ("h100-80gb", 4, "a100-40gb", 4),
        ("h100-80gb", 4, "a100-80gb", 4),
        ("h100-80gb", 4, "h200", 4),
        ("h100-80gb", 4, "l40s", 4),
        ("h200", 6, "a30", 2),
    )
    for one, first, other, second in pairs:
        for kind, (former, latter) in _kinds_of_two(one, other):
            for strategy in _STRATEGIES:
                yield f"{one}+{other}/{kind}/{strategy}", NodeLayout((former,) * first + (latter,) * second, strategy)


def _kinds_of_two(one: str, other: str) -> Iterator[tuple[str, tuple[GpuLayout, GpuLayout]]]:
    """Yield what the GPUs of a node with two boards may look like: one of each."""
    whole = (GpuLayout(one), GpuLayout(other))
    yield "whole", whole
    yield "cut-and-whole", (_in_large_slices(one), whole[1])
    if other in _BOARDS:
        yield "whole-and-cut", (whole[0], _in_large_slices(other))
        yield "each-cut", (_in_large_slices(one), _in_large_slices(other))
    if (one, other) == ("h100-80gb", "a100-80gb"):
        # Slices of one name, of which not all GPUs have as many.
        seven, four = (GpuLayout(board, mig=True, slices=("1g.10gb",) * n) for board, n in ((one, 7), (other, 4)))
        yield "all-1g.10gb", (seven, four)


def _in_large_slices(board: str) -> GpuLayout:
    """Return a GPU in the largest slices of which it holds two."""
    profile, count = [each for each in _BOARDS[board].alike if each[1] > 1][-1]
    return GpuLayout(board, mig=True, slices=(profile,) * count)


def _with_long_names() -> Iterator[tuple[str, NodeLayout]]:
    """Yield nodes whose product label, with a profile, has more than the 63 characters that Kubernetes takes."""
    board = "rtx-pro-6000-max-q"
    cut = GpuLayout(board, mig=True, slices=("1g.24gb",) * 4)
    for strategy in _STRATEGIES:
        yield f"{board}/whole/{strategy}", NodeLayout((GpuLayout(board),) * 4, strategy)
        yield f"{board}/all-1g.24gb/{strategy}", NodeLayout((cut,) * 4, strategy)
        yield f"{board}/half-cut/{strategy}", NodeLayout((cut,) * 2 + (GpuLayout(board),) * 2, strategy)
    yield f"{board}/whole/none/gpu-shared", NodeLayout((GpuLayout(board),) * 4, "none", _time_slicing(_GPU))
    shared = _time_slicing(_GPU)
    yield f"{board}/all-1g.24gb/single/gpu-shared", NodeLayout((cut,) * 4, "single", shared)
