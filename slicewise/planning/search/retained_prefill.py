"""What of a placement's prefill workload stays where it was, and where the rest goes: as near as can be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from slicewise.planning.matching import node_pool_selector_reason
from slicewise.planning.moves import MoveReason, NodePoolGone, OtherNodes, ResourceGone
from slicewise.planning.prefill_reasons import PrefillRejected, nearest_for_prefill
from slicewise.planning.previous_placements import PreviousPlacement, PreviousPrefill
from slicewise.planning.reasons import Reason
from slicewise.planning.search.draft_plan import Booking, DraftPlan, PrefillBooking


def same_prefill(draft: DraftPlan, booking: Booking, old: PreviousPrefill | None) -> Booking:
    """Return `booking` with its prefill workload where it was; without any where that is gone, or called otherwise."""
    if old is None:
        return booking
    number = draft.numbered.number_of(draft.location(booking).environment, old)
    if number is None or draft.pools[number].name != old.node_pool:
        return booking
    found = replace(booking, prefill=_on(draft, booking, number))
    return found if _keeps(draft, found, number, old) else booking


def prefill_grew(booking: Booking, old: PreviousPrefill | None) -> bool:
    """Return whether the prefill workload asks for more than it had, for other pods, or for another pool."""
    if booking.option.prefill is None:
        return False
    found = booking.prefill
    return (
        old is None or found is None or found.pods * found.pod.units > old.units or found.pod.units != old.gpus_per_node
    )


def has_room_for_prefill(draft: DraftPlan, booking: Booking) -> bool:
    """Return whether the prefill workload, if there is one, has room where the booking has it, beside its pods."""
    if booking.option.prefill is None:
        return True
    found = booking.prefill
    if found is None:
        return False
    if draft.refusal(booking):
        return False
    with draft.tried(booking):
        return draft.pools[found.index].takes(found.pod, found.pods)


def with_nearest_prefill(
    draft: DraftPlan, booking: Booking, old: PreviousPrefill | None, *, stays: bool = True
) -> Booking | None:
    """Return `booking`, which has room, with its prefill workload as near as can be to where it was.

    That is where its nodes are, the pool of that name, or one with the same resource, or else the best one.
    None where no pool of the environment takes it. `stays` says whether it may stay where nothing new comes.
    """
    if booking.option.prefill is None:
        return booking
    if old:
        own = draft.numbered.number_of(draft.location(booking).environment, old)
        for number in sorted(
            _alike(draft, booking, old), key=lambda each: (each != own, draft.pools[each].name != old.node_pool)
        ):
            found = replace(booking, prefill=_on(draft, booking, number))
            kept = stays and number == own and _keeps(draft, found, number, old)
            if (kept or draft.numbered.accepts(number)) and has_room_for_prefill(draft, found):
                return found
    return draft.with_prefill(replace(booking, prefill=None))


def why_prefill_left(draft: DraftPlan, booking: Booking, old: PreviousPrefill) -> MoveReason | Reason:
    """Return why the prefill workload of `booking` is not where it was."""
    environment = draft.location(booking).environment
    number = draft.numbered.number_of(environment, old)
    if number is None or draft.pools[number].name != old.node_pool:
        return why_elsewhere(draft, environment, old)
    reason = _judged(draft, booking, number) or draft.numbered.closed[number]
    return PrefillRejected(old.node_pool, reason) if reason else NodePoolGone(environment, old.node_pool)


def why_elsewhere(draft: DraftPlan, environment: str, old: PreviousPlacement | PreviousPrefill) -> MoveReason:
    """Return that the documents have the pool no longer on which pods were, or not its units, or not its nodes."""
    if not draft.numbered.has_pool(environment, old.node_pool):
        return NodePoolGone(environment, old.node_pool)
    number = draft.numbered.number_of(environment, old)
    named = any(draft.pools[each].name == old.node_pool for each in draft.numbered.alike(environment, old))
    if number is None or not named:
        return ResourceGone(environment, old.node_pool, old.resource, old.mig_profile)
    return OtherNodes(environment, old.node_pool, draft.pools[number].name)


def why_no_prefill(draft: DraftPlan, booking: Booking) -> Reason | None:
    """Return why no pool of its environment takes the prefill workload of `booking`; None where one does."""
    numbers = draft.numbered.by_environment[draft.location(booking).environment]
    return nearest_for_prefill(
        (
            draft.pools[number].name,
            _static(draft, booking, number) or draft.numbered.closed[number] or _judged(draft, booking, number),
        )
        for number in numbers
    )


def _alike(draft: DraftPlan, booking: Booking, old: PreviousPrefill) -> Iterator[int]:
    for number in draft.numbered.by_environment[draft.location(booking).environment]:
        pool = draft.pools[number]
        if (pool.name == old.node_pool or pool.resource == old.resource) and _static(draft, booking, number) is None:
            yield number


def _on(draft: DraftPlan, booking: Booking, number: int) -> PrefillBooking | None:
    prefill = booking.option.prefill
    if prefill is None or _static(draft, booking, number):
        return None
    pod = draft.pools[number].pod_size(booking.demand.model, prefill.profile, booking.demand.deployment)
    return PrefillBooking(number, pod, booking.demand.prefill_pods(booking.option))


def _judged(draft: DraftPlan, booking: Booking, number: int) -> Reason | None:
    if reason := _static(draft, booking, number):
        return reason
    found = _on(draft, booking, number)
    if found is None:
        return None
    if exceeded := draft.refusal(replace(booking, prefill=found)):
        return exceeded
    with draft.tried(booking):
        return draft.pools[number].no_room(found.pod, found.pods)


def _keeps(draft: DraftPlan, booking: Booking, number: int, old: PreviousPrefill) -> bool:
    """Return whether the pool of a prefill workload keeps it: where nothing new comes, it must not have grown."""
    return draft.numbered.accepts(number) or not prefill_grew(booking, old)


def _static(draft: DraftPlan, booking: Booking, number: int) -> Reason | None:
    """Return why a pool can never take the prefill workload; the selectors of environments are those of the booking."""
    if booking.option.prefill is None:
        return None
    by_pool = node_pool_selector_reason(booking.demand.deployment, draft.pools[number].pool)
    return by_pool or draft.requirements.reason(booking.option.prefill.profile, number)
