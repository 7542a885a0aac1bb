"""The option by which requests may have no images, videos or sound: `--limit-mm-per-prompt`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Final

IMAGE, VIDEO, AUDIO = "image", "video", "audio"
"""Kinds of input, as vLLM calls them."""
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
