"""What the options of vLLM do to memory that is not computed: what each changes or adds, and which do nothing to it.

Every option has to be read, or be among those without effect. Of any other, and of one that vLLM does not have, it is
said that its effect is not known: a guess could take a slice for an engine that does not start.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from slicewise.sizing.misspelt_options import option_meant
from slicewise.sizing.uncomputed import STATE_IT, Changes, Uncomputed

_FILE: Final = Path(__file__).with_name("vllm_options_without_memory.txt")
WITHOUT_EFFECT: Final = frozenset(
    line for line in _FILE.read_text(encoding="utf-8").split("\n") if line and line[0] != "#"
)
"""Options of vLLM by which it takes neither more nor less GPU memory while it starts."""
READ: Final = frozenset({
    "async-scheduling", "data-parallel-size", "data-parallel-size-local", "disable-hybrid-kv-cache-manager", "dtype",
    "enable-chunked-prefill", "enable-expert-parallel", "enable-prefix-caching", "enforce-eager",
    "gpu-memory-utilization", "kv-cache-dtype", "kv-transfer-config", "language-model-only", "limit-mm-per-prompt",
    "max-model-len", "max-num-batched-tokens", "max-num-seqs", "pipeline-parallel-size", "quantization",
    "tensor-parallel-size",
})  # fmt: skip
"""Options that engine_options.py reads."""
# What these do to memory is not computed, and each may take more or less of it than the formulas say.
_CHANGING: Final = {
    "cpu-offload-gb": "weights are moved to main memory (--cpu-offload-gb)",
    "cpu-offload-params": "weights are moved to main memory (--cpu-offload-params)",
    "offload-group-size": "weights are moved to main memory (--offload-group-size)",
    "kv-cache-memory-bytes": "the size of the key-value cache is given (--kv-cache-memory-bytes)",
    "kv-cache-memory": "the size of the key-value cache is given (--kv-cache-memory)",
    "num-gpu-blocks-override": "the number of blocks is given (--num-gpu-blocks-override)",
    "hf-overrides": "the model's config is changed (--hf-overrides)",
    "hf-config-path": "the model's config is another (--hf-config-path)",
    "config": "further arguments are in a file (--config)",
    "load-format": "weights are loaded in another format (--load-format)",
    "compilation-config": "graphs and compilation are configured (--compilation-config)",
    "cudagraph-capture-sizes": "graphs of other sizes are captured (--cudagraph-capture-sizes)",
    "max-cudagraph-capture-size": "graphs of other sizes are captured (--max-cudagraph-capture-size)",
    "cuda-graph-sizes": "graphs of other sizes are captured (--cuda-graph-sizes)",
    "attention-backend": "attention uses a backend that was chosen by hand (--attention-backend)",
    "moe-backend": "experts use a backend that was chosen by hand (--moe-backend)",
    "linear-backend": "matrices are multiplied by a backend that was chosen by hand (--linear-backend)",
    "model-impl": "the model's layers are others (--model-impl)",
    "quantization-config": "quantisation is configured (--quantization-config)",
    "rope-scaling": "the model's config is changed (--rope-scaling)",
    "decode-context-parallel-size": "requests are spread over ranks (--decode-context-parallel-size)",
    "prefill-context-parallel-size": "requests are spread over ranks (--prefill-context-parallel-size)",
    "block-size": "blocks have another size (--block-size)",
    "enable-sleep-mode": "memory is given back while the engine sleeps (--enable-sleep-mode)",
    "optimization-level": "graphs and compilation are configured (--optimization-level)",
    "performance-mode": "batches have another size (--performance-mode)",
    "runner": "the model is run in another way (--runner)",
    "task": "the model is run in another way (--task)",
    "convert": "the model is run in another way (--convert)",
}
# What the others may change is the weights: they may be moved, quantised while loading, or be those of another model.
_CHANGES: Final = {
    # "This does not respect the gpu_memory_utilization config" (v0.23, v1/worker/gpu_worker.py).
    **dict.fromkeys(("kv-cache-memory-bytes", "kv-cache-memory", "num-gpu-blocks-override"), Changes.BUDGET),
    **dict.fromkeys(
        (
            *("compilation-config", "cudagraph-capture-sizes", "max-cudagraph-capture-size", "cuda-graph-sizes"),
            *("attention-backend", "linear-backend", "rope-scaling", "decode-context-parallel-size", "block-size"),
            *("enable-sleep-mode", "optimization-level", "performance-mode"),
        ),
        Changes.REST,
    ),
}
# What those change that are read, where a misspelt one may mean one of them; the others change how weights are held.
_READ_CHANGES: Final = {
    "gpu-memory-utilization": Changes.BUDGET,
    **dict.fromkeys(
        (
            *("async-scheduling", "disable-hybrid-kv-cache-manager", "enable-chunked-prefill"),
            *("enable-prefix-caching", "enforce-eager", "kv-cache-dtype", "kv-transfer-config", "max-model-len"),
            *("max-num-batched-tokens", "max-num-seqs"),
        ),
        Changes.REST,
    ),
}
# Ways to load weights by which they are neither fewer nor smaller (v0.23, model_executor/model_loader).
_LOADED_ALIKE: Final = frozenset({
    "dummy", "fastsafetensors", "mistral", "npcache", "pt", "runai_streamer", "runai_streamer_sharded", "sharded_state",
})  # fmt: skip
# What these add to memory is not computed.
_ADDING: Final = {
    "enable-lora": "adapters are loaded (--enable-lora)",
    "lora-modules": "adapters are loaded (--lora-modules)",
    "speculative-config": "a draft model runs beside it (--speculative-config)",
    "speculative-model": "a draft model runs beside it (--speculative-model)",
    "spec-method": "a draft model runs beside it (--spec-method)",
    "spec-model": "a draft model runs beside it (--spec-model)",
    "spec-tokens": "a draft model runs beside it (--spec-tokens)",
    "enable-dbo": "batches overlap (--enable-dbo)",
    "mm-encoder-tp-mode": "encoders are copied to all ranks (--mm-encoder-tp-mode)",
}
# Sizes of blocks are vLLM's own where they are 16.
_HARMLESS: Final = {
    "load-format": ("auto", "safetensors"),
    "block-size": ("16",),
    "runner": ("auto", "generate"),
    "task": ("auto", "generate"),
    "convert": ("auto", "none"),
    "mm-encoder-tp-mode": ("weights",),
    "decode-context-parallel-size": ("1",),
    "prefill-context-parallel-size": ("1",),
    "performance-mode": ("balanced",),
    # vLLM chooses among these by itself, so that startup logs have each of them.
    "attention-backend": ("FLASH_ATTN", "FLASHINFER", "TRITON_ATTN"),
    "moe-backend": ("auto",),
    "linear-backend": ("auto",),
    "offload-backend": ("auto",),
    "model-impl": ("auto", "vllm"),
}
# Sizes of which 0 means that nothing is moved, however it is written.
_AMOUNTS: Final = frozenset({"cpu-offload-gb", "offload-group-size"})


def changing_memory(values: Mapping[str, str]) -> tuple[Uncomputed, ...]:
    """Return why memory cannot be computed with these options; nothing where it can.

    Args:
        values: The value of each option that is given, by its long name.
    """
    noted = (Uncomputed(_CHANGING[name], _changes(name, values[name])) for name in _in_force(values, _CHANGING))
    unknown = (_unknown(name) for name in values if not _known(name))
    return (*noted, *_whole_requests(values), *unknown)


def _changes(name: str, value: str) -> Changes:
    if name == "load-format" and value in _LOADED_ALIKE:
        return Changes.REST
    return _CHANGES.get(name, Changes.WEIGHTS)


def _unknown(name: str) -> Uncomputed:
    """Return what is said of an option that vLLM did not have; a misspelt one changes what the right one does."""
    meant = option_meant(f"--{name}")
    cause = f"the effect of --{name} on memory is not known"
    if meant is None:
        remedy = f"see what --{name} does in the vLLM of the image (vllm serve --help=all), {STATE_IT}"
        return Uncomputed(cause, Changes.WEIGHTS, remedy)
    return Uncomputed(cause, _misspelt(meant.removeprefix("no-")), f"write --{meant}, if that is meant")


def _misspelt(meant: str) -> Changes:
    harmless = meant in WITHOUT_EFFECT or meant in _ADDING
    return Changes.REST if harmless else _READ_CHANGES.get(meant, _changes(meant, ""))


def adding_memory(values: Mapping[str, str]) -> tuple[str, ...]:
    """Return what needs memory beyond what is computed; `values` as for `changing_memory`."""
    return tuple(_ADDING[name] for name in _in_force(values, _ADDING))


def _known(name: str) -> bool:
    return any(name in names for names in (READ, WITHOUT_EFFECT, _CHANGING, _ADDING, _HARMLESS)) or (
        name.startswith("no-") and name.removeprefix("no-") in WITHOUT_EFFECT
    )


def _in_force(values: Mapping[str, str], known: Iterable[str]) -> Iterator[str]:
    """Yield those of the `known` options that are given and not off."""
    return (name for name in known if name in values and not _is_off(name, values[name]))


def _is_off(name: str, value: str) -> bool:
    return value == "false" or value in _HARMLESS.get(name, ()) or (name in _AMOUNTS and _is_zero(value))


def _is_zero(value: str) -> bool:
    try:
        return float(value) == 0
    except ValueError:
        return False


def _whole_requests(values: Mapping[str, str]) -> tuple[Uncomputed, ...]:
    """Without chunked prefill a batch holds the longest request, whatever its size was (v0.23, config/scheduler.py)."""
    if values.get("enable-chunked-prefill") != "false" or "max-num-batched-tokens" in values:
        return ()
    return (Uncomputed("batches hold whole requests (--no-enable-chunked-prefill)", Changes.REST),)
