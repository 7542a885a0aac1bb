"""What was compared when one deployment was placed, noted while the plan is made: `slicewise explain` asks for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto

from slicewise.documents import DeploymentKey
from slicewise.planning.location import Location


class Step(Enum):
    """Which step of planning made a placement."""

    KEPT = auto()
    """It was there in the previous plan."""
    STAYED_IN_ENVIRONMENT = auto()
    """It was in the environment in the previous plan, on a pool or with a profile that is not possible any more."""
    CHOSEN = auto()
    """It was the best of what had room."""
    REPACKED = auto()
    """The pool was filled again, the smallest deployments first, which served more."""
    MADE_ROOM = auto()
    """Others were moved so that it found room."""
    MADE_WAY = auto()
    """It was moved so that another found room."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One pool with one profile, as it was when a deployment was placed: what the choice compares, in this order."""

    rank: int
    """Of the profile in the model's order: 0 is the most preferred one."""
    doubted: bool
    """Whether the engine starts there only if its weights are smaller than computed: the last resort."""
    memory: int
    """Of a unit, in bytes; the least is preferred."""
    wasted: float
    """The part of an empty node's units that pods of this size cannot use; the least is preferred."""
    mixing: int
    """0: only pods of this size are there; 1: it is empty; more: the ratio of the largest size to the smallest, + 1."""
    room: int
    """How many pods of this size it takes."""
    pods: int
    """How many there would be."""

    @property
    def level(self) -> tuple[int, bool, int, float]:
        """What is compared before how full pools are."""
        return (self.rank, self.doubted, self.memory, self.wasted)

    @property
    def has_room(self) -> bool:
        """Whether it takes all the pods."""
        return self.room >= self.pods


@dataclass(frozen=True, slots=True)
class Decision:
    """One placement of the deployment, and all the pools that match as they were at that moment."""

    location: Location
    step: Step
    measured: Mapping[Location, Measured]
    served: frozenset[str]
    """The environments that it had already, which were out of the question."""


class DecisionLog:
    """What was compared for one deployment. Give it to `make_plan`, and read `decisions` afterwards."""

    def __init__(self, deployment: DeploymentKey) -> None:
        """Take the deployment that is to be explained: nothing is noted of others."""
        self.deployment = deployment
        self._noted: list[tuple[object, Decision]] = []
        self.decisions: tuple[Decision, ...] = ()
        """Of its placements, in the order in which they were made; once the plan is finished."""

    def knows(self, booking: object) -> bool:
        """Return whether the decision for a booking is noted: what is tried and undone puts bookings back."""
        return any(known is booking for known, _ in self._noted)

    def note(self, booking: object, decision: Decision) -> None:
        """Remember the decision for a booking."""
        self._noted.append((booking, decision))

    def finish(self, bookings: Iterable[object]) -> None:
        """Keep the decisions for those bookings that are in the finished plan."""
        kept = {id(booking) for booking in bookings}
        self.decisions = tuple(decision for booking, decision in self._noted if id(booking) in kept)
