"""The encoders that vLLM leaves out, as no request may have anything for them (`input_limits.py`)."""

from __future__ import annotations

from dataclasses import replace

from slicewise.sizing.architecture import Architecture, Images
from slicewise.sizing.input_limits import AUDIO, IMAGE, VIDEO
from slicewise.sizing.tensors import Tensor


def without_encoders(model: Architecture, kinds: frozenset[str], *, all_of_them: bool) -> Architecture:
    """Return a model without the encoders that no request needs (v0.23, models/interfaces.py, _mark_tower_model).

    Args:
        model: The model.
        kinds: What requests may have none of.
        all_of_them: Whether only its language model is loaded (`--language-model-only`).
    """
    seen = all_of_them or _seen_by(model) <= kinds
    heard = all_of_them or AUDIO in kinds
    if not seen and not heard:
        return model
    towers = tuple(each for each in model.towers if not (heard if _hears(each) else seen))
    return replace(model, towers=towers, images=Images.NONE if seen else model.images)


def _seen_by(model: Architecture) -> set[str]:
    """Return what the encoder of images is for: where it takes any resolution, and in Gemma 4, videos, too."""
    videos = model.images is Images.ANY_RESOLUTION or model.model_type.startswith("gemma4")
    return {IMAGE, VIDEO} if videos else {IMAGE}


def _hears(tower: Tensor) -> bool:
    return AUDIO in tower.name
