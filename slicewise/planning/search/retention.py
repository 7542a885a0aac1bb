"""What runs, stays: the previous plan's placements are kept, and what must move is moved as little as can be."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from slicewise.documents import Fleet, InferenceEnvironment
from slicewise.planning.location import Location
from slicewise.planning.matching import selector_reason
from slicewise.planning.moves import (
    EnvironmentGone,
    FewerEnvironments,
    Move,
    MoveCode,
    MoveReason,
    OnePoolEach,
    ProfileGone,
)
from slicewise.planning.previous_placements import PreviousPlacement, PreviousPrefill
from slicewise.planning.quotas import Taken
from slicewise.planning.reasons import Reason
from slicewise.planning.search.decision_log import Step
from slicewise.planning.search.demands import Demand, ServingOption
from slicewise.planning.search.draft_plan import Booking, DraftPlan
from slicewise.planning.search.retained_prefill import (
    has_room_for_prefill,
    prefill_grew,
    same_prefill,
    why_elsewhere,
    why_no_prefill,
    why_prefill_left,
    with_nearest_prefill,
)


@dataclass(frozen=True, slots=True)
class Left:
    """A placement of the previous plan that is not kept."""

    demand: Demand
    location: Location
    reason: MoveReason | Reason


@dataclass(frozen=True, slots=True)
class Lost(Left):
    """One that cannot be kept."""

    was: PreviousPlacement

    @property
    def order(self) -> tuple[object, ...]:
        """By priority, then by name."""
        return (-self.demand.priority, self.demand.key, self.location)


def retain(draft: DraftPlan, fleet: Fleet, previous: Iterable[PreviousPlacement]) -> list[Lost]:
    """Keep the placements of the previous plan that still match and fit; return those that do not.

    What asks for more units than it had, or for other pods, comes last: its growth must move no other.
    """
    demands = {demand.key: demand for demand in draft.demands}
    previous = list(previous)
    if draft.quotas:
        _keep_shares(draft, (old for old in previous if old.key in demands))
    kept: list[tuple[tuple[object, ...], Booking, PreviousPlacement]] = []
    lost: list[Lost] = []
    for old in previous:
        demand = demands.get(old.key)
        if demand is None:
            continue
        booking = _same_location(draft, fleet, demand, old)
        if isinstance(booking, Booking):
            if booking.option.prefill:
                booking = same_prefill(draft, booking, old.prefill)
            grew = _grew(booking, old) or prefill_grew(booking, old.prefill)
            location = Location(old.environment, old.node_pool, old.profile)
            # Where fewer environments are asked for, those are left that are drained.
            order = (grew, -demand.priority, demand.key, any(map(draft.numbered.is_drained, booking.numbers)), location)
            kept.append((order, booking, old))
        else:
            lost.append(_lost(draft, demand, old, booking))
    kept.sort(key=lambda item: item[0])
    apart: list[tuple[Booking, PreviousPlacement]] = []
    for _, booking, old in kept:
        reason = why_no_room(draft, booking)
        if reason:
            lost.append(_lost(draft, booking.demand, old, reason))
        elif not has_room_for_prefill(draft, booking):
            apart.append((booking, old))
        else:
            draft.place(booking, Step.KEPT)
            lost += _renamed(draft, booking, old)
    # An entry beside one that is kept in the same environment says nothing new.
    lost += [item for booking, old in apart if (item := _with_other_prefill(draft, booking, old))]
    lost = [item for item in lost if not _is_kept(draft, item)]
    if draft.quotas:
        # What has its place, and asks for no more, keeps nothing of a quota beside that.
        draft.quotas.release(demand.key for demand in draft.demands if not draft.missing(demand))
    return sorted(lost, key=lambda item: item.order)


def _grew(booking: Booking, old: PreviousPlacement) -> bool:
    """Return whether it asks for more than it had, or for other pods."""
    return booking.units > old.units or booking.pod.units != old.gpus_per_node


def _keep_shares(draft: DraftPlan, previous: Iterable[PreviousPlacement]) -> None:
    """Keep for each deployment its share of quotas, as far as the pools are there that it was on."""
    for old in previous:
        workloads: list[PreviousPlacement | PreviousPrefill] = [old, *([old.prefill] if old.prefill else [])]
        taken = [
            Taken(number, each.units)
            for each in workloads
            if (number := draft.numbered.number_of(old.environment, each)) is not None
        ]
        if draft.quotas and taken:
            draft.quotas.keep(old.key, taken)


def _lost(draft: DraftPlan, demand: Demand, old: PreviousPlacement, reason: MoveReason | Reason) -> Lost:
    location = _old_location(draft, old)
    return Lost(demand, location, reason, old)


def _old_location(draft: DraftPlan, old: PreviousPlacement) -> Location:
    """Return where a placement of an earlier plan was, as places are known now."""
    place = Location(old.environment, old.node_pool, old.profile)
    place = place._replace(resource=draft.numbered.told_by(old.environment, old.node_pool, old.resource))
    prefill = old.prefill
    if prefill is None:
        return place
    resource = draft.numbered.told_by(old.environment, prefill.node_pool, prefill.resource)
    return place._replace(prefill=prefill.node_pool, prefill_resource=resource)


def _renamed(draft: DraftPlan, booking: Booking, old: PreviousPlacement) -> Iterator[Lost]:
    """Yield why what stays on its nodes is on a pool of another name, if it is."""
    if not booking.retained:
        yield _lost(draft, booking.demand, old, why_elsewhere(draft, old.environment, old))


def _is_kept(draft: DraftPlan, item: Left) -> bool:
    booking = draft.placed[item.demand.key].get(item.location.environment)
    return booking is not None and (booking.retained or draft.whole_location(booking) == item.location)


def _with_other_prefill(draft: DraftPlan, booking: Booking, old: PreviousPlacement) -> Lost | None:
    """Keep `booking` where it was with its prefill workload on another pool; return what is to be said of that."""
    reason = why_no_room(draft, booking)
    if reason:
        return _lost(draft, booking.demand, old, reason)
    placed = with_nearest_prefill(draft, booking, old.prefill)
    if placed is None:
        lacking = why_no_prefill(draft, booking)
        return _lost(draft, booking.demand, old, lacking) if lacking else None
    if not booking.retained:
        left: MoveReason | Reason | None = why_elsewhere(draft, old.environment, old)
    else:
        left = why_prefill_left(draft, booking, old.prefill) if old.prefill else None
    draft.place(replace(placed, retained=left is None), Step.KEPT)
    return _lost(draft, booking.demand, old, left) if left else None


def stay_in_environment(draft: DraftPlan, fleet: Fleet, lost: Sequence[Lost]) -> None:
    """Place what is lost in the environment where it was, if there is room: what changes least comes first.

    That is the same slices with another profile, then slices like them, then others of the same pool.
    """
    for item in lost:
        demand, name = item.demand, item.location.environment
        moved_out = item.reason.code in (MoveCode.FEWER_ENVIRONMENTS, MoveCode.ENVIRONMENT_GONE)
        if moved_out or name in draft.placed[demand.key] or not draft.missing(demand):
            continue
        own = draft.numbered.number_of(name, item.was)
        alike = frozenset(draft.numbered.alike(name, item.was))
        for booking in locations_in(draft, fleet, demand, item.location, own, alike):
            closed = not draft.numbered.accepts(booking.index)
            if closed and (booking.index != own or _grew(booking, item.was)):
                continue
            if not why_no_room(draft, booking) and (found := with_nearest_prefill(draft, booking, item.was.prefill)):
                same = draft.whole_location(found) == item.location
                draft.place(replace(found, retained=same), Step.KEPT if same else Step.STAYED_IN_ENVIRONMENT)
                break


def locations_in(
    draft: DraftPlan, fleet: Fleet, demand: Demand, location: Location, own: int | None, alike: Collection[int]
) -> list[Booking]:
    """Return every place in the environment of `location` that matches, those first where least changes.

    Args:
        draft: The plan.
        fleet: The documents.
        demand: What is to be placed.
        location: Where it was.
        own: The number of what has its units; None where nothing has.
        alike: The numbers of what offers units that are what its own were.
    """
    found = _locations_in(draft, fleet, demand, location, own, alike)
    return [booking for _, booking in sorted(found, key=lambda each: each[0])]


def _locations_in(
    draft: DraftPlan, fleet: Fleet, demand: Demand, location: Location, own: int | None, alike: Collection[int]
) -> Iterator[tuple[tuple[object, ...], Booking]]:
    environment = fleet.environment[location.environment]
    for index in draft.numbered.by_environment[location.environment]:
        pool = draft.pools[index]
        for rank, option in enumerate(demand.options):
            if rejection(draft, demand, option, environment, index) is None:
                change = (index not in alike, index != own, pool.name != location.node_pool)
                preference = (
                    option.profile.name != location.profile,
                    rank,
                    pool.pool.unit_memory,
                    pool.name,
                )
                pod = pool.pod_size(demand.model, option.profile, demand.deployment)
                yield (*change, *preference), Booking(demand, option, index, pod, retained=False)


def moves(draft: DraftPlan, lost: Iterable[Left]) -> Iterator[Move]:
    """Yield where everything that was lost is now, but for what has come back to its pool: all else was taken."""
    for _, group in groupby(
        sorted((item for item in lost if not _is_kept(draft, item)), key=lambda item: (item.demand.key, item.location)),
        lambda item: item.demand.key,
    ):
        items = list(group)
        new = {name: c for name, c in sorted(draft.placed[items[0].demand.key].items()) if not c.retained}
        stayed = {item.location.environment: new.pop(item.location.environment, None) for item in items}
        others = iter(new.values())
        for item in items:
            booking = stayed.pop(item.location.environment, None)
            if booking is None and item.reason.code is not MoveCode.FEWER_ENVIRONMENTS:
                booking = next(others, None)
            target = None if booking is None else draft.whole_location(booking)
            yield Move(item.demand.key, item.location, target, item.reason, _had(item))


def _had(item: Left) -> int | None:
    """Return how many replicas of the pods that it asks for it had; None where its pods were others."""
    option = next((each for each in item.demand.options if each.profile.name == item.location.profile), None)
    if not isinstance(item, Lost) or option is None or option.prefill:
        return None
    topology = option.profile.replica_topology
    same = (item.was.gpus_per_node, item.was.nodes_per_replica) == (topology.gpus_per_node, topology.nodes)
    return item.was.replicas if same else None


def _same_location(
    draft: DraftPlan, fleet: Fleet, demand: Demand, old: PreviousPlacement
) -> Booking | MoveReason | Reason:
    """Return what `demand` takes where it was, or why it can no longer be there."""
    number = draft.numbered.number_of(old.environment, old)
    if old.environment not in draft.numbered.by_environment:
        return EnvironmentGone(old.environment)
    if number is None:
        return why_elsewhere(draft, old.environment, old)
    option = next((option for option in demand.options if option.profile.name == old.profile), None)
    if option is None:
        return ProfileGone(old.profile)
    environment = fleet.environment[old.environment]
    pool = draft.pools[number]
    reason = rejection(draft, demand, option, environment, number)
    if reason:
        return reason
    alike = draft.numbered.alike(old.environment, old)
    if number not in alike and any(
        draft.numbered.accepts(each) and rejection(draft, demand, option, environment, each) is None for each in alike
    ):
        # Its pool is cut otherwise, and another has slices like its own.
        return why_elsewhere(draft, old.environment, old)
    pod = pool.pod_size(demand.model, option.profile, demand.deployment)
    booking = Booking(demand, option, number, pod, retained=pool.name == old.node_pool)
    closed = draft.numbered.closed[number]
    return closed if closed and _grew(booking, old) else booking


def rejection(
    draft: DraftPlan, demand: Demand, option: ServingOption, environment: InferenceEnvironment, number: int
) -> Reason | None:
    """Return why a pool can never serve `demand` with `option`, from what the draft has compared already."""
    selectors = selector_reason(demand.deployment, option.profile, environment, draft.pools[number].pool)
    return selectors or draft.requirements.reason(option.profile, number)


def why_no_room(draft: DraftPlan, booking: Booking) -> MoveReason | Reason | None:
    """Return why there is no room for the own pods of `booking`; None where there is."""
    demand, pool = booking.demand, draft.pools[booking.index]
    if pool.environment in draft.placed[demand.key]:
        return OnePoolEach()
    if not draft.missing(demand):
        return FewerEnvironments(demand.wanted)
    return draft.refusal(replace(booking, prefill=None)) or pool.no_room(booking.pod, booking.pods)
