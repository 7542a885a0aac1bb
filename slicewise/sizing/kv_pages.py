"""Pages of the key-value cache: how many bytes a layer needs for one block of tokens.

vLLM v0.23, v1/kv_cache_interface.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from slicewise.sizing.caches import Attention, Cache, FixedState, Latent

BLOCK: Final = 16
"""Tokens of a block, where vLLM is not told otherwise."""
# `fp8_ds_mla`: 512 numbers in FP8, 4 scales, 64 numbers of the rotated part in 16 bits (DeepSeek V3.2).
_SPARSE_LATENT: Final = 656
# NVFP4 has 16 numbers in 8 bytes and one of scale.
_NVFP4_GROUP: Final = 16


@dataclass(frozen=True, slots=True)
class CacheType:
    """The number format of keys and values.

    Attributes:
        name: As `--kv-cache-dtype` calls it.
        bytes: Bytes of a number; 0 for NVFP4, which packs them.
        scale_bytes: Bytes of the scale of one head of one token's key, and of its value.
    """

    name: str
    bytes: int
    scale_bytes: int = 0

    def numbers(self, count: int) -> int:
        """Return the bytes of `count` numbers of a head."""
        return count * self.bytes if self.bytes else count // 2 + count // _NVFP4_GROUP


def page_bytes(cache: Cache, block: int, kind: CacheType, tensor: int, model_bytes: int) -> int:
    """Return the bytes of a page of one layer on one rank.

    Args:
        cache: What the layer keeps.
        block: Tokens of a block.
        kind: The number format of keys and values.
        tensor: Tensor parallel size.
        model_bytes: Bytes of the model's own number format.
    """
    if isinstance(cache, FixedState):
        return state_bytes(cache, tensor, model_bytes)
    return block * token_bytes(cache, kind, tensor)


def token_bytes(cache: Attention | Latent, kind: CacheType, tensor: int) -> int:
    """Return the bytes of one token of one layer on one rank."""
    if isinstance(cache, Latent):
        own = _SPARSE_LATENT if cache.indexer and kind.bytes == 1 else kind.numbers(cache.size)
        return own + cache.indexer
    heads = max(math.ceil(cache.heads / tensor), 1)
    return heads * (kind.numbers(cache.key_size) + kind.numbers(cache.value_size) + 2 * kind.scale_bytes)


def state_bytes(state: FixedState, tensor: int, model_bytes: int) -> int:
    """Return the bytes of a fixed state on one rank (layers/mamba/mamba_utils.py)."""
    groups = state.groups
    if state.group_count % tensor:
        # Groups that ranks cannot share are copied: as many as there are ranks.
        groups = groups // state.group_count * tensor
    convolution = (state.convolution + groups) // tensor
    return convolution * model_bytes + state.recurrent // tensor * state.recurrent_bytes
