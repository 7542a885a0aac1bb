"""Models with multi-head latent attention: DeepSeek V2 and V3, Kimi K2, GLM 5."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from slicewise.sizing.architecture import Architecture, Layer, Rotary
from slicewise.sizing.caches import Latent
from slicewise.sizing.layers import LatentHeads, experts, feed_forward, latent_attention
from slicewise.sizing.quantization import Quantization
from slicewise.sizing.reading.decoder_parts import assembled, outside, read_tied
from slicewise.sizing.reading.experts import EXPERT_TRAITS, expert_layers, read_experts
from slicewise.sizing.reading.fields import Fields
from slicewise.sizing.reading.rotary import read_rotary
from slicewise.sizing.tensors import Split, Tensor, linear, norm

# Of the indexer's key, vLLM caches FP8 numbers and one float32 scale (v0.23, models/deepseek_v2.py).
_INDEX_SCALE: Final = 4
_FLOAT32: Final = 4


def read_latent(config: Fields, decoder: Fields, quantization: Quantization) -> Architecture:
    """Read a model with multi-head latent attention.

    Raises:
        InvalidInputError: A field is missing, or is not what it must be.
    """
    traits = EXPERT_TRAITS[decoder.word("model_type")]
    shape = LatentHeads(
        hidden=decoder.count("hidden_size"),
        heads=decoder.count("num_attention_heads"),
        query_rank=decoder.maybe_count("q_lora_rank"),
        kv_rank=decoder.count("kv_lora_rank"),
        nope=decoder.count("qk_nope_head_dim"),
        rope=decoder.count("qk_rope_head_dim"),
        value=decoder.count("v_head_dim"),
    )
    indexer = decoder.maybe_count("index_head_dim")
    cache = Latent(shape.kv_rank + shape.rope, indexer + _INDEX_SCALE if indexer else 0)
    attended = (
        *latent_attention(shape),
        *(_indexer(decoder, shape, indexer) if indexer else ()),
        norm("input_layernorm", shape.hidden),
        norm("post_attention_layernorm", shape.hidden),
    )
    sparse_shape = read_experts(decoder, traits, shape.hidden)
    width = decoder.count("intermediate_size")
    each = {
        True: Layer((*attended, *experts(sparse_shape)), cache),
        False: Layer((*attended, *feed_forward(shape.hidden, width)), cache),
    }
    positions = decoder.maybe_count("max_position_embeddings")
    tied = read_tied(config, decoder, default=False)
    return assembled(
        decoder,
        [each[has] for has in expert_layers(decoder)],
        outside(decoder, tied=tied),
        quantization,
        tied=tied,
        feed_forward=max(width, sparse_shape.token_width + sparse_shape.shared),
        experts_per_token=sparse_shape.per_token,
        expert_width=sparse_shape.width,
        rotaries=_rotaries(decoder, shape.rope, positions),
    )


def _rotaries(decoder: Fields, size: int, positions: int | None) -> list[Rotary]:
    """Return the cache of positions, which vLLM keeps in float32 (rotary_embedding/deepseek_scaling_rope.py)."""
    return [replace(read_rotary(decoder, size, positions), number_bytes=_FLOAT32)] if positions else []


def _indexer(decoder: Fields, shape: LatentHeads, size: int) -> tuple[Tensor, ...]:
    """Return the sparse indexer of DeepSeek V3.2 (vLLM v0.23, models/deepseek_v2.py, Indexer)."""
    heads = decoder.count("index_n_heads")
    return (
        *linear("self_attn.indexer.wq_b", heads * size, shape.query_rank or shape.hidden, Split.NONE),
        *linear("self_attn.indexer.wk", size, shape.hidden, Split.NONE),
        norm("self_attn.indexer.k_norm", size, bias=True),
        *linear("self_attn.indexer.weights_proj", heads, shape.hidden, Split.NONE),
    )
