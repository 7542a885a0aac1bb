"""Attention: grouped queries, and multi-head latent attention."""

from __future__ import annotations

from dataclasses import dataclass

from slicewise.sizing.caches import Attention, Latent
from slicewise.sizing.tensors import Role, Split, Tensor, linear, norm, unquantised


@dataclass(frozen=True, slots=True)
class Heads:
    """The shape of grouped-query attention.

    Attributes:
        hidden: Width of the residual stream.
        queries: Query heads.
        keys: Key and value heads.
        size: Numbers of one head's query and key.
        value_size: Numbers of one head's value; `size` where 0.
    """

    hidden: int
    queries: int
    keys: int
    size: int
    value_size: int = 0

    @property
    def values(self) -> int:
        """Numbers of one head's value."""
        return self.value_size or self.size

    def cache(self, window: int | None = None, chunk: int | None = None) -> Attention:
        """Return what such attention keeps of a request."""
        return Attention(self.keys, self.size, self.values, window, chunk)


def grouped_attention(
    heads: Heads, *, bias: bool = False, output_bias: bool = False, gated: bool = False
) -> tuple[Tensor, ...]:
    """Return the projections of grouped-query attention.

    Args:
        heads: Its shape.
        bias: Whether queries, keys and values have a bias.
        output_bias: Whether the output projection has one.
        gated: Whether the query projection makes a gate as wide as the queries (Qwen3-Next).
    """
    queries = heads.queries * heads.size * (2 if gated else 1)
    return (
        *linear("self_attn.q_proj", queries, heads.hidden, bias=bias),
        *_kept("self_attn.k_proj", heads.keys, heads.size, heads.hidden, bias=bias),
        *_kept("self_attn.v_proj", heads.keys, heads.values, heads.hidden, bias=bias),
        *linear("self_attn.o_proj", heads.hidden, heads.queries * heads.values, Split.COLUMNS, bias=output_bias),
    )


def _kept(name: str, heads: int, size: int, hidden: int, *, bias: bool) -> tuple[Tensor, ...]:
    """Return a projection to keys or values: ranks beyond the heads hold copies."""
    matrix = Tensor(name, heads * size, hidden, Role.LINEAR, Split.ROWS, units=heads)
    if not bias:
        return (matrix,)
    return matrix, Tensor(f"{name}.bias", heads * size, 1, Role.PLAIN, Split.ROWS, units=heads)


@dataclass(frozen=True, slots=True)
class LatentHeads:
    """The shape of multi-head latent attention (DeepSeek V2).

    Attributes:
        hidden: Width of the residual stream.
        heads: Heads.
        query_rank: `q_lora_rank`; None where queries are not compressed.
        kv_rank: `kv_lora_rank`.
        nope: `qk_nope_head_dim`.
        rope: `qk_rope_head_dim`.
        value: `v_head_dim`.
    """

    hidden: int
    heads: int
    query_rank: int | None
    kv_rank: int
    nope: int
    rope: int
    value: int

    def cache(self) -> Latent:
        """Return what it keeps of a request."""
        return Latent(self.kv_rank + self.rope)


def latent_attention(shape: LatentHeads) -> tuple[Tensor, ...]:
    """Return the projections of multi-head latent attention (vLLM v0.23, models/deepseek_v2.py).

    The up-projection of keys and values is held twice: beside the layer there are `W_UV` and `W_UK_T` in the model's
    own format, which attention uses while decoding (layers/attention/mla_attention.py).
    """
    queries = shape.heads * (shape.nope + shape.rope)
    expanded = shape.heads * (shape.nope + shape.value)
    compressed = (
        *linear("self_attn.kv_a_proj_with_mqa", shape.kv_rank + shape.rope, shape.hidden, Split.NONE),
        norm("self_attn.kv_a_layernorm", shape.kv_rank),
        *linear("self_attn.kv_b_proj", expanded, shape.kv_rank),
        unquantised("self_attn.absorbed", expanded, shape.kv_rank, Split.ROWS),
        *linear("self_attn.o_proj", shape.hidden, shape.heads * shape.value, Split.COLUMNS),
    )
    if shape.query_rank is None:
        return (*linear("self_attn.q_proj", queries, shape.hidden), *compressed)
    return (
        *linear("self_attn.q_a_proj", shape.query_rank, shape.hidden, Split.NONE),
        norm("self_attn.q_a_layernorm", shape.query_rank),
        *linear("self_attn.q_b_proj", queries, shape.query_rank),
        *compressed,
    )
