"""A model as far as its memory goes: layers of tensors and caches, and what surrounds them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from slicewise.sizing.caches import Cache
from slicewise.sizing.quantization import Quantization
from slicewise.sizing.tensors import Tensor


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of the decoder.

    Attributes:
        tensors: Its weights, named below the layer.
        cache: What it keeps of a request; None where it keeps nothing (feed-forward layers of hybrids), or shares
            another layer's cache.
    """

    tensors: tuple[Tensor, ...]
    cache: Cache | None


class Images(Enum):
    """What the encoder for images, video or audio costs while vLLM profiles."""

    NONE = auto()
    """Text only."""
    FIXED = auto()
    """A number of patches an image that the config bounds (Gemma 3, LLaVA, Pixtral, Kimi-VL)."""
    ANY_RESOLUTION = auto()
    """As many patches as the image has: the profile run takes the largest (Qwen-VL, Qwen 3.5)."""


@dataclass(frozen=True, slots=True)
class Rotary:
    """A cache of rotary positions, which vLLM counts among the weights.

    Attributes:
        positions: How many it holds.
        size: Numbers of each.
        number_bytes: Bytes of a number; 0 for those of the model's own format.
    """

    positions: int
    size: int
    number_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Architecture:
    """A model, read from its `config.json`.

    Attributes:
        model_type: As the config says: `gemma3`.
        dtype_bytes: Bytes of the model's own number format: 2, or 4 for float32.
        hidden_size: Width of the residual stream.
        vocabulary: Rows of the output head, which the sampler's memory goes by.
        longest: The longest context that vLLM derives from the config; None where it says none.
        unstated_length: The longest request where the arguments state none; `longest` but with LongRoPE.
        layers: The decoder's layers.
        outside: Weights outside the layers: embeddings, head, last norm.
        towers: Encoders for images and audio, and their projectors.
        tied: Whether the head is the embedding.
        rotaries: Caches of positions, one for each way of rotating.
        feed_forward: The widest feed-forward of one token, experts and shared experts together.
        expert_hidden: Rows that a token takes in a layer of experts: experts a token x hidden size; 0 where dense.
        expert_width: Experts a token x their width; 0 where dense.
        images: What the encoder costs while profiling.
        pooling: Whether it gives vectors or classes, so that no sampler runs.
        quantization: How the checkpoint's weights are held.
    """

    model_type: str
    dtype_bytes: int
    hidden_size: int
    vocabulary: int
    longest: int | None
    unstated_length: int | None
    layers: tuple[Layer, ...]
    outside: tuple[Tensor, ...]
    tied: bool
    rotaries: tuple[Rotary, ...]
    feed_forward: int
    quantization: Quantization
    towers: tuple[Tensor, ...] = ()
    expert_hidden: int = 0
    expert_width: int = 0
    images: Images = Images.NONE
    pooling: bool = False

    @property
    def experts(self) -> bool:
        """Whether layers have experts."""
        return self.expert_width > 0
