"""What an engine needs for batches of given sizes: computed once, and compared with many units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from slicewise.sizing.engines import EngineMemory
from slicewise.sizing.kv_cache import KvCache
from slicewise.sizing.overhead import Batch, EngineTraits, Range, graphs, logits_bytes, overhead
from slicewise.sizing.units import GIB

# Outside the budget: what graphs and the sampler's warm-up take when the cache is there already.
_LOGITS_OUTSIDE: Final = 2
_SPARE: Final = 0.2 * GIB
# Experts in MXFP4 take more while graphs are captured: gpt-oss-20b at 0.95 of an H100 ran out of memory afterwards, in
# the sampler's warm-up (vLLM 0.19).
_MXFP4_GRAPHS: Final = GIB


@dataclass(frozen=True, slots=True)
class BatchNeeds:
    """What goes by the sizes of a batch; where two sizes are possible, the ranges hold both.

    Attributes:
        batches: The sizes that are possible.
        caches: The key-value cache for each; empty where layers cannot be grouped.
        length: Tokens of the longest request; None if not stated.
        needed: Bytes of its cache; None where the length is not known.
        overhead: What the budget must hold beside weights and cache; None where the version is not one that is known.
        outside: Bytes that should be left outside the budget.
    """

    batches: tuple[Batch, ...]
    caches: tuple[KvCache, ...]
    length: int | None
    needed: Range | None
    overhead: Range | None
    outside: float


def batch_needs(memory: EngineMemory, batches: tuple[Batch, ...]) -> BatchNeeds:
    """Compute what an engine needs for batches of these sizes."""
    engine = memory.engine if memory.version and memory.version.tested and not memory.changing else None
    caches = tuple(map(memory.cache, batches)) if memory.grouping else ()
    length = 1 if memory.options.fits_length else memory.length
    needed = None
    if length is not None and caches:
        each = [cache.needed(length) for cache in caches]
        needed = Range(min(each), max(each))
    total = None
    if engine:
        parts = [overhead(memory.architecture, batch, engine) for batch in batches]
        total = Range(min(one.low for one in parts), max(one.high for one in parts))
    return BatchNeeds(batches, caches, length, needed, total, _outside(memory, batches, engine))


def _outside(memory: EngineMemory, batches: tuple[Batch, ...], engine: EngineTraits | None) -> float:
    """Return what should be left outside the budget: before 0.20 graphs come on top of it."""
    wanted: float = max(_LOGITS_OUTSIDE * logits_bytes(memory.architecture, batch) for batch in batches) + _SPARE
    if engine is None or engine.version.counts_graphs:
        return wanted
    captured = [graphs(memory.architecture, batch, engine) for batch in batches]
    wanted += max((one.low + one.high) / 2 for one in captured)
    return wanted + (_MXFP4_GRAPHS if memory.quantization.only_experts and not engine.eager else 0)
