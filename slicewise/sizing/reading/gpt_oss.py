"""gpt-oss: alternating windows, attention sinks, experts in MXFP4 with biases."""

from __future__ import annotations

from slicewise.sizing.architecture import Architecture, Layer
from slicewise.sizing.layers import Experts, experts, grouped_attention
from slicewise.sizing.quantization import Quantization
from slicewise.sizing.reading.decoder_parts import FULL, SLIDING, assembled, layer_kinds, outside, read_heads, read_tied
from slicewise.sizing.reading.fields import Fields
from slicewise.sizing.tensors import Role, Split, Tensor, norm


def read_gpt_oss(config: Fields, decoder: Fields, quantization: Quantization) -> Architecture:
    """Read a gpt-oss model (vLLM v0.23, models/gpt_oss.py).

    Raises:
        InvalidInputError: A field is missing, or is not what it must be.
    """
    heads = read_heads(decoder)
    shape = Experts(
        hidden=heads.hidden,
        count=decoder.count("num_local_experts"),
        width=decoder.count("intermediate_size"),
        per_token=decoder.count("num_experts_per_tok", "experts_per_token"),
        bias=True,
    )
    tensors = (
        *grouped_attention(heads, bias=True, output_bias=True),
        Tensor("self_attn.sinks", heads.queries, 1, Role.PLAIN, Split.ROWS),
        norm("input_layernorm", heads.hidden),
        norm("post_attention_layernorm", heads.hidden),
        *experts(shape),
    )
    each = {
        FULL: Layer(tensors, heads.cache()),
        SLIDING: Layer(tensors, heads.cache(decoder.count("sliding_window"))),
    }
    tied = read_tied(config, decoder, default=False)
    return assembled(
        decoder,
        [each[kind] for kind in layer_kinds(decoder, (FULL, SLIDING), pattern=2)],
        outside(decoder, tied=tied),
        quantization,
        tied=tied,
        feed_forward=shape.token_width,
        experts_per_token=shape.per_token,
        expert_width=shape.width,
        head_size=heads.size,
    )
