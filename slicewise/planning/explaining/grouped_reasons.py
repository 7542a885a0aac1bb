"""Why a deployment gets too few environments, in as few lines as it takes: candidates with one reason are one group."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

from slicewise.documents import Fleet
from slicewise.kubernetes import readable
from slicewise.planning.location import pool_in_words
from slicewise.planning.plan import Shortfall
from slicewise.planning.reasons import (
    EngineMemoryTooSmall,
    InsufficientMemory,
    NvlinkDomainTooSmall,
    Reason,
    Rejection,
    RejectionCode,
    TooFewGpus,
    TooFewNodes,
)

_ORDER = {code: number for number, code in enumerate(RejectionCode)}
_SELECTORS = (RejectionCode.ENVIRONMENT_SELECTOR, RejectionCode.PROFILE_SELECTOR, RejectionCode.NODE_POOL_SELECTOR)
# A pool could serve it, if there were more room or a larger quota.
_SERVED_WITH_MORE = (RejectionCode.CAPACITY, RejectionCode.QUOTA)
_EXAMPLES = 3
# More than any unit has: where no unit is surely enough, the largest comes nearest.
_MOST_MEMORY = 1 << 42
_Places = tuple[tuple[str, str | None], ...]


@dataclass(frozen=True, slots=True)
class ReasonGroup:
    """Candidates that were rejected for the same reason, but for its numbers."""

    code: RejectionCode
    message: str
    """With ranges where the candidates differ only in numbers."""
    places: _Places
    """Their pools, or environments where those are ruled out as a whole."""
    profiles: Sequence[str]

    def __str__(self) -> str:
        """Write it on one line."""
        noun = "environment" if self.code is RejectionCode.ENVIRONMENT_SELECTOR else "pool"
        count = len(self.places)
        names = [candidate_place(*place) for place in self.places[:_EXAMPLES]]
        where = names[0] if count == 1 else f"{count:,} {noun}s"
        profiles = f" with {' or '.join(self.profiles)}" if self.profiles else ""
        examples = f"; for example {', '.join(names)}" if count > 1 else ""
        return f"{where}{profiles}: {self.message} ({self.code}){examples}"


def candidate_place(environment: str, pool: str | None, resource: str | None = None) -> str:
    """Write environment/pool, with which of several GPU resources of its nodes is meant; or the environment alone."""
    pool = pool_in_words(pool, resource) if pool and resource else pool
    return f"{environment}/{pool}" if pool else environment


def grouped(rejections: Iterable[Rejection]) -> list[ReasonGroup]:
    """Return the reasons of `rejections`: those first that fail at the last of the rules, and then the most common."""
    alike: dict[tuple[type[Reason], Hashable, str], list[Rejection]] = defaultdict(list)
    for item in rejections:
        alike[type(item.reason), item.reason.alike, item.profile or ""].append(item)
    profiles: dict[tuple[RejectionCode, str, _Places], list[str]] = defaultdict(list)
    for (_, _, profile), items in sorted(alike.items(), key=lambda entry: entry[0][2]):
        reason = items[0].reason
        message = reason.said_of([item.reason for item in items])
        places = tuple((item.environment, _pool(item)) for item in items)
        profiles[reason.code, message, places] += [profile] if profile else []
    found = [ReasonGroup(code, message, places, names) for (code, message, places), names in profiles.items()]
    return sorted(found, key=lambda reason: (-_ORDER[reason.code], -len(reason.places), reason.message, reason.places))


@dataclass(frozen=True, slots=True)
class NearestMiss:
    """The pool that comes nearest to serving a deployment that no pool could serve, full or not."""

    rejection: Rejection
    message: str

    def __str__(self) -> str:
        """Write it on one line."""
        return self.message


def nearest_miss(fleet: Fleet, shortfall: Shortfall, rejections: Iterable[Rejection]) -> NearestMiss | None:
    """Return what comes nearest where no pool could serve it, full or not; None where a pool could."""
    found = list(rejections)
    candidates = [item for item in found if item.node_pool]
    if not candidates or any(item.code in _SERVED_WITH_MORE for item in candidates):
        return None
    last = max((item.code for item in candidates), key=_ORDER.__getitem__)
    nearest = [item for item in candidates if item.code is last]
    if last is RejectionCode.INSUFFICIENT_MEMORY:
        return _largest_memory(fleet, shortfall, found)
    best = max(nearest, key=lambda item: _has(item.reason))
    return NearestMiss(best, f"nearest is {_where(best)} with {best.profile}: {best.text}")


def _largest_memory(fleet: Fleet, shortfall: Shortfall, rejections: Iterable[Rejection]) -> NearestMiss:
    """Return how much memory there is at most, for the profile that comes nearest to having enough."""
    model = fleet.model_of(fleet.deployment[shortfall.deployment])
    found = [(item, item.reason) for item in rejections]
    short = [(item, reason) for item, reason in found if isinstance(reason, InsufficientMemory)]
    best, reason = max(short, key=lambda pair: pair[1].has.value / pair[1].needs.value)
    elsewhere = " elsewhere" if shortfall.placed else ""
    ruled_out = any(item.code in _SELECTORS for item, _ in found if item.profile in (None, best.profile))
    allowed = " that selectors allow" if ruled_out else ""
    profile = f" for {best.profile}" if len(model.serving) > 1 else ""
    need, largest = readable(reason.needs), readable(reason.has)
    message = (
        f"no pool{elsewhere}{allowed} has {need} a GPU or slice{profile}: the largest is {largest} ({_where(best)})"
    )
    return NearestMiss(best, message)


def _where(item: Rejection) -> str:
    return candidate_place(item.environment, item.node_pool, item.resource)


def _pool(item: Rejection) -> str | None:
    return pool_in_words(item.node_pool, item.resource) if item.node_pool and item.resource else item.node_pool


def _has(reason: Reason) -> float:
    """Return how much a pool has of what it has too little of, where that is a number; of memory, which part."""
    if isinstance(reason, EngineMemoryTooSmall):
        return reason.has / (reason.shortage.enough or _MOST_MEMORY)
    return (reason.has or 0) if isinstance(reason, TooFewGpus | TooFewNodes | NvlinkDomainTooSmall) else 0
