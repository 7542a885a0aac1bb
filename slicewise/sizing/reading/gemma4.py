"""Gemma 4: two shapes of attention, embeddings a layer, shared keys and values, experts beside a dense layer."""

from __future__ import annotations

from typing import Final

from slicewise.sizing.architecture import Architecture, Layer, Rotary
from slicewise.sizing.layers import Experts, Heads, experts, feed_forward, grouped_attention
from slicewise.sizing.quantization import Quantization
from slicewise.sizing.reading.decoder_parts import FULL, SLIDING, assembled, layer_kinds, outside, read_heads, read_tied
from slicewise.sizing.reading.fields import LAYERS, Fields
from slicewise.sizing.tensors import Role, Split, Tensor, linear, norm, unquantised

_PATTERN: Final = 6
_EXPERT_NORMS: Final = 3


def read_gemma4(config: Fields, decoder: Fields, quantization: Quantization) -> Architecture:
    """Read a Gemma 4 model (vLLM v0.23, models/gemma4.py).

    Raises:
        InvalidInputError: A field is missing, or is not what it must be.
    """
    window = decoder.count("sliding_window")
    sliding = read_heads(decoder)
    full = _full_heads(decoder, sliding)
    layers = decoder.count(LAYERS)
    shared = decoder.count("num_kv_shared_layers", default=0, least=0)
    own = layers - shared
    width = decoder.count("intermediate_size")
    wide = width * (2 if decoder.flag("use_double_wide_mlp") else 1)
    sparse = _experts(decoder, sliding.hidden)
    kinds = layer_kinds(decoder, (FULL, SLIDING), pattern=_PATTERN)
    made: dict[tuple[str, bool], Layer] = {}
    for number, kind in enumerate(kinds):
        shares = number >= own > 0
        heads = full if kind == FULL else sliding
        cache = None if shares else heads.cache(window if kind == SLIDING else None)
        key = (kind, shares)
        if key not in made:
            made[key] = Layer(_layer(decoder, heads, wide if shares else width, sparse), cache)
    tied = read_tied(config, decoder, default=True)
    return assembled(
        decoder,
        [made[kind, number >= own > 0] for number, kind in enumerate(kinds)],
        (*outside(decoder, tied=tied), *_layer_embeddings(decoder, layers, sliding.hidden)),
        quantization,
        tied=tied,
        feed_forward=max(width, wide) + (sparse.token_width if sparse else 0),
        experts_per_token=sparse.per_token if sparse else 0,
        expert_width=sparse.width if sparse else 0,
        rotaries=_rotaries(decoder, sliding, full),
    )


def _full_heads(decoder: Fields, sliding: Heads) -> Heads:
    """Return the heads of layers that see everything: larger, and fewer where their keys are their values."""
    size = decoder.count("global_head_dim", default=sliding.size)
    keys = sliding.keys
    if decoder.flag("attention_k_eq_v"):
        keys = decoder.count("num_global_key_value_heads", default=sliding.keys)
    return Heads(sliding.hidden, sliding.queries, keys, size)


def _experts(decoder: Fields, hidden: int) -> Experts | None:
    if not decoder.flag("enable_moe_block"):
        return None
    return Experts(
        hidden=hidden,
        count=decoder.count("num_experts"),
        width=decoder.count("moe_intermediate_size", "expert_intermediate_size"),
        per_token=decoder.count("top_k_experts", "num_experts_per_tok"),
        module="moe",
    )


def _layer(decoder: Fields, heads: Heads, width: int, sparse: Experts | None) -> tuple[Tensor, ...]:
    norms = 4 + (_EXPERT_NORMS if sparse else 0)
    tensors = [
        *grouped_attention(heads),
        norm("self_attn.q_norm", heads.size),
        norm("self_attn.k_norm", heads.size),
        *feed_forward(heads.hidden, width),
        *(norm(f"norm{number}", heads.hidden) for number in range(norms)),
    ]
    if sparse:
        tensors += [*experts(sparse), unquantised("router.scale", heads.hidden), unquantised("moe.scale", sparse.count)]
    each = decoder.maybe_count("hidden_size_per_layer_input")
    if each:
        tensors += [
            *linear("per_layer_input_gate", each, heads.hidden, Split.NONE),
            *linear("per_layer_projection", heads.hidden, each, Split.NONE),
            norm("post_per_layer_input_norm", heads.hidden),
        ]
    return tuple(tensors)


def _layer_embeddings(decoder: Fields, layers: int, hidden: int) -> tuple[Tensor, ...]:
    """Return the second embedding, which has a part for every layer, and its projection."""
    each = decoder.maybe_count("hidden_size_per_layer_input")
    if not each:
        return ()
    vocabulary = decoder.count("vocab_size_per_layer_input", default=decoder.count("vocab_size"))
    return (
        Tensor("embed_tokens_per_layer", vocabulary, layers * each, Role.PLAIN, Split.VOCABULARY),
        unquantised("per_layer_model_projection", layers * each, hidden, Split.ROWS),
        norm("per_layer_projection_norm", each),
    )


def _rotaries(decoder: Fields, sliding: Heads, full: Heads) -> list[Rotary]:
    """Return both caches: that of the full layers holds all of a head, whatever part of it is rotated."""
    positions = decoder.maybe_count("max_position_embeddings")
    return [Rotary(positions, sliding.size), Rotary(positions, full.size)] if positions else []
