"""What was meant: the known name that is closest to what was written, the repository in an address."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from typing import Final

from slicewise.diagnostics.wording import are, some

_LONGEST_NAME: Final = 100
_SHOWN: Final = 10
_ADDRESS: Final = re.compile(
    r"(?:https?://(?:www\.)?(?:huggingface\.co|hf\.co)/|hf://)([\w.-]{1,96}/[\w.-]{1,96})(?:[/:@?#].*)?", re.ASCII
)
_WITH_REVISION: Final = re.compile(r"([\w.-]{1,96}/[\w.-]{1,96})[:@]([\w./-]{1,100})", re.ASCII)


def closest(text: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """Return the known name closest to `text`, if one is close; 1.0 is the same but for capitals."""
    if len(text) > _LONGEST_NAME:
        return None
    by_lower = {name.lower(): name for name in known}
    close = difflib.get_close_matches(text.lower(), by_lower, n=1, cutoff=cutoff)
    return by_lower[close[0]] if close else None


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
        return f'; write "{address[1]}"'
    if pinned := _WITH_REVISION.fullmatch(text):
        return f'; write "{pinned[1]}", and "{pinned[2]}" as revision'
    return ""
