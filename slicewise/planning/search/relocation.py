"""Room for a deployment that fits nowhere, by moving others of this plan that fit elsewhere too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from heapq import nlargest
from itertools import chain
from typing import Final

from slicewise.planning.capacity import PodSize
from slicewise.planning.search.decision_log import Step
from slicewise.planning.search.demands import Demand, PrefillOption, ServingOption
from slicewise.planning.search.draft_plan import Booking, DraftPlan

# Pools to try and bookings to move in each; the deeper, the fewer. The fullest pools are skipped:
# moving many bookings to place one disturbs more than it helps.
_POOLS_TRIED: Final = 16
_MOST_MOVED: Final = 8
_DEEPER: Final = 4


class Relocation:
    """One attempt to place a deployment in one more environment. What is not kept is undone."""

    def __init__(self, draft: DraftPlan, movable: Mapping[int, Sequence[Booking]], depth: int, tries: int) -> None:
        self._draft = draft
        self._movable = movable
        self._depth = depth
        self.tries = tries
        """Attempts that are left."""
        self.left: list[Booking] = []
        self.placed: list[Booking] = []
        """Where those are now that left, and the newcomer."""

    def make_room(self, demand: Demand) -> bool:
        """Place `demand` in one more environment, moving others as deep as allowed; nobody gets another profile by it.

        Where it cannot be done everything is as it was.
        """
        return self._make_room(demand, demand.options, self._depth, frozenset())

    def serve_more_without(self, displaced: Booking, waiting: Iterable[Demand]) -> bool:
        """Give up `displaced` if two or more of those `waiting` can be placed then, in this order or with pairs first.

        A pair takes more units than another deployment, and maybe fewer of those that are short.
        """
        waiting = [each for each in waiting if each is not displaced.demand and self._draft.missing(each)]
        if not self._any_allowed_without(displaced, waiting):
            return False
        pairs_first = sorted(waiting, key=lambda demand: not demand.has_prefill)
        orders = [waiting] if pairs_first == waiting else [waiting, pairs_first]
        return any(self._serve_more_without(displaced, order) for order in orders)

    def _any_allowed_without(self, displaced: Booking, waiting: Iterable[Demand]) -> bool:
        """Return whether quotas allow any of those `waiting` anywhere once `displaced` is gone."""
        draft = self._draft
        draft.count(displaced, back=True)
        try:
            return any(draft.allowed(demand, option) is not False for demand in waiting for option in demand.options)
        finally:
            draft.count(displaced)

    def _serve_more_without(self, displaced: Booking, waiting: Iterable[Demand]) -> bool:
        self._draft.remove(displaced)
        self.left.append(displaced)
        served = 0
        for demand in waiting:
            while self._draft.missing(demand):
                target = self._draft.best(demand, self._draft.placed[demand.key])
                if target:
                    self._place(target, Step.CHOSEN)
                elif not self.make_room(demand):
                    break
                served += 1
        if served > 1:
            return True
        self._undo(0, 0)
        return False

    def _make_room(self, demand: Demand, options: Sequence[ServingOption], depth: int, busy: AbstractSet[int]) -> bool:
        for newcomer in self._newcomers(demand, options, depth, busy):
            for leaving in self._leaving(newcomer, depth):
                if self.tries <= 0:
                    return False
                self.tries -= 1
                if self._exchange(newcomer, leaving, depth, busy | {newcomer.index}):
                    return True
        return False

    def _newcomers(
        self, demand: Demand, options: Sequence[ServingOption], depth: int, busy: AbstractSet[int]
    ) -> Iterator[Booking]:
        """Yield where `demand` could go if there were room, most free first."""
        draft, placed = self._draft, self._draft.placed[demand.key]
        if all(draft.allowed(demand, option) is False for option in options):
            return
        pools: dict[int, tuple[ServingOption, PodSize]] = {}
        for option in options:
            for index, pod in option.lane_pools():
                movable = index in self._movable or (draft.has_prefill and self._may_move_beside(index))
                unused = movable and index not in busy and index not in pools
                if unused and draft.pools[index].environment not in placed:
                    pools[index] = (option, pod)
        most = _POOLS_TRIED if depth == self._depth else _DEEPER
        for index in nlargest(most, pools, key=lambda index: (draft.pools[index].free, -index)):
            option, pod = pools[index]
            newcomer = Booking(demand, option, index, pod, retained=False)
            # Room is all that others of this priority can make.
            if draft.allows(newcomer):
                yield newcomer

    def _may_move_beside(self, index: int) -> bool:
        """Return whether anything of a pool's environment could move: its prefill workload may be on the pool."""
        return any(each in self._movable for each in self._beside(index))

    def _beside(self, index: int) -> Sequence[int]:
        return self._draft.numbered.by_environment[self._draft.pools[index].environment]

    def _leaving(self, newcomer: Booking, depth: int) -> Iterator[Sequence[Booking]]:
        """Yield bookings that could make way for all pods of `newcomer`."""
        pool, prefill = self._draft.pools[newcomer.index], newcomer.option.prefill
        own = self._choices(newcomer.index, newcomer.units - pool.free, depth)
        if prefill is None:
            yield from own
        elif pool.takes(newcomer.pod, newcomer.pods):
            yield from self._leaving_for_prefill(newcomer, prefill, depth)
        else:
            for leaving in own:
                yield leaving
                for others in self._leaving_for_prefill(newcomer, prefill, depth):
                    yield [*leaving, *(booking for booking in others if booking not in leaving)]

    def _leaving_for_prefill(
        self, newcomer: Booking, prefill: PrefillOption, depth: int
    ) -> Iterator[Sequence[Booking]]:
        """Yield bookings that could make way for a prefill workload, on each pool of its environment that matches."""
        pods = newcomer.demand.prefill_pods(newcomer.option)
        beside = set(self._beside(newcomer.index))
        for index, pod in prefill.lane_pools():
            if index in beside:
                own = newcomer.units if index == newcomer.index else 0
                lacking = own + pods * pod.units - self._draft.pools[index].free
                yield from self._choices(index, lacking, depth)

    def _here(self, index: int) -> Iterator[Booking]:
        """Yield what could leave a pool, or have its prefill workload leave it."""
        placed, environment = self._draft.placed, self._draft.pools[index].environment
        others = self._beside(index) if self._draft.has_prefill else ()
        bookings = chain(
            self._movable.get(index, ()),
            (
                booking
                for other in others
                for booking in self._movable.get(other, ())
                if booking.prefill and booking.prefill.index == index != other
            ),
        )
        return (booking for booking in bookings if placed[booking.demand.key].get(environment) is booking)

    def _choices(self, index: int, lacking: int, depth: int) -> Iterator[Sequence[Booking]]:
        """Yield bookings on a pool that could make way: one that is large enough, or several small ones."""
        # Where it is not units that are short, what shares the nodes may make way as well.
        beside = self._draft.numbered.beside(index) if lacking <= 0 else []
        here = {id(booking): booking for each in (index, *beside) for booking in self._here(each)}
        by_size = sorted(here.values(), key=lambda booking: (booking.units_on(index), booking.demand.key))
        large = [booking for booking in by_size if booking.units_on(index) >= lacking]
        if depth > 1:
            yield from ([booking] for booking in large[:_DEEPER])
            return
        yield from ([booking] for booking in large[:_MOST_MOVED] if self._fits_elsewhere(booking))
        small: list[Booking] = []
        for booking in by_size:
            if len(small) == _MOST_MOVED:
                return
            if self._fits_elsewhere(booking):
                small.append(booking)
                if sum(each.units_on(index) for each in small) >= lacking:
                    if len(small) > 1:
                        yield small
                    return

    def _fits_elsewhere(self, booking: Booking) -> bool:
        self.tries -= 1
        if booking.prefill:
            # One of its two workloads may have another pool of the same environment.
            return True
        return self._draft.best(booking.demand, self._draft.placed[booking.demand.key], [booking.option]) is not None

    def _exchange(self, newcomer: Booking, leaving: Sequence[Booking], depth: int, busy: AbstractSet[int]) -> bool:
        left, placed = len(self.left), len(self.placed)
        for booking in leaving:
            self._draft.remove(booking)
            self.left.append(booking)
        room = self._draft.pools[newcomer.index].takes(newcomer.pod, newcomer.pods)
        found = self._draft.with_prefill(newcomer) if room and self._draft.allows(newcomer) else None
        if found:
            self._place(found, Step.MADE_ROOM if depth == self._depth else Step.MADE_WAY)
            if found.prefill:
                busy = busy | {found.prefill.index}
            largest_first = sorted(leaving, key=lambda booking: (-booking.units, booking.demand.key))
            if all(self._settle(booking, depth, busy) for booking in largest_first):
                return True
        self._undo(left, placed)
        return False

    def _undo(self, left: int, placed: int) -> None:
        """Go back to when so many had left and been placed."""
        while len(self.placed) > placed:
            self._draft.remove(self.placed.pop())
        while len(self.left) > left:
            self._draft.place(self.left.pop())

    def _settle(self, booking: Booking, depth: int, busy: AbstractSet[int]) -> bool:
        target = self._draft.best(booking.demand, self._draft.placed[booking.demand.key], [booking.option])
        if target:
            self._place(target, Step.MADE_WAY)
            return True
        return depth > 1 and self._make_room(booking.demand, [booking.option], depth - 1, busy)

    def _place(self, booking: Booking, step: Step) -> None:
        self._draft.place(booking, step)
        self.placed.append(booking)
