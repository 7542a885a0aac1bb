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
from slicewise.planning.search.draft_plan import Claim, DraftPlan

# Pools to try and claims to move in each; the deeper, the fewer. The fullest pools are skipped:
# moving many claims to place one disturbs more than it helps.
_POOLS_TRIED: Final = 16
_MOST_MOVED: Final = 8
_DEEPER: Final = 4


class Relocation:
    """One attempt to place a deployment in one more environment. What is not kept is undone."""

    def __init__(self, draft: DraftPlan, movable: Mapping[int, Sequence[Claim]], depth: int, tries: int) -> None:
        self._draft = draft
        self._movable = movable
        self._depth = depth
        self.tries = tries
        """Attempts that are left."""
        self.left: list[Claim] = []
        self.placed: list[Claim] = []
        """Where those are now that left, and the newcomer."""

    def make_room(self, demand: Demand) -> bool:
        """Place `demand` in one more environment, moving others as deep as allowed; nobody gets another profile by it.

        Where it cannot be done everything is as it was.
        """
        return self._make_room(demand, demand.options, self._depth, frozenset())

    def serve_more_without(self, displaced: Claim, waiting: Iterable[Demand]) -> bool:
        """Give up `displaced` if two or more of those `waiting` can be placed then, in this order or with pairs first.

        A pair takes more units than another deployment, and maybe fewer of those that are short.
        """
        waiting = [each for each in waiting if each is not displaced.demand and self._draft.missing(each)]
        if not self._any_allowed_without(displaced, waiting):
            return False
        pairs_first = sorted(waiting, key=lambda demand: not demand.has_prefill)
        orders = [waiting] if pairs_first == waiting else [waiting, pairs_first]
        return any(self._serve_more_without(displaced, order) for order in orders)

    def _any_allowed_without(self, displaced: Claim, waiting: Iterable[Demand]) -> bool:
        """Return whether quotas allow any of those `waiting` anywhere once `displaced` is gone."""
        draft = self._draft
        draft.count(displaced, back=True)
        try:
            return any(draft.allowed(demand, option) is not False for demand in waiting for option in demand.options)
        finally:
            draft.count(displaced)

    def _serve_more_without(self, displaced: Claim, waiting: Iterable[Demand]) -> bool:
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
    ) -> Iterator[Claim]:
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
            newcomer = Claim(demand, option, index, pod, retained=False)
            # Room is all that others of this priority can make.
            if draft.allows(newcomer):
                yield newcomer

    def _may_move_beside(self, index: int) -> bool:
        """Return whether anything of a pool's environment could move: its prefill workload may be on the pool."""
        return any(each in self._movable for each in self._beside(index))

    def _beside(self, index: int) -> Sequence[int]:
        return self._draft.numbered.by_environment[self._draft.pools[index].environment]

    def _leaving(self, newcomer: Claim, depth: int) -> Iterator[Sequence[Claim]]:
        """Yield claims that could make way for all pods of `newcomer`."""
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
                    yield [*leaving, *(claim for claim in others if claim not in leaving)]

    def _leaving_for_prefill(self, newcomer: Claim, prefill: PrefillOption, depth: int) -> Iterator[Sequence[Claim]]:
        """Yield claims that could make way for a prefill workload, on each pool of the environment that matches it."""
        pods = newcomer.demand.prefill_pods(newcomer.option)
        beside = set(self._beside(newcomer.index))
        for index, pod in prefill.lane_pools():
            if index in beside:
                own = newcomer.units if index == newcomer.index else 0
                lacking = own + pods * pod.units - self._draft.pools[index].free
                yield from self._choices(index, lacking, depth)

    def _here(self, index: int) -> Iterator[Claim]:
        """Yield what could leave a pool, or have its prefill workload leave it."""
        placed, environment = self._draft.placed, self._draft.pools[index].environment
        others = self._beside(index) if self._draft.has_prefill else ()
        claims = chain(
            self._movable.get(index, ()),
            (
                claim
                for other in others
                for claim in self._movable.get(other, ())
                if claim.prefill and claim.prefill.index == index != other
            ),
        )
        return (claim for claim in claims if placed[claim.demand.key].get(environment) is claim)

    def _choices(self, index: int, lacking: int, depth: int) -> Iterator[Sequence[Claim]]:
        """Yield claims on a pool that could make way: one that is large enough, or several small ones."""
        # Where it is not units that are short, what shares the nodes may make way as well.
        beside = self._draft.numbered.beside(index) if lacking <= 0 else []
        here = {id(claim): claim for each in (index, *beside) for claim in self._here(each)}
        by_size = sorted(here.values(), key=lambda claim: (claim.units_on(index), claim.demand.key))
        large = [claim for claim in by_size if claim.units_on(index) >= lacking]
        if depth > 1:
            yield from ([claim] for claim in large[:_DEEPER])
            return
        yield from ([claim] for claim in large[:_MOST_MOVED] if self._fits_elsewhere(claim))
        small: list[Claim] = []
        for claim in by_size:
            if len(small) == _MOST_MOVED:
                return
            if self._fits_elsewhere(claim):
                small.append(claim)
                if sum(each.units_on(index) for each in small) >= lacking:
                    if len(small) > 1:
                        yield small
                    return

    def _fits_elsewhere(self, claim: Claim) -> bool:
        self.tries -= 1
        if claim.prefill:
            # One of its two workloads may have another pool of the same environment.
            return True
        return self._draft.best(claim.demand, self._draft.placed[claim.demand.key], [claim.option]) is not None

    def _exchange(self, newcomer: Claim, leaving: Sequence[Claim], depth: int, busy: AbstractSet[int]) -> bool:
        left, placed = len(self.left), len(self.placed)
        for claim in leaving:
            self._draft.remove(claim)
            self.left.append(claim)
        room = self._draft.pools[newcomer.index].takes(newcomer.pod, newcomer.pods)
        found = self._draft.with_prefill(newcomer) if room and self._draft.allows(newcomer) else None
        if found:
            self._place(found, Step.MADE_ROOM if depth == self._depth else Step.MADE_WAY)
            if found.prefill:
                busy = busy | {found.prefill.index}
            largest_first = sorted(leaving, key=lambda claim: (-claim.units, claim.demand.key))
            if all(self._settle(claim, depth, busy) for claim in largest_first):
                return True
        self._undo(left, placed)
        return False

    def _undo(self, left: int, placed: int) -> None:
        """Go back to when so many had left and been placed."""
        while len(self.placed) > placed:
            self._draft.remove(self.placed.pop())
        while len(self.left) > left:
            self._draft.place(self.left.pop())

    def _settle(self, claim: Claim, depth: int, busy: AbstractSet[int]) -> bool:
        target = self._draft.best(claim.demand, self._draft.placed[claim.demand.key], [claim.option])
        if target:
            self._place(target, Step.MADE_WAY)
            return True
        return depth > 1 and self._make_room(claim.demand, [claim.option], depth - 1, busy)

    def _place(self, claim: Claim, step: Step) -> None:
        self._draft.place(claim, step)
        self.placed.append(claim)
