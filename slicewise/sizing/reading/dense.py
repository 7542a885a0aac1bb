"""Models that are stacks of attention and a dense feed-forward layer, and differ in biases and norms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from slicewise.sizing.architecture import Architecture, Layer, Rotary
from slicewise.sizing.layers import Heads, feed_forward, grouped_attention
from slicewise.sizing.quantization import Quantization
from slicewise.sizing.reading.decoder_parts import (
    FULL,
    SLIDING,
    assembled,
    layer_kinds,
    outside,
    read_heads,
    read_tied,
    read_window,
    rotated_size,
)
from slicewise.sizing.reading.fields import Fields
from slicewise.sizing.reading.rotary import read_rotary, scaled_rotary
from slicewise.sizing.tensors import Tensor, norm


@dataclass(frozen=True, slots=True)
class Traits:
    """How a model differs from Llama.

    Attributes:
        bias: The field that gives queries, keys and values a bias; True for always, None for never.
        bias_default: Its value where the config has none.
        output_bias: The same for attention's output.
        output_bias_default: Its value where the config has none.
        feed_forward_bias: The same for the feed-forward layers.
        gated: Whether these have gates.
        norms: Norms of the hidden size in a layer.
        layer_norm: Whether norms have biases.
        query_norm: How queries and keys are normalised: a head (`head`), all heads together (`all`), or not.
        query_norm_field: The field that switches this on; empty for always.
        tied: Whether the head is the embedding, where the config does not say.
        head_bias: Whether the head has a bias.
        own_rotary: Whether layers that slide rotate in a way of their own.
        pattern: Every so many-th layer is full and the others slide, where the config has no `layer_types`; 0: none.
    """

    bias: str | bool | None = None
    bias_default: bool = False
    output_bias: str | bool | None = None
    output_bias_default: bool = False
    feed_forward_bias: str | bool | None = None
    gated: bool = True
    norms: int = 2
    layer_norm: bool = False
    query_norm: str = ""
    query_norm_field: str = ""
    tied: bool = False
    head_bias: bool = False
    own_rotary: bool = False
    pattern: int = 0


_ATTENTION_BIAS: Final = "attention_bias"
_LLAMA: Final = Traits(bias=_ATTENTION_BIAS, output_bias=_ATTENTION_BIAS, feed_forward_bias="mlp_bias")
_GEMMA2: Final = Traits(bias=_ATTENTION_BIAS, output_bias=_ATTENTION_BIAS, norms=4, tied=True, pattern=2)

# From the files of vLLM v0.23, model_executor/models, that its registry names for each.
TRAITS: Final = {
    "llama": _LLAMA,
    "mistral": _LLAMA,
    "ministral": _LLAMA,
    "ministral3": _LLAMA,
    "granite": _LLAMA,
    "smollm3": Traits(bias=_ATTENTION_BIAS, output_bias=_ATTENTION_BIAS, feed_forward_bias="mlp_bias", tied=True),
    "arcee": Traits(bias=_ATTENTION_BIAS, output_bias=_ATTENTION_BIAS, feed_forward_bias="mlp_bias", gated=False),
    "qwen2": Traits(bias=True),
    "mimo": Traits(bias=True),
    "qwen3": Traits(bias=_ATTENTION_BIAS, query_norm="head"),
    "gemma": Traits(tied=True),
    "gemma2": _GEMMA2,
    "gemma3_text": Traits(
        bias=_ATTENTION_BIAS,
        output_bias=_ATTENTION_BIAS,
        norms=4,
        query_norm="head",
        tied=True,
        own_rotary=True,
        pattern=6,
    ),
    "phi": Traits(
        bias=True,
        output_bias=True,
        feed_forward_bias=True,
        gated=False,
        norms=1,
        layer_norm=True,
        head_bias=True,
    ),
    "phi3": Traits(),
    "starcoder2": Traits(
        bias="use_bias",
        bias_default=True,
        output_bias="use_bias",
        output_bias_default=True,
        feed_forward_bias="use_bias",
        gated=False,
        layer_norm=True,
        tied=True,
    ),
    "cohere": Traits(
        bias=_ATTENTION_BIAS,
        output_bias=_ATTENTION_BIAS,
        norms=1,
        query_norm="all",
        query_norm_field="use_qk_norm",
        tied=True,
    ),
    "cohere2": Traits(bias=_ATTENTION_BIAS, output_bias=_ATTENTION_BIAS, norms=1, tied=True, pattern=4),
    "olmo2": Traits(bias=_ATTENTION_BIAS, output_bias=_ATTENTION_BIAS, query_norm="all"),
    "olmo3": Traits(bias=_ATTENTION_BIAS, output_bias=_ATTENTION_BIAS, query_norm="all", pattern=4),
    "exaone4": Traits(query_norm="head", pattern=4),
    "glm": Traits(bias=_ATTENTION_BIAS, bias_default=True),
    "glm4": Traits(bias=_ATTENTION_BIAS, bias_default=True, norms=4),
    "internlm2": Traits(bias="bias", output_bias="bias"),
    "internlm3": Traits(bias="qkv_bias", output_bias="bias", feed_forward_bias="bias"),
    "nemotron": Traits(
        bias=_ATTENTION_BIAS,
        output_bias=_ATTENTION_BIAS,
        feed_forward_bias="mlp_bias",
        gated=False,
        layer_norm=True,
    ),
    "seed_oss": Traits(
        bias=_ATTENTION_BIAS, bias_default=True, output_bias="attention_out_bias", feed_forward_bias="mlp_bias"
    ),
    "apertus": Traits(bias=_ATTENTION_BIAS, output_bias=_ATTENTION_BIAS, gated=False, query_norm="head"),
    "hunyuan_v1_dense": Traits(bias=_ATTENTION_BIAS, output_bias=_ATTENTION_BIAS, query_norm="head"),
    "ernie4_5": Traits(bias="use_bias", output_bias="use_bias", feed_forward_bias="use_bias", tied=True),
    "stablelm": Traits(bias="use_qkv_bias", layer_norm=True),
}


def read_dense(config: Fields, decoder: Fields, quantization: Quantization) -> Architecture:
    """Read a dense model.

    Args:
        config: The fields of the whole config.
        decoder: Those of its decoder.
        quantization: How its weights are held.

    Raises:
        InvalidInputError: A field is missing, or is not what it must be.
    """
    traits = TRAITS[decoder.word("model_type")]
    heads = read_heads(decoder)
    width = decoder.count("intermediate_size")
    window = read_window(decoder)
    kinds = _kinds(decoder, traits, window)
    bias = _switch(decoder, traits.feed_forward_bias, default=traits.bias_default)
    attended = attention_layer(decoder, heads, traits)
    tensors = (*attended, *feed_forward(heads.hidden, width, gated=traits.gated, bias=bias))
    each = {
        FULL: Layer(tensors, heads.cache()),
        SLIDING: Layer(tensors, heads.cache(window)),
    }
    tied = read_tied(config, decoder, default=traits.tied)
    around = outside(decoder, tied=tied, bias=traits.layer_norm, head_bias=traits.head_bias)
    return assembled(
        decoder,
        [each[kind] for kind in kinds],
        around,
        quantization,
        tied=tied,
        feed_forward=width,
        rotaries=_rotaries(decoder, traits, rotated_size(decoder, heads.size)),
    )


def _rotaries(decoder: Fields, traits: Traits, size: int) -> list[Rotary]:
    """Return the caches of positions: layers that slide have one of their own, without scaling, in models that mix."""
    positions = decoder.maybe_count("max_position_embeddings")
    if not positions:
        return []
    inner = decoder.below("rope_parameters")
    if inner.is_mapping(FULL):
        return [scaled_rotary(inner.below(kind), size, positions) for kind in (FULL, SLIDING) if inner.has(kind)]
    shared = read_rotary(decoder, size, positions)
    return [shared, Rotary(positions, size)] if traits.own_rotary else [shared]


def attention_layer(fields: Fields, heads: Heads, traits: Traits) -> tuple[Tensor, ...]:
    """Return attention and the norms of a layer."""
    return (
        *grouped_attention(
            heads,
            bias=_switch(fields, traits.bias, default=traits.bias_default),
            output_bias=_switch(fields, traits.output_bias, default=traits.output_bias_default),
        ),
        *query_norms(fields, heads, traits),
        *(norm(f"norm{number}", heads.hidden, bias=traits.layer_norm) for number in range(traits.norms)),
    )


def query_norms(fields: Fields, heads: Heads, traits: Traits) -> tuple[Tensor, ...]:
    """Return the norms of queries and keys."""
    if not traits.query_norm or (traits.query_norm_field and not fields.flag(traits.query_norm_field)):
        return ()
    if traits.query_norm == "head":
        return norm("self_attn.q_norm", heads.size), norm("self_attn.k_norm", heads.size)
    return (
        norm("self_attn.q_norm", heads.queries * heads.size),
        norm("self_attn.k_norm", heads.keys * heads.size),
    )


def _switch(fields: Fields, name: str | bool | None, *, default: bool) -> bool:
    """Return what a field switches on, or what is always so."""
    if isinstance(name, str):
        return fields.flag(name, default=default)
    return bool(name)


def _kinds(fields: Fields, traits: Traits, window: int | None) -> tuple[str, ...]:
    """Return which layers slide: those of `layer_types`, of the model's pattern, or all where there is only a window.

    vLLM gives models without a pattern one window for all layers (v0.23, config/model.py, get_sliding_window).
    """
    pattern = _pattern(fields, traits.pattern)
    if fields.words("layer_types") or (traits.pattern and window):
        kinds = layer_kinds(fields, (FULL, SLIDING), pattern=pattern)
        return kinds if window else (FULL,) * len(kinds)
    kinds = layer_kinds(fields, (FULL, SLIDING))
    return (SLIDING,) * len(kinds) if window else kinds


def _pattern(fields: Fields, default: int) -> int:
    """Return how often a layer is full: a number, or as many as a pattern like `LLLG` has letters."""
    if fields.is_word("sliding_window_pattern"):
        return len(fields.word("sliding_window_pattern"))
    return fields.count("sliding_window_pattern", "_sliding_window_pattern", default=default, least=0)
