"""What the layers of a model keep of a request: keys and values, a window of them, latents, or a fixed state."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Attention:
    """Keys and values of every token.

    Attributes:
        heads: Key and value heads of the whole model's layer.
        key_size: Numbers of one head's key.
        value_size: Numbers of one head's value.
        window: Tokens that a sliding window keeps; None for all of them.
        chunk: Tokens of one chunk of chunked local attention; None for none.
    """

    heads: int
    key_size: int
    value_size: int
    window: int | None = None
    chunk: int | None = None


@dataclass(frozen=True, slots=True)
class Latent:
    """One compressed vector a token (multi-head latent attention), the same on every rank.

    Attributes:
        size: Its numbers: `kv_lora_rank` + `qk_rope_head_dim`.
        indexer: Numbers of the sparse indexer's key beside it (DeepSeek V3.2), 0 for none.
    """

    size: int
    indexer: int = 0


@dataclass(frozen=True, slots=True)
class FixedState:
    """A state of fixed size (Mamba 2, gated delta net), whatever the request's length is.

    Attributes:
        convolution: Numbers of the convolution's state that ranks share.
        groups: Numbers of it that belong to groups, which ranks share as far as there are groups.
        group_count: Those groups.
        recurrent: Numbers of the recurrent state that ranks share.
        recurrent_bytes: Bytes of each of these; the convolution's are in the model's format.
    """

    convolution: int
    recurrent: int
    recurrent_bytes: int
    groups: int = 0
    group_count: int = 1


Cache = Attention | Latent | FixedState
