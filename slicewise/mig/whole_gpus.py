"""What programs see of a whole GPU, which is less than `nvidia-smi` prints: the driver keeps a part."""

from __future__ import annotations

from typing import Final

# MiB of the device as vLLM's startup logs of such GPUs print it (CUDA's total; the lowest of several).
_SEEN: Final = {
    "a100-40gb": 40325,
    "a100-80gb": 81039,
    "h100-80gb": 81008,
    "h200-141gb": 143165,
}


def programs_see(gpu_model: str) -> int | None:
    """Return the MiB that a program sees of a whole GPU.

    Args:
        gpu_model: The catalogue's name.

    Returns:
        None where no log of such a GPU is known.
    """
    return _SEEN.get(gpu_model)
