"""Why a deployment gets too few environments, in as few lines as it takes: candidates with one reason are one group."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

from slicewise.documents import Fleet
from slicewise.kubernetes import readable
from slicewise.planning.location import pool_in_words
from slicewise.planning.plan import Shortfall
from slicewise.planning.reasons import (
    EngineMemoryTooSmall,
    InsufficientMemory,
    NvlinkDomainTooSmall,
    Reason,
    RejectionCode,
    TooFewGpus,
    TooFewNodes,
)
from slicewise.planning.rejection_groups import RejectedPlace, Rejection, RejectionGroup

_ORDER = {code: number for number, code in enumerate(RejectionCode)}
_SELECTORS = (RejectionCode.ENVIRONMENT_SELECTOR, RejectionCode.PROFILE_SELECTOR, RejectionCode.NODE_POOL_SELECTOR)
# A pool could serve it, if there were more room or a larger quota.
_SERVED_WITH_MORE = (RejectionCode.CAPACITY, RejectionCode.QUOTA)
_EXAMPLES = 3
# More than any unit has: where no unit is surely enough, the largest comes nearest.
_MOST_MEMORY = 1 << 42


@dataclass(frozen=True, slots=True)
class ReasonGroup:
    """Candidates that were rejected for the same reason, but for its numbers."""

    code: RejectionCode
    message: str
    """With ranges where the candidates differ only in numbers."""
    places: Sequence[RejectedPlace]
    """Their pools, or environments where those are ruled out as a whole, in order."""
    profiles: Sequence[str]

    def __str__(self) -> str:
        """Write it on one line."""
        noun = "environment" if self.code is RejectionCode.ENVIRONMENT_SELECTOR else "pool"
        count = len(self.places)
        names = [place_in_words(place) for place in self.places[:_EXAMPLES]]
        where = names[0] if count == 1 else f"{count:,} {noun}s"
        profiles = f" with {' or '.join(self.profiles)}" if self.profiles else ""
        examples = f"; for example {', '.join(names)}" if count > 1 else ""
        return f"{where}{profiles}: {self.message} ({self.code}){examples}"


def candidate_place(environment: str, pool: str | None, resource: str | None = None) -> str:
    """Write environment/pool, with which of several GPU resources of its nodes is meant; or the environment alone."""
    pool = pool_in_words(pool, resource) if pool and resource else pool
    return f"{environment}/{pool}" if pool else environment


def place_in_words(place: RejectedPlace) -> str:
    """Write the names of a pool, or of an environment that is ruled out as a whole."""
    return candidate_place(place.environment, place.node_pool, place.resource)


def grouped(rejections: Iterable[RejectionGroup]) -> list[ReasonGroup]:
    """Return the reasons of a deployment's rejections, said of all candidates where only the numbers differ.

    Those come first that fail at the last of the rules, and then the most common.
    """
    alike: dict[tuple[type[Reason], Hashable, str], list[RejectionGroup]] = defaultdict(list)
    for group in rejections:
        alike[type(group.reason), group.reason.alike, group.profile or ""].append(group)
    profiles: dict[tuple[RejectionCode, str, tuple[int, ...]], list[str]] = defaultdict(list)
    among: dict[RejectionCode, Sequence[RejectedPlace]] = {}
    for (_, _, profile), groups in sorted(alike.items(), key=lambda entry: entry[0][2]):
        reason = groups[0].reason
        message = reason.said_of([group.reason for group in groups])
        numbers = tuple(sorted(chain.from_iterable(group.numbers for group in groups)))
        profiles[reason.code, message, numbers] += [profile] if profile else []
        among[reason.code] = groups[0].among
    ordered = sorted(profiles.items(), key=lambda each: (-_ORDER[each[0][0]], -len(each[0][2]), *each[0][1:]))
    return [
        ReasonGroup(code, message, [among[code][number] for number in numbers], names)
        for (code, message, numbers), names in ordered
    ]


@dataclass(frozen=True, slots=True)
class NearestMiss:
    """The pool that comes nearest to serving a deployment that no pool could serve, full or not."""

    rejection: Rejection
    message: str

    def __str__(self) -> str:
        """Write it on one line."""
        return self.message


def nearest_miss(fleet: Fleet, shortfall: Shortfall, rejections: Iterable[RejectionGroup]) -> NearestMiss | None:
    """Return what comes nearest where no pool could serve it, full or not; None where a pool could."""
    found = list(rejections)
    candidates = [group for group in found if group.profile]
    if not candidates or any(group.code in _SERVED_WITH_MORE for group in candidates):
        return None
    last = max((group.code for group in candidates), key=_ORDER.__getitem__)
    if last is RejectionCode.INSUFFICIENT_MEMORY:
        return _largest_memory(fleet, shortfall, found)
    best = max((group for group in candidates if group.code is last), key=lambda group: _has(group.reason)).first
    return NearestMiss(best, f"nearest is {place_in_words(best.place)} with {best.profile}: {best.text}")


def _largest_memory(fleet: Fleet, shortfall: Shortfall, rejections: Sequence[RejectionGroup]) -> NearestMiss:
    """Return how much memory there is at most, for the profile that comes nearest to having enough."""
    model = fleet.model_of(fleet.deployment[shortfall.deployment])
    short = [(group.first, each) for group in rejections if isinstance(each := group.reason, InsufficientMemory)]
    best, reason = max(short, key=lambda pair: pair[1].has.value / pair[1].needs.value)
    elsewhere = " elsewhere" if shortfall.placed else ""
    ruled_out = any(group.code in _SELECTORS for group in rejections if group.profile in (None, best.profile))
    allowed = " that selectors allow" if ruled_out else ""
    profile = f" for {best.profile}" if len(model.serving) > 1 else ""
    need, largest, where = readable(reason.needs), readable(reason.has), place_in_words(best.place)
    message = f"no pool{elsewhere}{allowed} has {need} a GPU or slice{profile}: the largest is {largest} ({where})"
    return NearestMiss(best, message)


def _has(reason: Reason) -> float:
    """Return how much a pool has of what it has too little of, where that is a number; of memory, which part."""
    if isinstance(reason, EngineMemoryTooSmall):
        return reason.has / (reason.shortage.enough or _MOST_MEMORY)
    return (reason.has or 0) if isinstance(reason, TooFewGpus | TooFewNodes | NvlinkDomainTooSmall) else 0
