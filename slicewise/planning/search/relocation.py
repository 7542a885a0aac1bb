"""Room for a deployment that fits nowhere, by moving others of this plan that fit elsewhere too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from heapq import nlargest
from typing import Final

from slicewise.planning.capacity import PodSize
from slicewise.planning.search.draft_plan import Board, Charge, Demand, Way

# Pools to try and charges to move in each; the deeper, the fewer. The fullest pools are hopeless, and who moves many to
# place one disturbs more than it helps.
_POOLS_TRIED: Final = 16
_MOST_MOVED: Final = 8
_DEEPER: Final = 4


class Relocation:
    """One attempt to place a deployment in one more environment. What is not kept is undone."""

    def __init__(self, board: Board, movable: Mapping[int, Sequence[Charge]], depth: int, tries: int) -> None:
        self._board = board
        self._movable = movable
        self._depth = depth
        self.tries = tries
        """Attempts that are left."""
        self.left: list[Charge] = []
        self.placed: list[Charge] = []
        """Where those are now that left, and the newcomer."""

    def make_room(self, demand: Demand) -> bool:
        """Place `demand` in one more environment, moving others as deep as allowed; nobody gets another profile by it.

        Where it cannot be done everything is as it was.
        """
        return self._make_room(demand, demand.ways, self._depth, frozenset())

    def serve_more_without(self, victim: Charge, waiting: Iterable[Demand]) -> bool:
        """Give up `victim` if two or more of those `waiting` can be placed then."""
        self._board.remove(victim)
        self.left.append(victim)
        served = 0
        for demand in waiting:
            while self._board.missing(demand) and demand is not victim.demand:
                target = self._board.best(demand, self._board.placed[demand.key])
                if target:
                    self._place(target)
                elif not self.make_room(demand):
                    break
                served += 1
        if served > 1:
            return True
        self._undo(0, 0)
        return False

    def _make_room(self, demand: Demand, ways: Sequence[Way], depth: int, busy: AbstractSet[int]) -> bool:
        for newcomer in self._options(demand, ways, depth, busy):
            for leaving in self._choices(newcomer, depth):
                if self.tries <= 0:
                    return False
                self.tries -= 1
                if self._exchange(newcomer, leaving, depth, busy | {newcomer.index}):
                    return True
        return False

    def _options(self, demand: Demand, ways: Sequence[Way], depth: int, busy: AbstractSet[int]) -> Iterator[Charge]:
        """Yield where `demand` could go if there were room, most free first."""
        board, placed = self._board, self._board.placed[demand.key]
        options: dict[int, tuple[Way, PodSize]] = {}
        for way in ways:
            for index, pod in way.lane_pools():
                unused = index in self._movable and index not in busy and index not in options
                if unused and board.pools[index].environment not in placed:
                    options[index] = (way, pod)
        most = _POOLS_TRIED if depth == self._depth else _DEEPER
        for index in nlargest(most, options, key=lambda index: (board.pools[index].free, -index)):
            way, pod = options[index]
            yield Charge(demand, way, index, pod, retained=False)

    def _choices(self, newcomer: Charge, depth: int) -> Iterator[Sequence[Charge]]:
        """Yield charges that could make way: one that is large enough, or several small ones."""
        pool = self._board.pools[newcomer.index]
        lacking = newcomer.units - pool.free
        here = [
            charge
            for charge in self._movable[newcomer.index]
            if self._board.placed[charge.demand.key].get(pool.environment) is charge
        ]
        by_size = sorted(here, key=lambda charge: (charge.units, charge.demand.key))
        large = [charge for charge in by_size if charge.units >= lacking]
        if depth > 1:
            yield from ([charge] for charge in large[:_DEEPER])
            return
        yield from ([charge] for charge in large[:_MOST_MOVED] if self._fits_elsewhere(charge))
        small: list[Charge] = []
        for charge in by_size:
            if len(small) == _MOST_MOVED:
                return
            if self._fits_elsewhere(charge):
                small.append(charge)
                if sum(each.units for each in small) >= lacking:
                    if len(small) > 1:
                        yield small
                    return

    def _fits_elsewhere(self, charge: Charge) -> bool:
        self.tries -= 1
        return self._board.best(charge.demand, self._board.placed[charge.demand.key], [charge.way]) is not None

    def _exchange(self, newcomer: Charge, leaving: Sequence[Charge], depth: int, busy: AbstractSet[int]) -> bool:
        left, placed = len(self.left), len(self.placed)
        for charge in leaving:
            self._board.remove(charge)
            self.left.append(charge)
        if self._board.pools[newcomer.index].takes(newcomer.pod, newcomer.pods):
            self._place(newcomer)
            largest_first = sorted(leaving, key=lambda charge: (-charge.units, charge.demand.key))
            if all(self._settle(charge, depth, busy) for charge in largest_first):
                return True
        self._undo(left, placed)
        return False

    def _undo(self, left: int, placed: int) -> None:
        """Go back to when so many had left and been placed."""
        while len(self.placed) > placed:
            self._board.remove(self.placed.pop())
        while len(self.left) > left:
            self._board.place(self.left.pop())

    def _settle(self, charge: Charge, depth: int, busy: AbstractSet[int]) -> bool:
        target = self._board.best(charge.demand, self._board.placed[charge.demand.key], [charge.way])
        if target:
            self._place(target)
            return True
        return depth > 1 and self._make_room(charge.demand, [charge.way], depth - 1, busy)

    def _place(self, charge: Charge) -> None:
        self._board.place(charge)
        self.placed.append(charge)
