"""Why a pool with room was not chosen, from what was compared when the deployment was placed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum, auto
from typing import Final, NamedTuple

from slicewise.diagnostics import have, some
from slicewise.kubernetes import Quantity
from slicewise.planning.location import Location, pool_in_words
from slicewise.planning.reasons import spread, spread_memory
from slicewise.planning.search import Decision, Measured, Step


class Preference(Enum):
    """Why another pool was preferred, in the order in which it is decided; docs/placement.md has the rules."""

    STAYS = auto()
    STAYS_IN_ENVIRONMENT = auto()
    CHANGES_LEAST = auto()
    PROFILE = auto()
    KEPT_PROFILE = auto()
    WEIGHTS = auto()
    MEMORY = auto()
    WASTE = auto()
    NO_ROOM_THEN = auto()
    REPACKED = auto()
    OWN_SIZE = auto()
    EMPTY = auto()
    MIXES_LESS = auto()
    MORE_ROOM = auto()
    NAME = auto()
    UNKNOWN = auto()


class Preferred(NamedTuple):
    """A placement that was preferred, why, and what both were then."""

    why: Preference
    location: Location
    chosen: Measured | None = None
    """What was chosen; for the most room, the pool of its environment that has it."""
    other: Measured | None = None
    """What was not chosen."""

    @property
    def alike(self) -> object:
        """What must be the same to be said in one sentence."""
        return (self.why, self.location.profile if self.why in (Preference.PROFILE, Preference.KEPT_PROFILE) else None)


def why_not(other: Location, decisions: Sequence[Decision]) -> str:
    """Say why `other`, which has room now, was not chosen when the deployment was placed.

    In an environment that serves the deployment only the placement there was compared with it.
    """
    here = [decision for decision in decisions if decision.location.environment == other.environment]
    sentences: dict[object, list[Preferred]] = {}
    for decision in here or decisions:
        preferred = compared(other, decision)
        sentences.setdefault(preferred.alike, []).append(preferred)
    said = "; ".join(_WORDS[group[0].why](group) for group in sentences.values())
    return f"not chosen: {said}{'; an environment serves a deployment once' if here else ''}"


def compared(other: Location, decision: Decision) -> Preferred:
    """Return why a decision was for its location and not for `other`."""
    location, measured = decision.location, decision.measured
    if decision.step is Step.KEPT:
        return Preferred(Preference.STAYS, location)
    if decision.step is Step.STAYED_IN_ENVIRONMENT:
        elsewhere = other.environment != location.environment
        return Preferred(Preference.STAYS_IN_ENVIRONMENT if elsewhere else Preference.CHANGES_LEAST, location)
    if other not in measured or other.environment in decision.served:
        return Preferred(Preference.UNKNOWN, location)
    mine, theirs = measured[location], measured[other]
    why = _preference(mine, theirs, decision.step)
    if why is not Preference.NAME or other.environment == location.environment:
        return Preferred(why, location, mine, theirs)
    # Between environments the room of the best pool counts; within one, the first by name is taken.
    best = _most_room(location, decision.measured)
    return Preferred(Preference.MORE_ROOM if best.room > theirs.room else Preference.NAME, location, best, theirs)


def _preference(mine: Measured, theirs: Measured, step: Step) -> Preference:
    """Return the first preference that tells them apart, up to how sizes mix; `NAME` where none does."""
    better = mine.level < theirs.level
    preferred = (
        (step is Step.MADE_WAY and mine.rank != theirs.rank, Preference.KEPT_PROFILE),
        (mine.rank < theirs.rank, Preference.PROFILE),
        (better and mine.doubted < theirs.doubted, Preference.WEIGHTS),
        (better and mine.memory < theirs.memory, Preference.MEMORY),
        (better, Preference.WASTE),
        (not theirs.has_room, Preference.NO_ROOM_THEN),
        (step is Step.REPACKED, Preference.REPACKED),
        ((mine.level, mine.mixing) > (theirs.level, theirs.mixing), Preference.UNKNOWN),
        (mine.mixing == theirs.mixing, Preference.NAME),
        (mine.mixing == 0, Preference.OWN_SIZE),
        (mine.mixing == 1, Preference.EMPTY),
    )
    return next((why for holds, why in preferred if holds), Preference.MIXES_LESS)


def _most_room(location: Location, measured: Mapping[Location, Measured]) -> Measured:
    """Return the pool with most room of those in the environment that are as good as the one at `location`."""
    chosen = measured[location]
    alike = (
        each
        for place, each in measured.items()
        if place.environment == location.environment and (each.level, each.mixing) == (chosen.level, chosen.mixing)
    )
    return max(alike, key=lambda each: each.room)


def _where(group: Iterable[Preferred]) -> str:
    return some(
        sorted(
            f"{each.location.environment}/{pool_in_words(each.location.node_pool, each.location.resource)}"
            for each in group
        )
    )


def _environments(group: Iterable[Preferred]) -> str:
    return some(sorted(each.location.environment for each in group))


def _chosen(group: Iterable[Preferred]) -> list[Measured]:
    return [each.chosen for each in group if each.chosen]


def _other(group: Iterable[Preferred]) -> list[Measured]:
    return [each.other for each in group if each.other]


def _were(group: Sequence[Preferred]) -> str:
    return "was" if len(group) == 1 else "were"


def _memory(measured: Iterable[Measured]) -> str:
    return spread_memory(Quantity.parse(each.memory) for each in measured)


def _wasted(measured: Iterable[Measured]) -> str:
    return spread(round(100 * each.wasted) for each in measured)


def _first_by_name(group: Sequence[Preferred]) -> str:
    return f"{_where(group)} {'is as good, and comes' if len(group) == 1 else 'are as good, and come'} first by name"


def _room(measured: Iterable[Measured]) -> str:
    return spread(each.room for each in measured)


def _no_room_then(group: Sequence[Preferred]) -> str:
    room = [each.room for each in _other(group)]
    pods = _other(group)[0].pods
    had = f"room for only {spread(room)} of its {pods} pods" if max(room) else "no room"
    return f"there was {had} here when it was placed on {_where(group)}"


_WORDS: Final[Mapping[Preference, Callable[[Sequence[Preferred]], str]]] = {
    Preference.STAYS: lambda group: f"it stays on {_where(group)}, where it was",
    Preference.STAYS_IN_ENVIRONMENT: lambda group: f"it stays in {_environments(group)}, where it was",
    Preference.CHANGES_LEAST: lambda group: f"less of what it had changes on {_where(group)}",
    Preference.PROFILE: lambda group: f"the model prefers {group[0].location.profile}, on {_where(group)}",
    Preference.KEPT_PROFILE: lambda group: (
        f"it was moved to make room for another deployment, and kept {group[0].location.profile}, on {_where(group)}"
    ),
    Preference.WEIGHTS: lambda group: f"here its weights may not fit, and on {_where(group)} they do",
    Preference.MEMORY: lambda group: (
        f"{_where(group)} {have(len(group))} less memory to spare ({_memory(_chosen(group))} a unit, here "
        f"{_memory(_other(group))})"
    ),
    Preference.WASTE: lambda group: (
        f"its pods leave less of a node unused on {_where(group)} ({_wasted(_chosen(group))} %, here "
        f"{_wasted(_other(group))} %)"
    ),
    Preference.NO_ROOM_THEN: _no_room_then,
    Preference.REPACKED: lambda group: (
        f"{_where(group)} {_were(group)} filled again, with the smallest deployments first"
    ),
    Preference.OWN_SIZE: lambda group: f"{_where(group)} already had pods of its size, and no others",
    Preference.EMPTY: lambda group: f"{_where(group)} {_were(group)} empty, and pods of other sizes were here",
    Preference.MIXES_LESS: lambda group: f"sizes of pods differ less on {_where(group)}",
    Preference.MORE_ROOM: lambda group: (
        f"more room was left in {_environments(group)} (for {_room(_chosen(group))} of its pods, here for "
        f"{_room(_other(group))})"
    ),
    Preference.NAME: _first_by_name,
    Preference.UNKNOWN: lambda group: f"it is on {_where(group)}",
}
