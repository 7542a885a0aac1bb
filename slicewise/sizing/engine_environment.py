"""Environment variables by which vLLM needs other amounts of memory than its arguments say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from slicewise.sizing.uncomputed import STATE_IT, Changes, Uncomputed

_OF_VLLM: Final = "VLLM_"
# v0.23, vllm/envs.py; the first is that of KServe's presets, which add it to the arguments.
_CHANGING: Final = frozenset({
    "VLLM_ADDITIONAL_ARGS", "VLLM_ALLOW_LONG_MAX_MODEL_LEN", "VLLM_ATTENTION_BACKEND", "VLLM_MLA_DISABLE",
    "VLLM_MEMORY_PROFILER_ESTIMATE_CUDAGRAPHS", "VLLM_PP_LAYER_PARTITION", "VLLM_USE_FLASHINFER_SAMPLER",
    "VLLM_USE_V1", "VLLM_USE_V2_MODEL_RUNNER", "CUDA_VISIBLE_DEVICES",
})  # fmt: skip
# With these the weights are as computed; VLLM_ADDITIONAL_ARGS may be anything, and stages and MLA hold other weights.
_WITH_THE_SAME_WEIGHTS: Final = frozenset({
    "VLLM_ALLOW_LONG_MAX_MODEL_LEN", "VLLM_ATTENTION_BACKEND", "VLLM_MEMORY_PROFILER_ESTIMATE_CUDAGRAPHS",
    "VLLM_USE_FLASHINFER_SAMPLER", "VLLM_USE_V1", "VLLM_USE_V2_MODEL_RUNNER", "CUDA_VISIBLE_DEVICES",
})  # fmt: skip
# How those begin that are about addresses, logs, files, timeouts and processes, and about main memory.
_WITHOUT_EFFECT: Final = tuple(
    f"{_OF_VLLM}{name}"
    for name in (
        "API_KEY", "ASSETS_CACHE", "AUDIO_FETCH_", "CACHE_ROOT", "CONFIG_ROOT", "CONFIGURE_LOGGING", "DEBUG_",
        "DISABLE_COMPILE_CACHE", "DO_NOT_TRACK", "ENABLE_V1_MULTIPROCESSING", "ENGINE_",
        "EXECUTE_MODEL_TIMEOUT_", "HOST_IP", "HTTP_",
        "IMAGE_FETCH_", "KEEP_ALIVE_", "LOG", "MEDIA_", "MM_INPUT_CACHE_GIB", "MOONCAKE_", "NCCL_SO_PATH", "NIXL_",
        "NO_USAGE_STATS", "PORT", "PROCESS_NAME_PREFIX", "RAY_", "RINGBUFFER_", "RPC_", "SERVER_DEV_MODE",
        "SKIP_P2P_CHECK", "SLEEP_WHEN_IDLE", "TOOL_", "TORCH_PROFILER_", "TRACE_", "USAGE_", "USE_MODELSCOPE",
        "VIDEO_FETCH_", "WORKER_MULTIPROC_METHOD", "XGRAMMAR_CACHE_MB",
    )
)  # fmt: skip


def memory_variables(names: Iterable[str]) -> tuple[Uncomputed, ...]:
    """Return why memory cannot be computed with the variables of these names; nothing where it can."""
    return tuple(_reasons(sorted(set(names))))


def _reasons(names: Iterable[str]) -> Iterator[Uncomputed]:
    for name in names:
        if name in _CHANGING:
            changes = Changes.REST if name in _WITH_THE_SAME_WEIGHTS else Changes.WEIGHTS
            yield Uncomputed(f"the variable {name} changes memory", changes)
        elif name.startswith(_OF_VLLM) and not name.startswith(_WITHOUT_EFFECT):
            remedy = f"see what it does in the image's vLLM (vllm/envs.py), {STATE_IT}"
            yield Uncomputed(f"the effect of the variable {name} on memory is not known", Changes.WEIGHTS, remedy)
