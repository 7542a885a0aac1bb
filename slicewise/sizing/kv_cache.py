"""Blocks that a request needs, and with them the bytes of its key-value cache and how many requests run at once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from slicewise.sizing.caches import Attention, Cache, FixedState, Latent
from slicewise.sizing.kv_groups import CacheGroup, CacheGrouping
from slicewise.sizing.kv_pages import CacheType, token_bytes


@dataclass(frozen=True, slots=True)
class Batches:
    """What a request may have in flight.

    Attributes:
        tokens: Tokens that are scheduled and not settled: `max_num_batched_tokens`, from vLLM 0.26 times the batches
            in flight.
        states: Blocks of state a request: 1, or 2 with prefix caching.
    """

    tokens: int
    states: int = 1


@dataclass(frozen=True, slots=True)
class KvCache:
    """The key-value cache of a model on one rank.

    Attributes:
        grouping: Its groups.
        batches: What a request may have in flight.
        token_bytes: Bytes that each further token of a request takes, of the layers that keep all of them.
    """

    grouping: CacheGrouping
    batches: Batches
    token_bytes: int

    def blocks(self, length: int) -> int:
        """Return the blocks that a request of `length` tokens needs."""
        return sum(_blocks(group, length, self.batches) for group in self.grouping.groups)

    def needed(self, length: int) -> int:
        """Return the bytes that one request of `length` tokens needs: vLLM's "X GiB KV cache is needed"."""
        return self.blocks(length) * self.grouping.pool_bytes

    def pool(self, available: float) -> int:
        """Return the blocks that `available` bytes hold."""
        return max(int(available // self.grouping.pool_bytes), 0) if self.grouping.pool_bytes else 0

    def concurrency(self, available: float, length: int) -> float:
        """Return how many requests of `length` tokens run at once: vLLM's "Maximum concurrency"."""
        blocks = self.blocks(length)
        return self.pool(available) / blocks if blocks else 0.0

    def longest(self, available: float, most: int) -> int:
        """Return the longest request, of at most `most` tokens, for which `available` bytes suffice; 0 for none."""
        pool = self.pool(available)
        if self.blocks(most) <= pool:
            return most
        if len(self.grouping.groups) == 1 and _keeps_all(self.grouping.groups[0].cache):
            return pool * self.grouping.groups[0].block
        least, beyond = 0, most
        while beyond - least > 1:
            middle = (least + beyond) // 2
            if self.blocks(middle) <= pool:
                least = middle
            else:
                beyond = middle
        return least


def _blocks(group: CacheGroup, length: int, batches: Batches) -> int:
    """Return the blocks of one group (vLLM v0.23, v1/kv_cache_interface.py, max_memory_usage_bytes)."""
    cache = group.cache
    if isinstance(cache, FixedState):
        return batches.states
    if isinstance(cache, Attention) and cache.window is not None:
        # A window need not begin where a block does.
        return math.ceil(min(cache.window - 1 + batches.tokens, length) / group.block) + 1
    if isinstance(cache, Attention) and cache.chunk is not None:
        return math.ceil(min(cache.chunk + batches.tokens, length) / group.block)
    return math.ceil(length / group.block)


def growing_bytes(caches: Mapping[Cache, int], kind: CacheType, tensor: int, length: int | None) -> int:
    """Return the bytes that one more token takes on a rank, of the layers that keep all of up to `length` tokens.

    `caches` says of how many layers each is.
    """
    return sum(
        count * token_bytes(cache, kind, tensor)
        for cache, count in caches.items()
        if not isinstance(cache, FixedState) and _grows(cache, length)
    )


def _keeps_all(cache: Cache) -> bool:
    """Whether a layer keeps all tokens of a request of any length."""
    return not isinstance(cache, FixedState) and _grows(cache, None)


def _grows(cache: Attention | Latent, length: int | None) -> bool:
    """Whether a layer keeps all tokens: also where its window is not shorter than any request (Phi-4 mini)."""
    if isinstance(cache, Latent):
        return True
    bounds = [bound for bound in (cache.window, cache.chunk) if bound is not None]
    return not bounds or (length is not None and min(bounds) >= length)
