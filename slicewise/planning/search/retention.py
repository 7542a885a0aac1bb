"""What runs, stays: the previous plan's placements are kept, and what must move is moved as little as can be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from slicewise.diagnostics import named
from slicewise.documents import Fleet
from slicewise.planning.matching import reject_environment, reject_pool
from slicewise.planning.plan import Move, MoveCode, RejectionCode, Seat
from slicewise.planning.plan_json import PreviousPlacement
from slicewise.planning.search.draft_plan import Board, Charge, Demand

Reason = tuple[MoveCode | RejectionCode, str]


@dataclass(frozen=True, slots=True)
class Lost:
    """A placement of the previous plan that cannot be kept."""

    demand: Demand
    seat: Seat
    resource: str | None
    reason: Reason

    @property
    def order(self) -> tuple[object, ...]:
        """By priority, then by name."""
        return (-self.demand.priority, self.demand.key, self.seat)


def retain(board: Board, fleet: Fleet, previous: Iterable[PreviousPlacement]) -> list[Lost]:
    """Keep the placements of the previous plan that still match and fit; return those that do not.

    What asks for more units than it had, or for other pods, comes last: its growth must move no other.
    """
    demands = {demand.key: demand for demand in board.demands}
    kept: list[tuple[tuple[object, ...], Charge, str | None]] = []
    lost: list[Lost] = []
    for old in previous:
        demand = demands.get(old.key)
        if demand is None:
            continue
        seat = Seat(old.environment, old.node_pool, old.profile)
        charge = _same_seat(board, fleet, demand, seat)
        if isinstance(charge, Charge):
            grew = charge.units > old.units or charge.pod.units != old.gpus_per_node
            kept.append(((grew, -demand.priority, demand.key, seat), charge, old.resource))
        else:
            lost.append(Lost(demand, seat, old.resource, charge))
    kept.sort(key=lambda item: item[0])
    for _, charge, resource in kept:
        seat = board.seat(charge)
        reason = _no_room(board, charge)
        if reason:
            lost.append(Lost(charge.demand, seat, resource, reason))
        else:
            board.place(charge)
    # An entry beside one that is kept in the same environment says nothing new.
    lost = [item for item in lost if item.seat.environment not in board.placed[item.demand.key]]
    return sorted(lost, key=lambda item: item.order)


def stay_in_environment(board: Board, fleet: Fleet, lost: Sequence[Lost]) -> None:
    """Place what is lost in the environment where it was, if there is room: what changes least comes first.

    That is the same pool with another profile, then a pool with the same resource (it may only have been renamed).
    """
    for item in lost:
        demand, name = item.demand, item.seat.environment
        moved_out = item.reason[0] in (MoveCode.FEWER_ENVIRONMENTS, MoveCode.ENVIRONMENT_GONE)
        if moved_out or name in board.placed[demand.key] or not board.missing(demand):
            continue
        if reject_environment(demand.deployment, fleet.environment[name]):
            continue
        options = sorted(_seats_in(board, fleet, item), key=lambda option: option[0])
        for _, charge in options:
            if board.pools[charge.index].takes(charge.pod, charge.pods):
                board.place(charge)
                break


def _seats_in(board: Board, fleet: Fleet, item: Lost) -> Iterator[tuple[tuple[object, ...], Charge]]:
    """Yield every seat in the environment where `item` was, after how much it would change."""
    demand, seat = item.demand, item.seat
    environment = fleet.environment[seat.environment]
    for index in board.index.by_environment[seat.environment]:
        pool = board.pools[index]
        for rank, way in enumerate(demand.ways):
            if reject_pool(demand.deployment, way.profile, environment, pool.pool) is None:
                change = (pool.name != seat.node_pool, pool.pool.resource != item.resource)
                preference = (way.profile.name != seat.profile, rank, pool.pool.capabilities.memory_per_gpu, pool.name)
                pod = pool.pod_size(demand.model, way.profile)
                yield (*change, *preference), Charge(demand, way, index, pod, retained=False)


def moves(board: Board, lost: Sequence[Lost]) -> Iterator[Move]:
    """Yield where everything that was lost is now."""
    for _, group in groupby(sorted(lost, key=lambda item: (item.demand.key, item.seat)), lambda item: item.demand.key):
        items = list(group)
        new = {name: c for name, c in sorted(board.placed[items[0].demand.key].items()) if not c.retained}
        stayed = {item.seat.environment: new.pop(item.seat.environment, None) for item in items}
        others = iter(new.values())
        for item in items:
            charge = stayed.pop(item.seat.environment, None)
            if charge is None and item.reason[0] is not MoveCode.FEWER_ENVIRONMENTS:
                charge = next(others, None)
            target = None if charge is None else board.seat(charge)
            yield Move(item.demand.key, item.seat, target, *item.reason)


def _same_seat(board: Board, fleet: Fleet, demand: Demand, seat: Seat) -> Charge | Reason:
    """Return what `demand` takes where it was, or why it can no longer be there."""
    number = board.index.index.get((seat.environment, seat.node_pool))
    if seat.environment not in board.index.by_environment:
        return MoveCode.ENVIRONMENT_GONE, f"environment {named(seat.environment)} is not declared any more"
    if number is None:
        return MoveCode.NODE_POOL_GONE, f"environment {seat.environment} has no pool {named(seat.node_pool)} any more"
    way = next((way for way in demand.ways if way.profile.name == seat.profile), None)
    if way is None:
        return MoveCode.PROFILE_GONE, f"the model has no profile {named(seat.profile)} any more"
    environment = fleet.environment[seat.environment]
    whole = reject_environment(demand.deployment, environment)
    if whole:
        return whole.code, whole.message
    pool = board.pools[number]
    reason = reject_pool(demand.deployment, way.profile, environment, pool.pool)
    return reason or Charge(demand, way, number, pool.pod_size(demand.model, way.profile), retained=True)


def _no_room(board: Board, charge: Charge) -> Reason | None:
    demand, pool = charge.demand, board.pools[charge.index]
    if pool.environment in board.placed[demand.key]:
        return MoveCode.FEWER_ENVIRONMENTS, "one pool of an environment serves it"
    if not board.missing(demand):
        return MoveCode.FEWER_ENVIRONMENTS, _asked_for(demand.wanted)
    if not pool.takes(charge.pod, charge.pods):
        return RejectionCode.CAPACITY, pool.full_message(charge.pod, charge.pods)
    return None


def _asked_for(environments: int) -> str:
    return "1 environment is asked for now" if environments == 1 else f"{environments} environments are asked for now"
