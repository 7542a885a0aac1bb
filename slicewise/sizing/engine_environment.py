"""Environment variables by which vLLM needs other amounts of memory than its arguments say."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

# v0.23, vllm/envs.py; the first is that of KServe's presets, which add it to the arguments.
_CHANGING: Final = frozenset({
    "VLLM_ADDITIONAL_ARGS", "VLLM_ALLOW_LONG_MAX_MODEL_LEN", "VLLM_ATTENTION_BACKEND", "VLLM_MLA_DISABLE",
    "VLLM_MEMORY_PROFILER_ESTIMATE_CUDAGRAPHS", "VLLM_PP_LAYER_PARTITION", "VLLM_USE_FLASHINFER_SAMPLER",
    "VLLM_USE_V1", "VLLM_USE_V2_MODEL_RUNNER", "CUDA_VISIBLE_DEVICES",
})  # fmt: skip


def memory_variables(names: Iterable[str]) -> tuple[str, ...]:
    """Return why memory cannot be computed with the variables of these names; nothing where it can."""
    return tuple(f"it is changed by the variable {name}" for name in sorted(_CHANGING.intersection(names)))
