"""How much PyTorch's allocator counts for a tensor: large ones take whole blocks, whose rest may be lost.

"Model loading took X GiB" counts what is allocated, so 28 layers of Qwen2.5 7B take 0.06 GiB more than their tensors.
Source: PyTorch 2.9, c10/cuda/CUDACachingAllocator.cpp (`kMinLargeAlloc`, `kRoundLarge`, `should_split`); vLLM sets
`max_split_size_mb` to 20 while it loads a model since v0.21 (v1/worker/gpu_worker.py, load_model).
"""

from __future__ import annotations

from typing import Final

_MIB: Final = 1 << 20
_LEAST_LARGE: Final = 10 * _MIB
_BLOCK: Final = 2 * _MIB
_LEAST_REST: Final = _MIB
_LARGEST_SPLIT: Final = 20 * _MIB


def allocated(size: float, *, splits_large: bool) -> float:
    """Return the bytes that are counted for a tensor.

    Args:
        size: Its bytes.
        splits_large: Whether what is left of a large block is used by others: so up to vLLM 0.20.
    """
    if size < _LEAST_LARGE:
        return size
    block = -(-size // _BLOCK) * _BLOCK
    rest_is_used = block - size > _LEAST_REST and (splits_large or size < _LARGEST_SPLIT)
    return size if rest_is_used else block
