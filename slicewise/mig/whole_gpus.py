"""What programs see of a whole GPU, which is less than `nvidia-smi` prints: the driver keeps a part."""

from __future__ import annotations

from typing import Final

# MiB of the device as vLLM and PyTorch print it (CUDA's total, to two digits of a GiB), the lowest that was found. A
# driver may keep more: then a plan would be too sure by what it keeps more.
_SEEN: Final = {
    "a100-40gb": 40325,  # 39.38; others 39.49 and 39.56
    "a100-80gb": 81039,  # 79.14, of logs that say "80 GB" and not which GPU; those that say A100 have 79.25
    "h100-80gb": 81008,  # 79.11; others 79.18 and 79.19
    "h200": 143165,  # 139.81
}


def programs_see(gpu_model: str) -> int | None:
    """Return the MiB that a program sees of a whole GPU.

    Args:
        gpu_model: The catalogue's name.

    Returns:
        None where no log of such a GPU is known.
    """
    return _SEEN.get(gpu_model)
