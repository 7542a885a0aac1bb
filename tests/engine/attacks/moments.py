"""Random moments of an update, by what it has done already: a slow machine draws the same ones as a fast one."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass
from typing import Final

# The environment variable whose number draws the moments; `python -m tests.engine.attacks` sets and prints it.
SEED: Final = "ATTACK_SEED"

_EARLY: Final = 0.15
_EARLY_SECONDS: Final = 2


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment of an update.

    Attributes:
        changes: So many services are made or deleted; 0 is before the first.
        seconds: How much later than that.
    """

    changes: int
    seconds: float = 0


def seed() -> int:
    """Return what the moments of this run are drawn with: what is given, or what the system draws."""
    return int(os.environ.get(SEED) or random.SystemRandom().randrange(2**32))


def points(seed: int, number: int) -> list[float]:
    """Return one random point of each of `number` equal stretches of an update (0 to 1), in random order."""
    lots = random.Random(seed)  # noqa: S311 - when to kill
    drawn = [(stretch + lots.random()) / number for stretch in range(number)]
    lots.shuffle(drawn)
    return drawn


def moment(point: float, last: int) -> Moment:
    """Return the moment at a point of an update.

    Args:
        point: From 0 to 1. The first 15 % are before the first change: how much later is in seconds.
        last: The last change that is waited for; 0 for a moment before the first, whatever the point.
    """
    if not last:
        return Moment(0, point * _EARLY_SECONDS)
    if point < _EARLY:
        return Moment(0, point / _EARLY * _EARLY_SECONDS)
    return Moment(1 + int((point - _EARLY) / (1 - _EARLY) * last))
