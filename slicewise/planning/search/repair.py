"""Where not everything of one priority fits: as many deployments as can be, in as many environments.

The first pass goes from the scarcest and largest to the smallest, which packs tightest where all fits, and leaves out
many small ones where it does not. So each pool that something waits for is filled again, the smallest first: no other
choice serves more on a pool of slices. What has to make way waits in turn, and may find room on another pool. Only what
this plan has placed, of this priority, takes part: nothing that runs is touched.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from heapq import merge
from operator import itemgetter
from typing import Final, NamedTuple

from slicewise.documents import DeploymentKey
from slicewise.planning.capacity import PodSize, PoolLedger
from slicewise.planning.quotas import most_that_fit
from slicewise.planning.search.decision_log import Step
from slicewise.planning.search.demands import Demand, ServingOption
from slicewise.planning.search.draft_plan import Booking, DraftPlan
from slicewise.planning.search.lanes import Lane
from slicewise.planning.search.relocation import Relocation

# Each round only keeps what is better, so it ends by itself; later rounds hardly find anything.
_ROUNDS: Final = 8
# After so many smaller deployments that could not be placed, larger ones will not fit either.
_MOST_FAILURES: Final = 24
_MOST_TRIES: Final = 4000
_TRIES_EACH: Final = 250
_MOST_DISPLACED: Final = 200
_MOST_SERVED: Final = 8
# How many may have to move one after the other so that one finds room.
_DEPTHS: Final = (1, 3)


def repair(draft: DraftPlan, demands: Iterable[Demand], short: Iterable[Demand]) -> None:
    """Place more of `demands` (all of one priority), some of which are `short` of environments."""
    repacking = _Repacking(draft, demands, short)
    for _ in range(_ROUNDS):
        if not sum(repacking.repack(index) for index in sorted(repacking.pools)):
            break
    repacking.place_elsewhere()
    repacking.allow_tries()
    for _ in range(_ROUNDS):
        for depth in _DEPTHS:
            repacking.relocate(depth)
        if not repacking.give_up_large():
            break
    repacking.place_elsewhere()


class _Waiter(NamedTuple):
    """A deployment that lacks an environment, as it would run on the pools of one lane; the smallest first."""

    units: int
    key: DeploymentKey
    demand: Demand
    option: ServingOption
    pod: PodSize


class _Queue(NamedTuple):
    """What waits for the pools of one lane with pods of one size; the smallest first."""

    lane: int
    """Its number: what comes first is the same whatever the sizes are."""
    size: int | None
    """Units of a pod; None for those of any size that may wait in several lanes of one pool."""
    waiters: list[_Waiter]

    def fitting(self, rooms: Mapping[int, int], free: int) -> Iterator[_Waiter]:
        """Yield what waits as long as there is room for pods of the size; without any yet there is what is `free`."""
        for waiter in self.waiters:
            if self.size is not None and rooms.get(self.size, free) < waiter.units:
                return
            yield waiter


_by_lane = itemgetter(0)
_by_size = itemgetter(0, 1)


def _in_order(waiters: list[_Waiter], waiter: _Waiter) -> None:
    """Add a waiter to those of one queue."""
    insort(waiters, waiter, key=_by_size)


class _Repacking:
    """What waits for a place, and what may have to make way for it."""

    def __init__(self, draft: DraftPlan, demands: Iterable[Demand], short: Iterable[Demand]) -> None:
        self._draft = draft
        self._queues: dict[int, dict[int | None, _Queue]] = {}
        self._waiting: dict[DeploymentKey, list[tuple[list[_Waiter], _Waiter]]] = {}
        # Those with a prefill workload take room on two pools: none of them alone is filled again for them.
        self._pairs: dict[DeploymentKey, Demand] = {}
        self.pools: dict[int, list[_Queue]] = {}
        """The pools that something waits for, and what."""
        self._replaced = 0
        """How often a pool was filled otherwise."""
        self._failed: dict[int, int] = {}
        """How often that had been done when a pool was last tried, by its number: until the next nothing is new."""
        self._tries = 0
        self._bookings: dict[int, list[Booking]] = {}
        for demand in demands:
            for booking in draft.placed[demand.key].values():
                if not booking.retained and not booking.settled:
                    self._bookings.setdefault(booking.index, []).append(booking)
        for demand in short:
            self._wait(demand, list.append)
        for queues in self._queues.values():
            for queue in queues.values():
                queue.waiters.sort(key=_by_size)

    def repack(self, index: int) -> bool:
        """Fill a pool again, the smallest first, and keep that if it serves more."""
        if self._failed.get(index) == self._replaced:
            return False
        self._failed[index] = self._replaced
        old = self._bookings.get(index, [])
        pool = self._draft.pools[index]
        smallest = min((queue.waiters[0].units for queue in self.pools[index] if queue.waiters), default=None)
        if smallest is None or (smallest > pool.free and all(booking.units <= smallest for booking in old)):
            return False
        base = pool.without((booking.pod, booking.pods) for booking in old)
        candidates = self._candidates(index, base, old)
        sizes = sorted({booking.pod.units for booking in candidates})
        with self._uncounted(old):
            # What quotas refuse already is refused with others beside it, too.
            candidates = [booking for booking in candidates if self._draft.allows(booking)]
            most = min(
                most_that_fit((booking.units for booking in candidates), base.free),
                self._draft.most_allowed(candidates),
            )
            best = old
            for preferred in sizes:
                if len(best) >= most:
                    break
                order = sorted(candidates, key=lambda booking: booking.pod.units != preferred)
                filled = self._fill(base.without(()), order, len(best))
                if len(filled) > len(best):
                    best = filled
        if best is old:
            return False
        self._replace(index, old, best)
        return True

    @contextmanager
    def _uncounted(self, old: Sequence[Booking]) -> Iterator[None]:
        """Count in quotas as if the `old` were gone."""
        for booking in old:
            self._draft.count(booking, back=True)
        try:
            yield
        finally:
            for booking in old:
                self._draft.count(booking)

    def _fill(self, pool: PoolLedger, bookings: Sequence[Booking], beaten: int) -> list[Booking]:
        """Return those of `bookings` that the pool takes one after the other, and quotas allow.

        Where no more than the `beaten` number can come of it, those that were tried until then.
        """
        draft, filled = self._draft, list[Booking]()
        for number, booking in enumerate(bookings):
            if len(filled) + len(bookings) - number <= beaten:
                break
            if draft.allows(booking) and pool.takes(booking.pod, booking.pods):
                pool.charge(booking.pod, booking.pods)
                filled.append(booking)
                draft.count(booking)
        for booking in filled:
            draft.count(booking, back=True)
        return filled

    def place_elsewhere(self) -> None:
        """Place what waits wherever there is room, the smallest first."""
        for demand in self._smallest_first():
            placed = self._draft.placed[demand.key]
            while self._draft.missing(demand) and (booking := self._draft.best(demand, placed)):
                self._draft.place(booking)
                self._placed(booking)

    def allow_tries(self) -> None:
        """Set how much may be tried: a few that fit nowhere are not worth more than planning all the others."""
        self._tries = min(_MOST_TRIES, _TRIES_EACH * len(self._waiting))

    def _smallest_first(self) -> list[Demand]:
        found = {
            key: min((waiter for _, waiter in entries), key=_by_size)
            for key, entries in self._waiting.items()
            if entries
        }
        alone = [(waiter.units, key, waiter.demand) for key, waiter in found.items()]
        pairs = [(demand.least_units, key, demand) for key, demand in self._pairs.items() if key not in found]
        return [demand for _, _, demand in sorted([*alone, *pairs], key=itemgetter(0, 1))]

    def relocate(self, depth: int) -> None:
        """Make room for what waits, the smallest first, by moving others to where they fit too."""
        failures = 0
        for demand in self._smallest_first():
            while self._draft.missing(demand):
                attempt = Relocation(self._draft, self._bookings, depth, self._tries)
                placed = attempt.make_room(demand)
                self._tries = attempt.tries
                if not placed:
                    failures += 1
                    break
                failures = 0
                self._keep(attempt)
            if failures > _MOST_FAILURES or self._tries <= 0:
                return

    def give_up_large(self) -> int:
        """Give up one large placement where two or more of what waits can be placed then, others moving if need be.

        Returns how often it was done.
        """
        done = 0
        waiting = self._smallest_first()
        here = {id(booking): booking for booking in self._on_pools(self._awaited())}
        for displaced in sorted(here.values(), key=_largest_first)[:_MOST_DISPLACED]:
            if not waiting or self._tries <= 0 or self._is_too_small(displaced, waiting[0]):
                return done
            if (
                self._draft.placed[displaced.demand.key].get(self._draft.pools[displaced.index].environment)
                is not displaced
            ):
                continue
            attempt = Relocation(self._draft, self._bookings, 1, self._tries)
            if attempt.serve_more_without(displaced, waiting[:_MOST_SERVED]):
                done += 1
                self._keep(attempt)
                self._wait(displaced.demand)
                waiting = self._smallest_first()
            self._tries = attempt.tries
        return done

    def _is_too_small(self, displaced: Booking, smallest: Demand) -> bool:
        """Return whether two of what waits cannot be placed for `displaced`, nor for anything smaller."""
        # A pair may lack only the smaller part of its units.
        return not self._pairs and displaced.all_units <= smallest.least_units

    def _awaited(self) -> set[int]:
        """Return the pools that something waits for, alone or as one of a pair, and what their nodes offer beside."""
        awaited = set(self.pools)
        for option in (option for demand in self._pairs.values() for option in demand.options):
            awaited.update(index for index, _ in option.lane_pools())
            awaited.update(index for index, _ in (option.prefill.lane_pools() if option.prefill else ()))
        # What has another GPU resource of the same nodes takes their CPUs, too.
        return awaited.union(*map(self._draft.numbered.beside, awaited))

    def _on_pools(self, pools: AbstractSet[int]) -> Iterator[Booking]:
        """Yield the bookings that have pods there, those of prefill workloads too."""
        for index, bookings in self._bookings.items():
            if index in pools:
                yield from bookings
            elif self._draft.has_prefill:
                yield from (booking for booking in bookings if booking.prefill and booking.prefill.index in pools)

    def _keep(self, attempt: Relocation) -> None:
        for booking in attempt.left:
            self._bookings[booking.index] = [each for each in self._bookings[booking.index] if each is not booking]
        for booking in attempt.placed:
            self._placed(booking)

    def _candidates(self, index: int, base: PoolLedger, old: Sequence[Booking]) -> list[Booking]:
        """Return what runs here and what could, the fewest units first: of each pod size no more than there is room."""
        rooms: dict[int, int] = {}
        found: list[Booking] = []
        here = (_Waiter(c.units, c.demand.key, c.demand, c.option, c.pod) for c in old)
        kept = {booking.demand.key: booking for booking in old}
        for waiter in merge(sorted(here, key=_by_size), self._newcomers(index, rooms, base.free), key=_by_size):
            if waiter.units > base.free:
                break
            room = rooms.setdefault(waiter.pod.units, base.free)
            if room >= waiter.units:
                rooms[waiter.pod.units] -= waiter.units
                found.append(
                    kept.get(waiter.key) or Booking(waiter.demand, waiter.option, index, waiter.pod, retained=False)
                )
        return found

    def _newcomers(self, index: int, rooms: Mapping[int, int], free: int) -> Iterator[_Waiter]:
        """Yield what waits for a pool, the fewest units first, but for those of a size that has no room any more."""
        environment = self._draft.pools[index].environment
        seen: set[DeploymentKey] = set()
        for waiter in merge(*(queue.fitting(rooms, free) for queue in self.pools[index]), key=_by_size):
            if waiter.key not in seen and environment not in self._draft.placed[waiter.key]:
                seen.add(waiter.key)
                yield waiter

    def _replace(self, index: int, old: Sequence[Booking], new: Sequence[Booking]) -> None:
        self._replaced += 1
        ids = {id(booking) for booking in new}, {id(booking) for booking in old}
        gone = [booking for booking in old if id(booking) not in ids[0]]
        for booking in gone:
            self._draft.remove(booking)
        self._bookings[index] = [booking for booking in old if id(booking) in ids[0]]
        for booking in new:
            if id(booking) not in ids[1]:
                self._draft.place(booking, Step.REPACKED)
                self._placed(booking)
        for booking in gone:
            self._wait(booking.demand)

    def _placed(self, booking: Booking) -> None:
        self._bookings.setdefault(booking.index, []).append(booking)
        if booking.demand.key in self._waiting and not self._draft.missing(booking.demand):
            self._pairs.pop(booking.demand.key, None)
            for waiters, waiter in self._waiting.pop(booking.demand.key):
                del waiters[bisect_left(waiters, _by_size(waiter), key=_by_size)]

    def _wait(self, demand: Demand, enter: Callable[[list[_Waiter], _Waiter], None] = _in_order) -> None:
        if demand.key in self._waiting:
            return
        self._waiting[demand.key] = entries = []
        apart = any(option.profile.environment_selector.match_labels for option in demand.options)
        seen: set[int] = set()
        for option in demand.options:
            if option.prefill:
                self._pairs[demand.key] = demand
                continue
            for level in option.levels:
                for lane, pod, _ in level.lanes:
                    if id(lane) not in seen:
                        seen.add(id(lane))
                        waiter = _Waiter(demand.units(option.profile), demand.key, demand, option, pod)
                        waiters = self._waiters_of(lane, None if apart else pod.units)
                        enter(waiters, waiter)
                        entries.append((waiters, waiter))

    def _waiters_of(self, lane: Lane, size: int | None) -> list[_Waiter]:
        queues = self._queues.setdefault(id(lane), {})
        if size not in queues:
            number = next((each.lane for each in queues.values()), len(self._queues))
            queues[size] = _Queue(number, size, [])
            for index in lane.members:
                insort(self.pools.setdefault(index, []), queues[size], key=_by_lane)
        return queues[size].waiters


def _largest_first(booking: Booking) -> tuple[object, ...]:
    return (-booking.all_units, booking.demand.key, booking.index)
