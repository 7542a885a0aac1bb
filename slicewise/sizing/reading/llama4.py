"""Llama 4: chunked attention in most layers, experts in every or every second one."""

from __future__ import annotations

from typing import Final

from slicewise.sizing.architecture import Architecture, Layer
from slicewise.sizing.layers import Experts, experts, feed_forward, grouped_attention
from slicewise.sizing.quantization import Quantization
from slicewise.sizing.reading.decoder_parts import CHUNKED, FULL, assembled, outside, read_heads, read_tied
from slicewise.sizing.reading.fields import LAYERS, Fields
from slicewise.sizing.tensors import norm

# Every fourth layer sees everything, without positions (transformers v5.23, configuration_llama4.py).
_FULL_EVERY: Final = 4


def read_llama4(config: Fields, decoder: Fields, quantization: Quantization) -> Architecture:
    """Read a Llama 4 model (vLLM v0.23, models/llama4.py).

    Raises:
        InvalidInputError: A field is missing, or is not what it must be.
    """
    heads = read_heads(decoder)
    width = decoder.count("intermediate_size")
    dense_width = decoder.count("intermediate_size_mlp")
    shape = Experts(
        hidden=heads.hidden,
        count=decoder.count("num_local_experts"),
        width=width,
        per_token=decoder.count("num_experts_per_tok"),
        shared=width,
        module="feed_forward",
        shared_module="shared_expert",
    )
    bias = decoder.flag("attention_bias")
    attended = (
        *grouped_attention(heads, bias=bias, output_bias=bias),
        norm("input_layernorm", heads.hidden),
        norm("post_attention_layernorm", heads.hidden),
    )
    bodies = {
        True: (*attended, *experts(shape)),
        False: (*attended, *feed_forward(heads.hidden, dense_width, module="feed_forward")),
    }
    caches = {FULL: heads.cache(), CHUNKED: heads.cache(chunk=decoder.count("attention_chunk_size"))}
    each = {(has, kind): Layer(bodies[has], caches[kind]) for has in bodies for kind in caches}
    tied = read_tied(config, decoder, default=False)
    return assembled(
        decoder,
        [each[has, kind] for has, kind in zip(_sparse(decoder), _kinds(decoder), strict=True)],
        outside(decoder, tied=tied),
        quantization,
        tied=tied,
        feed_forward=max(2 * width, dense_width),
        experts_per_token=shape.per_token,
        expert_width=shape.width,
        head_size=heads.size,
    )


def _sparse(decoder: Fields) -> list[bool]:
    layers, step = decoder.count(LAYERS), decoder.count("interleave_moe_layer_step", default=1)
    named = set(decoder.counts("moe_layers"))
    return [number in named if named else (number + 1) % step == 0 for number in range(layers)]


def _kinds(decoder: Fields) -> list[str]:
    layers = decoder.count(LAYERS)
    kinds = decoder.words("layer_types")
    if kinds and (len(kinds) != layers or not set(kinds) <= {FULL, CHUNKED}):
        raise decoder.wrong("layer_types", f"{layers} times {CHUNKED} or {FULL}", layers=layers)
    if kinds:
        return list(kinds)
    rotated = decoder.counts("no_rope_layers")
    if len(rotated) == layers:
        return [CHUNKED if each else FULL for each in rotated]
    return [FULL if (number + 1) % _FULL_EVERY == 0 else CHUNKED for number in range(layers)]
