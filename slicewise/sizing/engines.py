"""What one engine needs on any unit: everything that does not go by the unit, computed once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from slicewise.sizing.architecture import Architecture, Images, Layer
from slicewise.sizing.caches import Cache, FixedState
from slicewise.sizing.engine_options import EngineOptions
from slicewise.sizing.kv_cache import Batches, KvCache, growing_bytes
from slicewise.sizing.kv_groups import CacheGrouping, UnequalPagesError, group_caches
from slicewise.sizing.kv_pages import CacheType
from slicewise.sizing.left_out import without_encoders
from slicewise.sizing.overhead import Batch, EngineTraits
from slicewise.sizing.quantization import ONLINE_FP8, Quantization
from slicewise.sizing.uncomputed import Changes, Uncomputed
from slicewise.sizing.units import Unit
from slicewise.sizing.vllm_versions import LAST_TESTED, VllmVersion
from slicewise.sizing.weights import Ranks, stage_layers, weight_bytes

_HALF: Final = 2
_FLOAT32: Final = 4
_FLOAT32_NAMES: Final = ("float32", "float")
_FP8: Final = CacheType("fp8", 1)
# vLLM v0.23, config/cache.py, CacheDType.
_CACHE_TYPES: Final = {
    **dict.fromkeys(("fp8", "fp8_e4m3", "fp8_e5m2", "fp8_inc", "fp8_ds_mla"), _FP8),
    **dict.fromkeys(("bfloat16", "float16", "half"), CacheType("16 bits", _HALF)),
    "nvfp4": CacheType("nvfp4", 0),
    **dict.fromkeys(("int8_per_token_head", "fp8_per_token_head"), CacheType("8 bits", 1, 4)),
}
# What `--quantization` may say to make FP8 of a checkpoint that is not quantised (v0.23, docs Quantization).
_ONLINE: Final = ("fp8", "fp8_per_tensor", "fp8_per_block")
# The options that weights go by, and of the others those that anything but the sizes of batches and graphs goes by.
_WEIGHTS_GO_BY: Final = ("dtype", "quantization", "tensor", "pipeline", "language_only", "left_out")
_REST_GOES_BY: Final = ("max_model_len", "kv_cache_dtype", "hybrid", "data", "expert", "changing", "adding")
_LARGE: Final = Batch(1024, 8192)
_SMALL: Final = Batch(256, 2048)


@dataclass(frozen=True, slots=True)
class EngineMemory:
    """A model as one engine runs it.

    Attributes:
        architecture: The model as it is loaded: in its number format, and without encoders that are left out.
        options: How vLLM is started.
        version: Its version; None where it is not known.
        quantization: How the weights are held.
        weights: Bytes of the weights on the fullest rank.
        weights_known: Whether these are right: not where the quantisation is not known.
        unquantized: Bytes of the weights before the engine quantises them; equal to `weights` where it does not.
        length: The longest request; None where neither arguments nor config say it.
        cache_type: The number format of keys and values.
        grouping: How the layers of the fullest stage share a pool of blocks; None where they cannot.
        stateful: Whether any of these keep a fixed state.
        token_bytes: Bytes that one more token takes.
        changing: Why memory cannot be computed; empty where it can.
        adding: What needs memory beyond what is computed.
    """

    architecture: Architecture
    options: EngineOptions
    version: VllmVersion | None
    quantization: Quantization
    weights: int
    weights_known: bool
    unquantized: int
    length: int | None
    cache_type: CacheType
    grouping: CacheGrouping | None
    stateful: bool
    token_bytes: int
    changing: tuple[Uncomputed, ...]
    adding: tuple[str, ...]

    @property
    def engine(self) -> EngineTraits | None:
        """What the overhead goes by; None where the version is not known."""
        if self.version is None:
            return None
        options = self.options
        ranks = options.tensor * options.pipeline
        quantized = bool(self.quantization.rules)
        return EngineTraits(self.version, options.tensor, ranks, options.enforce_eager, quantized)

    @property
    def changes(self) -> Changes | None:
        """The most that may differ from what is computed; None where nothing does."""
        return max((each.changes for each in self.changing), default=None)

    @property
    def utilization(self) -> float:
        """The part of the unit's memory that vLLM may use."""
        return utilization(self.options, self.version)

    def batches(self, unit: Unit) -> tuple[Batch, ...]:
        """Return the sizes of a batch on a unit: those of the arguments, else vLLM's own; two where it is not known.

        Source: vLLM v0.23, engine/arg_utils.py, _set_default_max_num_seqs_and_batched_tokens_args.
        """
        large = unit.sees_large_device
        chosen = (_SMALL, _LARGE) if large is None else (_LARGE,) if large else (_SMALL,)
        return tuple(dict.fromkeys(self._batch(default) for default in chosen))

    def batches_stated(self) -> Batch:
        """Return the sizes of a batch that the arguments state, and for small GPUs what they leave open."""
        return self._batch(_SMALL)

    def _batch(self, default: Batch) -> Batch:
        sequences = self.options.max_num_seqs or default.sequences
        tokens = self.options.max_num_batched_tokens
        if tokens is None:
            tokens = min(default.tokens, sequences * (self.length or default.tokens))
        if self.options.max_num_seqs is None:
            sequences = min(sequences, tokens)
        return Batch(sequences, tokens)

    def cache(self, batch: Batch) -> KvCache:
        """Return the key-value cache for batches of one size.

        Raises:
            UnequalPagesError: The layers cannot share a pool of blocks.
        """
        options, version = self.options, self.version
        if self.grouping is None:
            raise UnequalPagesError
        in_flight = 1
        if version and version.counts_batches_in_flight:
            in_flight = options.pipeline + 1 if options.async_scheduling else options.pipeline
        prefixes = options.prefix_caching
        if prefixes is None:
            prefixes = bool(version and version.caches_prefixes_of_hybrids)
        return KvCache(self.grouping, Batches(batch.tokens * in_flight, 2 if prefixes else 1), self.token_bytes)


def engine_memory(architecture: Architecture, options: EngineOptions, version: VllmVersion | None) -> EngineMemory:
    """Compute what does not go by the unit.

    Args:
        architecture: The model.
        options: How vLLM is started.
        version: vLLM's version; None where it is not known.
    """
    wide = options.dtype in _FLOAT32_NAMES
    loaded = without_encoders(architecture, options.left_out, all_of_them=options.language_only)
    model = replace(loaded, dtype_bytes=_FLOAT32) if wide else loaded
    quantization, _ = _quantization(model.quantization, options.quantization)
    ranks = Ranks(options.tensor, options.pipeline)
    splits = version is None or version.splits_large
    weights = weight_bytes(model, quantization, ranks, splits_large=splits)
    unquantized = weights
    if quantization.online:
        unquantized = weight_bytes(model, Quantization(), ranks, splits_large=splits)
    return _beside_weights(model, options, version, weights, unquantized)


def changed_memory(memory: EngineMemory, options: EngineOptions) -> EngineMemory:
    """Return what an engine needs with other options: what they do not change is not computed again."""
    before = memory.options
    if any(getattr(options, name) != getattr(before, name) for name in _WEIGHTS_GO_BY):
        return engine_memory(memory.architecture, options, memory.version)
    if all(getattr(options, name) == getattr(before, name) for name in _REST_GOES_BY):
        return replace(memory, options=options)
    return _beside_weights(memory.architecture, options, memory.version, memory.weights, memory.unquantized)


def _beside_weights(
    model: Architecture, options: EngineOptions, version: VllmVersion | None, weights: int, unquantized: int
) -> EngineMemory:
    quantization, unclear = _quantization(model.quantization, options.quantization)
    cache_type = _cache_type(options.kv_cache_dtype, quantization, model.dtype_bytes)
    length = options.max_model_len or model.unstated_length
    caches = _fullest(model, options, cache_type or _FP8)
    grouping = _grouping(caches, cache_type or _FP8, options, model)
    changing = [*options.changing, *map(Uncomputed, unclear)]
    if cache_type is None:
        cause = f"keys and values are in {options.kv_cache_dtype} (--kv-cache-dtype)"
        changing.append(Uncomputed(cause, Changes.REST))
    if model.pooling:
        # Its head is not loaded.
        changing.append(Uncomputed("the model gives vectors or classes, not text (architectures)"))
    changing += _parallel(options, model)
    if grouping is None:
        changing.append(Uncomputed("vLLM may or may not make the pages of its layers equal", Changes.REST))
    adding = [*options.adding]
    if model.images is Images.ANY_RESOLUTION:
        adding.append("images of any resolution, the largest of which vLLM encodes at startup")
    return EngineMemory(
        architecture=model,
        options=options,
        version=version,
        quantization=quantization,
        weights=weights,
        weights_known=not unclear,
        unquantized=unquantized,
        length=length,
        cache_type=cache_type or _FP8,
        grouping=grouping,
        stateful=any(isinstance(cache, FixedState) for cache in caches),
        token_bytes=growing_bytes(caches, cache_type or _FP8, options.tensor, length),
        changing=tuple(changing),
        adding=tuple(adding),
    )


def utilization(options: EngineOptions, version: VllmVersion | None) -> float:
    """Return the part of a unit's memory that vLLM may use."""
    if options.gpu_memory_utilization is not None:
        return options.gpu_memory_utilization
    return (version or LAST_TESTED).utilization


def _quantization(checkpoint: Quantization, asked: str) -> tuple[Quantization, list[str]]:
    """Return how the engine holds the weights, and why this is not known."""
    if checkpoint.unknown:
        return checkpoint, [checkpoint.unknown]
    if not asked or asked == "auto" or checkpoint.rules:
        return checkpoint, []
    if asked in _ONLINE:
        return ONLINE_FP8, []
    return checkpoint, [f"the weights are quantised while loading by {asked} (--quantization)"]


def _cache_type(name: str, quantization: Quantization, model_bytes: int) -> CacheType | None:
    if name == "auto":
        return _FP8 if quantization.kv_fp8 else CacheType("auto", model_bytes)
    return _CACHE_TYPES.get(name)


def _fullest(model: Architecture, options: EngineOptions, kind: CacheType) -> Mapping[Cache, int]:
    """Return what the layers of the pipeline stage keep that needs most for each token, then that has most layers."""
    stages = [_caches(model.layers[first:last]) for first, last in stage_layers(len(model.layers), options.pipeline)]
    if len(stages) == 1:
        return stages[0]
    return max(stages, key=lambda each: (growing_bytes(each, kind, options.tensor, None), sum(each.values())))


def _caches(layers: Sequence[Layer]) -> Mapping[Cache, int]:
    """Return what layers keep, in their order, with how many keep that."""
    caches: Counter[Cache] = Counter()
    # Layers are mostly the same few objects.
    counts = Counter(map(id, layers))
    for key, layer in {id(each): each for each in layers}.items():
        if layer.cache is not None:
            caches[layer.cache] += counts[key]
    return caches


def _parallel(options: EngineOptions, model: Architecture) -> Iterator[Uncomputed]:
    if options.data > 1:
        # Ranks of a dense model each have all its weights; experts may be spread over all of them.
        changes = Changes.WEIGHTS if model.experts else Changes.REST
        yield Uncomputed("data parallel ranks share experts and buffers", changes)
    if options.expert:
        # The fullest rank has no fewer experts than its part of each would be.
        yield Uncomputed("expert parallelism spreads experts unevenly", Changes.REST)
    if options.pipeline > 1:
        yield Uncomputed("the stages of pipeline parallelism need unequal amounts", Changes.REST)
    if options.pipeline > len(model.layers):
        yield Uncomputed(f"there are more pipeline stages than the {len(model.layers)} layers of the model")


def _grouping(
    caches: Mapping[Cache, int], kind: CacheType, options: EngineOptions, model: Architecture
) -> CacheGrouping | None:
    try:
        return group_caches(caches, kind, options.tensor, model.dtype_bytes, hybrid=options.hybrid)
    except UnequalPagesError:
        return None
