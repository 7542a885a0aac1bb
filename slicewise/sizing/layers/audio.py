"""Encoders of audio: conformers, which have convolutions between attention and feed-forward layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from slicewise.sizing.layers.towers import TOWER
from slicewise.sizing.tensors import Tensor, norm, unquantised

_EXPANSION: Final = 4
_NORMS: Final = 8
# Numbers of a frame's spectrum after two strides of two.
_FRAME: Final = 128 // 4
_KERNEL: Final = 9


@dataclass(frozen=True, slots=True)
class Conformer:
    """The shape of a conformer.

    Attributes:
        hidden: Its width.
        layers: Its layers.
        kernel: Width of the convolution.
        output: Width of what it gives.
        channels: Channels of the two convolutions before it.
    """

    hidden: int
    layers: int
    kernel: int
    output: int
    channels: tuple[int, ...]


def conformer(shape: Conformer) -> tuple[Tensor, ...]:
    """Return a conformer's tensors: two feed-forward halves, attention with relative positions, a convolution.

    vLLM takes it from transformers, so that nothing of it is quantised or split (v0.23, models/gemma4_mm.py).
    """
    hidden, wide = shape.hidden, shape.hidden * _EXPANSION
    layer = (
        *(unquantised(f"{TOWER}.audio.feed_forward", wide, hidden) for _ in range(2 * 2)),
        *(unquantised(f"{TOWER}.audio.attention", hidden, hidden) for _ in range(5)),
        unquantised(f"{TOWER}.audio.convolution.start", 2 * hidden, hidden),
        unquantised(f"{TOWER}.audio.convolution.end", hidden, hidden),
        unquantised(f"{TOWER}.audio.convolution", hidden, shape.kernel),
        *(norm(f"{TOWER}.audio.norm", hidden) for _ in range(_NORMS)),
    )
    first, *others = shape.channels or (1,)
    last = others[-1] if others else first
    return (
        unquantised(f"{TOWER}.audio.subsample.0", first, _KERNEL),
        unquantised(f"{TOWER}.audio.subsample.1", last, first * _KERNEL),
        unquantised(f"{TOWER}.audio.input", hidden, last * _FRAME),
        *(layer * shape.layers),
        unquantised(f"{TOWER}.audio.output", shape.output, hidden),
    )
