"""Encoders of images: transformers over patches, with the projector that brings them to the decoder's width."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from slicewise.sizing.layers.feed_forwards import feed_forward
from slicewise.sizing.tensors import Split, Tensor, linear, norm, unquantised

TOWER: Final = "vision_tower"
"""What the modules of all towers are called here, whatever a checkpoint calls them."""
_COLOURS: Final = 3


@dataclass(frozen=True, slots=True)
class Encoder:
    """The shape of a transformer over patches.

    Attributes:
        hidden: Its width.
        layers: Its layers.
        width: Width of its feed-forward layers.
        patch: Numbers of one patch: colours x size² x frames.
        positions: Rows of learnt positions; 0 for rotary ones.
        gated: Whether its feed-forward layers have gates.
        bias: Whether its projections have biases.
        feed_forward_bias: Whether its feed-forward layers have.
        layer_norm: Whether its norms have biases (LayerNorm, not RMSNorm).
        norms: Norms a layer.
    """

    hidden: int
    layers: int
    width: int
    patch: int
    positions: int = 0
    gated: bool = False
    bias: bool = True
    feed_forward_bias: bool = True
    layer_norm: bool = True
    norms: int = 2


def pixels(size: int, frames: int = 1) -> int:
    """Return the numbers of a square patch of `size` pixels a side."""
    return _COLOURS * size * size * frames


def encoder(shape: Encoder) -> tuple[Tensor, ...]:
    """Return the encoder's tensors. Ranks share its projections (vLLM splits towers as it does decoders)."""
    tensors = [
        unquantised(f"{TOWER}.patch_embed", shape.hidden, shape.patch + shape.bias),
        norm(f"{TOWER}.norm", shape.hidden, bias=shape.layer_norm),
    ]
    if shape.positions:
        tensors.append(unquantised(f"{TOWER}.pos_embed", shape.positions, shape.hidden))
    layer = (
        *linear(f"{TOWER}.attn.qkv", 3 * shape.hidden, shape.hidden, bias=shape.bias),
        *linear(f"{TOWER}.attn.proj", shape.hidden, shape.hidden, Split.COLUMNS, bias=shape.bias),
        *feed_forward(
            shape.hidden, shape.width, gated=shape.gated, bias=shape.feed_forward_bias, module=f"{TOWER}.mlp"
        ),
        *(norm(f"{TOWER}.norm{number}", shape.hidden, bias=shape.layer_norm) for number in range(shape.norms)),
    )
    return (*tensors, *(layer * shape.layers))


def merger(hidden: int, merged: int, output: int, *, bias: bool = True, wide_norm: bool = False) -> tuple[Tensor, ...]:
    """Return a projector that joins patches: two linear layers after a norm (Qwen-VL, Kimi-VL).

    Args:
        hidden: Width of the encoder.
        merged: Patches that are joined.
        output: Width of the decoder.
        bias: Whether its layers have biases.
        wide_norm: Whether the norm is over the joined patches.
    """
    joined = hidden * merged
    return (
        norm(f"{TOWER}.merger.norm", joined if wide_norm else hidden, bias=bias),
        *linear(f"{TOWER}.merger.fc1", joined, joined, bias=bias),
        *linear(f"{TOWER}.merger.fc2", output, joined, Split.COLUMNS, bias=bias),
    )


def projector(hidden: int, output: int, *, bias: bool = True) -> tuple[Tensor, ...]:
    """Return the two linear layers of LLaVA's projector."""
    return (
        *linear(f"{TOWER}.projector.linear_1", output, hidden, bias=bias),
        *linear(f"{TOWER}.projector.linear_2", output, output, Split.COLUMNS, bias=bias),
    )
