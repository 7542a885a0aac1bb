"""What a text must look like, and the words that errors have for it: one value, so that neither is missing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from pydantic import Field

_KNOWN: Final[dict[str, Pattern]] = {}


@dataclass(frozen=True, slots=True)
class Pattern:
    """What a text must look like.

    Attributes:
        regex: An expression for the whole text, from `^` to `$`, as JSON Schema has it.
        expected: The same in words, as they follow "expected".

    Raises:
        ValueError: the expression has other words already, and pydantic's errors name nothing but the expression.
    """

    regex: str
    expected: str

    def __post_init__(self) -> None:
        """Note the words, which pydantic does not carry."""
        if _KNOWN.setdefault(self.regex, self).expected != self.expected:
            message = f"{self.regex} has other words already"
            raise ValueError(message)

    def fits(self, text: str) -> bool:
        """Return whether the whole of `text` looks like this."""
        return re.fullmatch(self.regex, text) is not None

    def field(self, max_length: int | None = None) -> Any:  # noqa: ANN401 - what pydantic's Field is
        """Return what a type is annotated with, so that it takes nothing else, and no more characters than these."""
        return Field(pattern=self.regex, max_length=max_length)


def pattern_of(regex: str) -> Pattern:
    """Return the pattern that a field's expression belongs to, as pydantic's errors name it.

    Raises:
        KeyError: no pattern has it: the field was not made by `Pattern.field`.
    """
    return _KNOWN[regex]
