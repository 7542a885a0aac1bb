"""Where not everything of one priority fits: as many deployments as can be, in as many environments.

The first pass goes from the scarcest and largest to the smallest, which packs tightest where all fits, and leaves out
many small ones where it does not. So each pool that something waits for is filled again, the smallest first: no other
choice serves more on a pool of slices. What has to make way waits in turn, and may find room on another pool. Only what
this plan has placed, of this priority, is in the pot: nothing that runs is touched.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Sequence
from heapq import merge
from operator import itemgetter
from typing import Final, NamedTuple

from slicewise.documents import DeploymentKey
from slicewise.planning.capacity import PodSize, PoolState
from slicewise.planning.search.draft_plan import Board, Charge, Demand, Way
from slicewise.planning.search.lanes import Lane
from slicewise.planning.search.relocation import Relocation

# Each round only keeps what is better, so it ends by itself; later rounds hardly find anything.
_ROUNDS: Final = 8
# What is larger than so many for which nobody could make way has little hope.
_MOST_FAILURES: Final = 24
_MOST_TRIES: Final = 4000
_TRIES_EACH: Final = 250
_MOST_VICTIMS: Final = 200
_MOST_SERVED: Final = 8
# How many may have to move one after the other so that one finds room.
_DEPTHS: Final = (1, 3)


def repair(board: Board, demands: Iterable[Demand], short: Iterable[Demand]) -> None:
    """Place more of `demands` (all of one priority), some of which are `short` of environments."""
    pot = _Pot(board, demands, short)
    for _ in range(_ROUNDS):
        if not sum(pot.refill(index) for index in sorted(pot.pools)):
            break
    pot.place_elsewhere()
    pot.allow_tries()
    for _ in range(_ROUNDS):
        for depth in _DEPTHS:
            pot.relocate(depth)
        if not pot.give_up_large():
            break
    pot.place_elsewhere()


class _Waiter(NamedTuple):
    """A deployment that lacks an environment, as it would run on the pools of one lane; the smallest first."""

    units: int
    key: DeploymentKey
    demand: Demand
    way: Way
    pod: PodSize


class _Pot:
    """What waits for a place, and what may have to make way."""

    def __init__(self, board: Board, demands: Iterable[Demand], short: Iterable[Demand]) -> None:
        self._board = board
        self._waiters: dict[int, list[_Waiter]] = {}
        self._waiting: dict[DeploymentKey, list[tuple[list[_Waiter], _Waiter]]] = {}
        self.pools: dict[int, list[list[_Waiter]]] = {}
        """The pools that something waits for, and what."""
        self._tries = 0
        self._charges: dict[int, list[Charge]] = {}
        for demand in demands:
            for charge in board.placed[demand.key].values():
                if not charge.retained:
                    self._charges.setdefault(charge.index, []).append(charge)
        for demand in short:
            self._wait(demand)

    def refill(self, index: int) -> bool:
        """Fill a pool again, the smallest first, and keep that if it serves more."""
        old = self._charges.get(index, [])
        pool = self._board.pools[index]
        smallest = min((waiters[0].units for waiters in self.pools[index] if waiters), default=None)
        largest = max((charge.units for charge in old), default=0)
        if smallest is None or smallest >= max(largest, pool.free + 1):
            return False
        base = pool.without((charge.pod, charge.pods) for charge in old)
        candidates = self._candidates(index, base, old)
        best = old
        for preferred in sorted({charge.pod.units for charge in candidates}):
            order = sorted(candidates, key=lambda charge: charge.pod.units != preferred)
            filled = _fill(base.without(()), order)
            if len(filled) > len(best):
                best = filled
        if best is old:
            return False
        self._replace(index, old, best)
        return True

    def place_elsewhere(self) -> None:
        """Place what waits wherever there is room, the smallest first."""
        for demand in self._smallest_first():
            placed = self._board.placed[demand.key]
            while self._board.missing(demand) and (charge := self._board.best(demand, placed)):
                self._board.place(charge)
                self._placed(charge)

    def allow_tries(self) -> None:
        """Set how much may be tried: a few that fit nowhere are not worth more than planning all the others."""
        self._tries = min(_MOST_TRIES, _TRIES_EACH * len(self._waiting))

    def _smallest_first(self) -> list[Demand]:
        waiting = [
            min((waiter for _, waiter in entries), key=_by_size) for entries in self._waiting.values() if entries
        ]
        return [waiter.demand for waiter in sorted(waiting, key=_by_size)]

    def relocate(self, depth: int) -> None:
        """Make room for what waits, the smallest first, by moving others to where they fit too."""
        failures = 0
        for demand in self._smallest_first():
            while self._board.missing(demand):
                attempt = Relocation(self._board, self._charges, depth, self._tries)
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
        here = {id(charge): charge for index in self.pools for charge in self._charges.get(index, ())}
        for victim in sorted(here.values(), key=_largest_first)[:_MOST_VICTIMS]:
            if not waiting or self._tries <= 0 or victim.units <= waiting[0].least_units:
                return done
            if self._board.placed[victim.demand.key].get(self._board.pools[victim.index].environment) is not victim:
                continue
            attempt = Relocation(self._board, self._charges, 1, self._tries)
            if attempt.serve_more_without(victim, waiting[:_MOST_SERVED]):
                done += 1
                self._keep(attempt)
                self._wait(victim.demand)
                waiting = self._smallest_first()
            self._tries = attempt.tries
        return done

    def _keep(self, attempt: Relocation) -> None:
        for charge in attempt.left:
            self._charges[charge.index] = [each for each in self._charges[charge.index] if each is not charge]
        for charge in attempt.placed:
            self._placed(charge)

    def _candidates(self, index: int, base: PoolState, old: Sequence[Charge]) -> list[Charge]:
        """Return what runs here and what could, the fewest units first: of each pod size no more than there is room."""
        rooms: dict[int, int] = {}
        found: list[Charge] = []
        here = (_Waiter(c.units, c.demand.key, c.demand, c.way, c.pod) for c in old)
        kept = {charge.demand.key: charge for charge in old}
        for waiter in merge(sorted(here, key=_by_size), self._newcomers(index), key=_by_size):
            if waiter.units > base.free:
                break
            room = rooms.setdefault(waiter.pod.units, base.free)
            if room >= waiter.units:
                rooms[waiter.pod.units] -= waiter.units
                found.append(
                    kept.get(waiter.key) or Charge(waiter.demand, waiter.way, index, waiter.pod, retained=False)
                )
        return found

    def _newcomers(self, index: int) -> Iterator[_Waiter]:
        """Yield what waits for a pool, the fewest units first."""
        environment = self._board.pools[index].environment
        seen: set[DeploymentKey] = set()
        for waiter in merge(*self.pools[index], key=_by_size):
            if waiter.key not in seen and environment not in self._board.placed[waiter.key]:
                seen.add(waiter.key)
                yield waiter

    def _replace(self, index: int, old: Sequence[Charge], new: Sequence[Charge]) -> None:
        ids = {id(charge) for charge in new}, {id(charge) for charge in old}
        gone = [charge for charge in old if id(charge) not in ids[0]]
        for charge in gone:
            self._board.remove(charge)
        self._charges[index] = [charge for charge in old if id(charge) in ids[0]]
        for charge in new:
            if id(charge) not in ids[1]:
                self._board.place(charge)
                self._placed(charge)
        for charge in gone:
            self._wait(charge.demand)

    def _placed(self, charge: Charge) -> None:
        self._charges.setdefault(charge.index, []).append(charge)
        if charge.demand.key in self._waiting and not self._board.missing(charge.demand):
            for waiters, waiter in self._waiting.pop(charge.demand.key):
                del waiters[bisect_left(waiters, _by_size(waiter), key=_by_size)]

    def _wait(self, demand: Demand) -> None:
        if demand.key in self._waiting:
            return
        self._waiting[demand.key] = entries = []
        seen: set[int] = set()
        for way in demand.ways:
            for level in way.levels:
                for lane, pod, _ in level.lanes:
                    if id(lane) not in seen:
                        seen.add(id(lane))
                        waiter = _Waiter(demand.units(way.profile), demand.key, demand, way, pod)
                        waiters = self._waiters_of(lane)
                        insort(waiters, waiter, key=_by_size)
                        entries.append((waiters, waiter))

    def _waiters_of(self, lane: Lane) -> list[_Waiter]:
        waiters = self._waiters.get(id(lane))
        if waiters is None:
            waiters = self._waiters[id(lane)] = []
            for index in lane.members:
                self.pools.setdefault(index, []).append(waiters)
        return waiters


_by_size = itemgetter(0, 1)


def _largest_first(charge: Charge) -> tuple[object, ...]:
    return (-charge.units, charge.demand.key, charge.index)


def _fill(pool: PoolState, charges: Iterable[Charge]) -> list[Charge]:
    filled = []
    for charge in charges:
        if pool.takes(charge.pod, charge.pods):
            pool.charge(charge.pod, charge.pods)
            filled.append(charge)
    return filled
