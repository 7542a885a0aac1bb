"""What was meant: the known name that is closest to what was written, the repository in an address."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from slicewise.diagnostics.wording import are, some

_LONGEST_NAME: Final = 100
_SHOWN: Final = 10
_ADDRESS: Final = re.compile(
    r"(?:https?://(?:www\.)?(?:huggingface\.co|hf\.co)/|hf://)([\w.-]{1,96}/[\w.-]{1,96})(?:[/:@?#].*)?", re.ASCII
)
_WITH_REVISION: Final = re.compile(r"([\w.-]{1,96}/[\w.-]{1,96})[:@]([\w./-]{1,100})", re.ASCII)


def closest(text: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """Return the known name closest to `text`, if one is close; the arguments are those of `closest_few`."""
    return next(iter(closest_few(text, known, 1, cutoff)), None)


def closest_few(text: str, known: Iterable[str], most: int, cutoff: float = 0.6) -> list[str]:
    """Return the known names that are close to `text`, the closest first.

    Args:
        text: What was written; nothing is close to more than 100 characters.
        known: What could have been meant; of two that are as close, the last in the alphabet comes first.
        most: How many to return.
        cutoff: How much of both is to be the same, in the same order, from 0 to 1; 1.0 is the same but for capitals.
    """
    # Names are compared only where one is wrong.
    from rapidfuzz import process  # noqa: PLC0415
    from rapidfuzz.distance import Indel  # noqa: PLC0415

    if len(text) > _LONGEST_NAME:
        return []
    by_lower = _by_lower(tuple(known))
    scorer = Indel.normalized_similarity
    close = process.extract(text.lower(), list(by_lower), scorer=scorer, limit=most, score_cutoff=cutoff)
    return [by_lower[name] for name, _, _ in close]


# A thousand references to models that are not there are compared with the same names.
@lru_cache(maxsize=8)
def _by_lower(known: tuple[str, ...]) -> dict[str, str]:
    return dict(sorted(((name.lower(), name) for name in known), reverse=True))


def did_you_mean(text: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """Return a hint with the known name closest to `text`, or nothing."""
    close = closest(text, known, cutoff)
    return f'; did you mean "{close}"?' if close else ""


def there_are(names: Sequence[str]) -> str:
    """Say which names there are: `there is east`, `there are east, west`; of many the first, and how many more."""
    return f"there {are(len(names))} {some(names, _SHOWN)}"


def repository_meant(text: str) -> str:
    """Return what to write instead of the address of a repository of Hugging Face, or of one with its revision.

    Nothing if `text` is neither.
    """
    if address := _ADDRESS.fullmatch(text):
        return f'write "{address[1]}"'
    if pinned := _WITH_REVISION.fullmatch(text):
        return f'write "{pinned[1]}", and "{pinned[2]}" as revision'
    return ""
