"""Whether a pool takes deployments: as any, only what it has, or not even that for longer than need be."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Scheduling(StrEnum):
    """What planning may put on a pool, or on the pools of an environment; the later, the less."""

    ACTIVE = "Active"
    """Whatever fits."""
    NO_NEW = "NoNew"
    """What is there stays, and does not grow; nothing else comes."""
    DRAIN = "Drain"
    """Nothing comes, and what is there moves as soon as there is room for it elsewhere."""


_ORDER: Final = list(Scheduling)


def stricter(one: Scheduling, other: Scheduling) -> Scheduling:
    """Return which of the two takes less."""
    return max(one, other, key=_ORDER.index)
