"""Whether the bytes of a checkpoint agree with what its config says."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from slicewise.sizing.architecture import Architecture
from slicewise.sizing.weights import Ranks, weight_bytes

# Heads for speculation that are not loaded, and scales that are, change the sum by less than this.
_TOLERANCE: Final = 0.15
_TWICE: Final = 2


def stored_bytes(architecture: Architecture) -> int:
    """Return how many bytes the safetensors files of a model have, by its config."""
    return weight_bytes(replace(architecture, rotaries=()), architecture.quantization, Ranks())


def checkpoint_differs(architecture: Architecture, checkpoint: int) -> str:
    """Return how a checkpoint's bytes contradict the config; an empty text where they do not.

    A quantised checkpoint whose config does not say so is the usual case: some keep that in a file of their own
    (`hf_quant_config.json`).

    Args:
        architecture: The model.
        checkpoint: Bytes of its safetensors files.
    """
    computed = stored_bytes(architecture)
    if abs(checkpoint / computed - 1) <= _TOLERANCE:
        return ""
    # In float32, of which vLLM makes 16 bits.
    if not architecture.quantization.rules and abs(checkpoint / computed / _TWICE - 1) <= _TOLERANCE:
        return ""
    return (
        f"the checkpoint has {checkpoint / 2**30:.2f} GiB, and its config means {computed / 2**30:.2f} GiB of weights"
    )
