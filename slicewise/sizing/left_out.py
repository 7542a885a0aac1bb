"""What requests may have none of (`--limit-mm-per-prompt`): vLLM leaves out the encoders that are for it alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from slicewise.sizing.architecture import Architecture, Images
from slicewise.sizing.tensors import Tensor

_IMAGE, _VIDEO, _AUDIO = "image", "video", "audio"
_COUNT: Final = "count"


def left_out_by(limits: str) -> frozenset[str]:
    """Return the kinds of input whose limit is 0; none where the limits are not understood.

    Args:
        limits: The option's value: `{"image": 0, "video": {"count": 0}}`, or `image=0,video=0`.
    """
    try:
        return frozenset(_zeros(limits))
    except (ValueError, RecursionError):
        return frozenset()


def _zeros(limits: str) -> Iterator[str]:
    given = json.loads(limits) if limits.startswith("{") else dict(_pair(part) for part in limits.split(",") if part)
    for name, limit in given.items():
        count = limit.get(_COUNT) if isinstance(limit, Mapping) else limit
        if count == 0 and not isinstance(count, bool):
            yield name


def _pair(part: str) -> tuple[str, int]:
    name, _, number = part.partition("=")
    return name.removesuffix(f".{_COUNT}").strip(), int(number)


def without_encoders(model: Architecture, kinds: frozenset[str], *, all_of_them: bool) -> Architecture:
    """Return a model without the encoders that no request needs (v0.23, models/interfaces.py, _mark_tower_model).

    Args:
        model: The model.
        kinds: What requests may have none of.
        all_of_them: Whether only its language model is loaded (`--language-model-only`).
    """
    seen = all_of_them or _seen_by(model) <= kinds
    heard = all_of_them or _AUDIO in kinds
    if not seen and not heard:
        return model
    towers = tuple(each for each in model.towers if not (heard if _hears(each) else seen))
    return replace(model, towers=towers, images=Images.NONE if seen else model.images)


def _seen_by(model: Architecture) -> set[str]:
    """Return what the encoder of images is for: where it takes any resolution, and in Gemma 4, videos, too."""
    videos = model.images is Images.ANY_RESOLUTION or model.model_type.startswith("gemma4")
    return {_IMAGE, _VIDEO} if videos else {_IMAGE}


def _hears(tower: Tensor) -> bool:
    return _AUDIO in tower.name
