"""Pools that are being drained: what they have moves as room elsewhere allows, and stays where there is none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from slicewise.diagnostics import Diagnostic
from slicewise.documents import DeploymentKey, Fleet
from slicewise.planning.advice import StayingDeployment, drained_pool_advice
from slicewise.planning.location import pool_in_words
from slicewise.planning.moves import MoveCode, PoolDrained
from slicewise.planning.previous_placements import PreviousPrefill
from slicewise.planning.reasons import Reason, RejectionCode
from slicewise.planning.search.decision_log import Step
from slicewise.planning.search.draft_plan import Booking, DraftPlan
from slicewise.planning.search.retained_prefill import why_no_prefill, with_nearest_prefill
from slicewise.planning.search.retention import Left, locations_in, rejection, why_no_room
from slicewise.planning.unit_identity import kind_of_pool, nodes_of_pool, profile_of_unit

_ORDER = {code: number for number, code in enumerate(RejectionCode)}
# Finding the nearest pool takes time for every pool that there is, and more than these are not read.
_MOST_EXPLAINED = 3


class DrainedPools:
    """What stands on pools that are being drained, from when that is known until it has left, or the plan is done."""

    def __init__(self, draft: DraftPlan, fleet: Fleet) -> None:
        """Take a draft with all that has stayed where it was."""
        self._draft = draft
        self._fleet = fleet
        self._standing = sorted(
            (booking for placed in draft.placed.values() for booking in placed.values() if self._is_drained(booking)),
            key=lambda booking: (-booking.demand.priority, booking.demand.key, draft.location(booking)),
        )
        self._left: dict[tuple[DeploymentKey, str], Left] = {}

    def leave(self, priority: int | None = None) -> None:
        """Move what can move, of one priority or of all; what has left makes no room that others could use."""
        for booking in self._standing:
            if priority in (None, booking.demand.priority):
                self._leave(booking)
        here = map(self._here, self._standing)
        self._standing = [booking for booking in here if booking is not None and self._is_drained(booking)]

    def among(self, lost: Iterable[Left]) -> list[Left]:
        """Return what left, and what was `lost` before: of what was lost and has left its new place, one of both."""
        left = dict(self._left)
        others: list[Left] = []
        for item in lost:
            key = (item.demand.key, item.location.environment)
            if key in left and item.reason.code is not MoveCode.FEWER_ENVIRONMENTS:
                left[key] = replace(left[key], location=item.location)
            else:
                others.append(item)
        return [*others, *left.values()]

    def advice(self) -> Iterator[Diagnostic]:
        """Yield what stays on each pool, and why."""
        staying: defaultdict[tuple[str, str], list[Booking]] = defaultdict(list)
        for booking in self._standing:
            for number in booking.numbers:
                pool = self._draft.pools[number]
                here = staying[pool.environment, pool.name]
                if self._draft.numbered.is_drained(number) and booking not in here:
                    here.append(booking)
        yield from drained_pool_advice(
            self._fleet,
            {
                place: [
                    StayingDeployment(booking.demand.key, self._nearest(booking) if number < _MOST_EXPLAINED else "")
                    for number, booking in enumerate(bookings)
                ]
                for place, bookings in staying.items()
                if bookings
            },
        )

    def _is_drained(self, booking: Booking) -> bool:
        return any(map(self._draft.numbered.is_drained, booking.numbers))

    def _here(self, booking: Booking) -> Booking | None:
        """Return what the deployment of a booking has in its environment now."""
        return self._draft.placed[booking.demand.key].get(self._draft.pools[booking.index].environment)

    def _leave(self, booking: Booking) -> None:
        draft, location = self._draft, self._draft.whole_location(booking)
        draft.remove(booking)
        with draft.keeping_share(booking):
            found = self._elsewhere(booking)
            draft.place(*(found or (booking, Step.KEPT)))
        if found:
            number = next(filter(draft.numbered.is_drained, booking.numbers))
            reason = PoolDrained(location.environment, draft.pools[number].name)
            key = (booking.demand.key, location.environment)
            # Of a workload that left after the other, the place that both had stays said.
            location = self._left[key].location if key in self._left else location
            self._left[key] = Left(booking.demand, location, reason)

    def _elsewhere(self, booking: Booking) -> tuple[Booking, Step] | None:
        """Return a place without pools that are drained, else one with fewer of them; None where there is none."""
        draft = self._draft
        near = self._near(booking)
        found = next((each for each in near if not self._is_drained(each)), None)
        if found:
            return replace(found, settled=True), Step.STAYED_IN_ENVIRONMENT
        best = draft.best(booking.demand, draft.placed[booking.demand.key])
        if best:
            return replace(best, settled=True), Step.CHOSEN
        drained = sum(map(draft.numbered.is_drained, booking.numbers))
        part = next((each for each in near if sum(map(draft.numbered.is_drained, each.numbers)) < drained), None)
        return (replace(part, settled=True), Step.STAYED_IN_ENVIRONMENT) if part else None

    def _near(self, booking: Booking) -> Sequence[Booking]:
        """Return the places with room in the environment of `booking`, those first where least changes.

        One of its two workloads may be where it was.
        """
        draft, location = self._draft, self._draft.location(booking)
        kind = kind_of_pool(draft.pools[booking.index].pool)
        old = self._prefill(booking)
        alike = draft.numbered.of_kind(location.environment, kind)
        found = []
        for place in locations_in(draft, self._fleet, booking.demand, location, booking.index, alike):
            stays = place.index == booking.index and place.option is booking.option
            if (not stays and not draft.numbered.accepts(place.index)) or why_no_room(draft, place):
                continue
            both = [with_nearest_prefill(draft, place, old, stays=False), with_nearest_prefill(draft, place, old)]
            found += [each for each in both if each and each.numbers != booking.numbers]
        return found

    def _prefill(self, booking: Booking) -> PreviousPrefill | None:
        """Return the prefill workload of a booking as the next plan would know it."""
        if booking.prefill is None:
            return None
        pool, pod, pods = self._draft.pools[booking.prefill.index], booking.prefill.pod, booking.prefill.pods
        return PreviousPrefill(
            pool.name,
            pods * pod.units,
            pod.units,
            resource=pool.resource,
            mig_profile=profile_of_unit(pool.pool, pool.resource),
            nodes=nodes_of_pool(pool.pool),
        )

    def _nearest(self, booking: Booking) -> str:
        """Say which other pool comes nearest to taking what stays, and what is wanting there."""
        draft = self._draft
        draft.remove(booking)
        with draft.keeping_share(booking):
            judged = list(self._judged(booking))
        draft.place(booking)
        if not judged:
            return "no other pool takes what is new"
        place, reason = max(judged, key=lambda each: _ORDER[each[1].code])
        return f"{place} comes nearest: {reason.text}"

    def _judged(self, booking: Booking) -> Iterator[tuple[str, Reason]]:
        """Yield every other pool that takes what is new, with the reason why it does not take `booking`."""
        draft, demand = self._draft, booking.demand
        for environment in self._fleet.environments:
            name = environment.metadata.name
            if name in draft.placed[demand.key]:
                continue
            for number in filter(draft.numbered.accepts, draft.numbered.by_environment[name]):
                pool = draft.pools[number]
                for option in demand.options:
                    reason = rejection(draft, demand, option, environment, number)
                    if reason is None:
                        pod = pool.pod_size(demand.model, option.profile, demand.deployment)
                        place = Booking(demand, option, number, pod, retained=False)
                        lacking = why_no_room(draft, place) or why_no_prefill(draft, place)
                        reason = lacking if isinstance(lacking, Reason) else None
                    if reason:
                        words = pool_in_words(pool.name, draft.numbered.told_by(name, pool.name, pool.resource))
                        yield f"{name}/{words}", reason
