"""Why memory is not computed, and what of it is known all the same: how much the weights take at least."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

STATE_IT = "try it on such a unit, and state what it needs with requires.memoryPerGpu"
"""What helps where nothing can be computed."""


class Changes(IntEnum):
    """What may differ from what is computed; each also means those before it."""

    REST = 0
    """The cache and the overhead: the weights are as computed, and the budget has to hold them."""
    BUDGET = 1
    """What vLLM may use of the unit: the weights are as computed, and the unit has to hold them."""
    WEIGHTS = 2
    """Anything: the weights may be smaller than computed."""


@dataclass(frozen=True, slots=True)
class Uncomputed:
    """One reason why memory is not computed.

    Attributes:
        cause: The reason, as a sentence.
        changes: What may differ from what is computed.
        remedy: What to do.
    """

    cause: str
    changes: Changes = Changes.WEIGHTS
    remedy: str = STATE_IT
