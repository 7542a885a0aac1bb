"""How vLLM groups the layers of a model that keep different things, so that all share one pool of blocks.

vLLM v0.23, v1/core/kv_cache_utils.py: layers of one kind form groups of equal size, whose blocks are equally large. A
request takes blocks of every group.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Final

from slicewise.sizing.caches import Attention, Cache, FixedState, Latent
from slicewise.sizing.kv_pages import BLOCK, CacheType, page_bytes, state_bytes, token_bytes

# Below this ratio of the largest kind to the smallest, groups are as large as the largest.
_CLOSE: Final = 1.5
# DeepSeek's kernels of latent attention take blocks of this many tokens.
_LATENT_BLOCK: Final = 64


@dataclass(frozen=True, slots=True)
class CacheGroup:
    """Layers that share a table of blocks.

    Attributes:
        cache: What each keeps.
        block: Tokens of one of its blocks.
    """

    cache: Cache
    block: int


@dataclass(frozen=True, slots=True)
class CacheGrouping:
    """The groups of a model on one rank.

    Attributes:
        groups: The groups; none where no layer keeps anything.
        pool_bytes: Bytes of one block of the pool: of all layers of a group together.
    """

    groups: tuple[CacheGroup, ...]
    pool_bytes: int


class UnequalPagesError(ValueError):
    """The pages of a model's layers cannot be made equal: vLLM does not start."""


def group_caches(
    caches: Mapping[Cache, int], kind: CacheType, tensor: int, model_bytes: int, *, hybrid: bool
) -> CacheGrouping:
    """Return the groups of the layers on a rank.

    Args:
        caches: What layers keep, in their order, with how many keep that.
        kind: The number format of keys and values.
        tensor: Tensor parallel size.
        model_bytes: Bytes of the model's own number format.
        hybrid: Whether the hybrid cache manager is on; else windows are kept like everything else.

    Raises:
        UnequalPagesError: The pages differ, and none is a multiple of the others.
    """
    if not caches:
        return CacheGrouping((), 0)
    counts = caches if hybrid else _unwindowed(caches)
    block = _attention_block(counts, kind, tensor, model_bytes)
    pages = {cache: page_bytes(cache, block, kind, tensor, model_bytes) for cache in counts}
    if _one_kind(counts):
        total = sum(pages[cache] * count for cache, count in counts.items())
        return CacheGrouping((CacheGroup(next(iter(counts)), block),), total)
    page = max(pages.values())
    least, most = min(counts.values()), max(counts.values())
    size = most if most < least * _CLOSE else least
    groups = []
    for cache, count in counts.items():
        own = block if isinstance(cache, FixedState) else _enlarged(block, page, pages[cache])
        groups += [CacheGroup(cache, own)] * math.ceil(count / size)
    return CacheGrouping(tuple(groups), size * page)


def _unwindowed(caches: Mapping[Cache, int]) -> Mapping[Cache, int]:
    """Return what layers keep that keep all tokens."""
    kept: Counter[Cache] = Counter()
    for cache, count in caches.items():
        kept[replace(cache, window=None, chunk=None) if isinstance(cache, Attention) else cache] += count
    return kept


def _one_kind(kinds: Collection[Cache]) -> bool:
    """Whether all layers need as many tokens: all of them, or the same window."""
    if all(isinstance(cache, FixedState) for cache in kinds):
        return len(kinds) == 1
    if any(isinstance(cache, FixedState) for cache in kinds):
        return False
    return len({(cache.window, cache.chunk) if isinstance(cache, Attention) else (None, None) for cache in kinds}) == 1


def _attention_block(caches: Collection[Cache], kind: CacheType, tensor: int, model_bytes: int) -> int:
    """Return the tokens of a block: beside states, so many that attention's page is not smaller than a state.

    vLLM v0.23, platforms/interface.py, update_block_size_for_backend.
    """
    states = [state_bytes(cache, tensor, model_bytes) for cache in caches if isinstance(cache, FixedState)]
    tokens = [token_bytes(cache, kind, tensor) for cache in caches if not isinstance(cache, FixedState)]
    if states and tokens:
        return BLOCK * math.ceil(max(states) / (BLOCK * max(tokens)))
    return _LATENT_BLOCK if any(isinstance(cache, Latent) for cache in caches) else BLOCK


def _enlarged(block: int, page: int, own: int) -> int:
    """Return the tokens of a block of a layer whose page must become as large as the largest."""
    if page % own:
        raise UnequalPagesError
    return block * (page // own)
