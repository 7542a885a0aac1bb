"""A plan in the making: what is asked for, where it could go, and what has been promised so far."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal

from slicewise.documents import DeploymentKey, Fleet, offered_as
from slicewise.planning.advice import Tenant
from slicewise.planning.capacity import PodSize, PoolLedger
from slicewise.planning.location import Location
from slicewise.planning.plan import Placement, PoolUsage
from slicewise.planning.quotas import QuotaExceeded, QuotaLedger, Taken
from slicewise.planning.search.decision_log import Decision, DecisionLog, Measured, Step
from slicewise.planning.search.demands import Demand, ServingOption, demands_of
from slicewise.planning.search.lanes import FreeLevel, Lanes
from slicewise.planning.search.numbered_pools import NumberedPools
from slicewise.planning.search.pool_classes import pool_classes
from slicewise.planning.search.room_queue import Room


@dataclass(frozen=True, slots=True)
class PrefillBooking:
    """The room beside a booking, in the same environment, for the pods of its prefill workload."""

    index: int
    pod: PodSize
    pods: int


@dataclass(frozen=True, slots=True)
class Booking:
    """The room that the draft promises to one deployment on one pool, for all its pods."""

    demand: Demand
    option: ServingOption
    index: int
    pod: PodSize
    retained: bool
    prefill: PrefillBooking | None = None
    settled: bool = False
    """Whether it ran before, on a pool that is drained: it does not make way for what is new."""

    @property
    def pods(self) -> int:
        """How many they are."""
        return self.demand.pods(self.option)

    @property
    def units(self) -> int:
        """What they take."""
        return self.pods * self.pod.units

    @property
    def all_units(self) -> int:
        """What they take together with those of its prefill workload."""
        return sum(each.units for each in self.taken)

    def units_on(self, index: int) -> int:
        """Return what its pods and those of its prefill workload take on one pool."""
        own = self.units if self.index == index else 0
        prefill = self.prefill
        return own + prefill.pods * prefill.pod.units if prefill and prefill.index == index else own

    @property
    def numbers(self) -> tuple[int, ...]:
        """The pools where it is."""
        return (self.index, self.prefill.index) if self.prefill else (self.index,)

    @property
    def taken(self) -> tuple[Taken, ...]:
        """What counts in quotas: its units, and those of its prefill workload."""
        own = Taken(self.index, self.units)
        return (own, Taken(self.prefill.index, self.prefill.pods * self.prefill.pod.units)) if self.prefill else (own,)


class DraftPlan:
    """Every deployment's demand, every pool's ledger, and the bookings that have been accepted so far."""

    def __init__(self, fleet: Fleet, log: DecisionLog | None = None, *, all_active: bool = False) -> None:
        """Take what is asked for.

        Args:
            fleet: The documents.
            log: Notes how its deployment is placed.
            all_active: Whether all pools take what is new, whatever the documents say of their scheduling.
        """
        self._log = log
        self.numbered = NumberedPools(fleet, all_active=all_active)
        self.pools: Sequence[PoolLedger] = self.numbered.ledgers
        """Every pool, by its number."""
        self._classes, fits, prefills, self.requirements = pool_classes(self.pools, fleet)
        self.lanes = Lanes(fleet, self.numbered, self._classes)
        self.demands = demands_of(fleet, self.pools, fits, prefills, self.lanes)
        self.has_prefill = any(demand.has_prefill for demand in self.demands)
        """Whether anything that can be placed has a prefill workload."""
        self.placed: dict[DeploymentKey, dict[str, Booking]] = {demand.key: {} for demand in self.demands}
        self.quotas = QuotaLedger(fleet, self.numbered.documents(fleet)) if fleet.quotas else None
        """None where there are none."""

    def location(self, booking: Booking) -> Location:
        """Return the names of where a booking is, without its prefill workload."""
        return self._location(booking.index, booking.option.profile.name)

    def _location(self, number: int, profile: str) -> Location:
        pool = self.pools[number]
        return Location(pool.environment, pool.name, profile, resource=offered_as(pool.pool))

    def whole_location(self, booking: Booking) -> Location:
        """Return the names of where a booking is, with the pool of its prefill workload if it has one."""
        if booking.prefill is None:
            return self.location(booking)
        pool = self.pools[booking.prefill.index]
        return self.location(booking)._replace(prefill=pool.name, prefill_resource=offered_as(pool.pool))

    def missing(self, demand: Demand) -> int:
        """Return how many environments `demand` still lacks."""
        return demand.wanted - len(self.placed[demand.key])

    def refusal(self, booking: Booking) -> QuotaExceeded | None:
        """Return the quota that `booking` would exceed, if there is one."""
        return self.quotas.refusal(booking.demand.key, booking.taken) if self.quotas else None

    def allows(self, booking: Booking) -> bool:
        """Return whether `booking` would exceed no quota."""
        return self.quotas is None or self.quotas.allows(booking.demand.key, booking.taken)

    def allowed(self, demand: Demand, option: ServingOption) -> Callable[[int], bool] | Literal[False] | None:
        """Return what says of a pool whether quotas allow an option there, beside whatever prefill workload it has.

        None where they allow every pool, and False where they allow none.
        """
        return self.quotas.accepts(demand.key, demand.units(option.profile)) if self.quotas else None

    def most_allowed(self, bookings: Sequence[Booking]) -> int:
        """Return a number of these `bookings`, of which quotas allow each alone, that they never exceed together."""
        if self.quotas is None:
            return len(bookings)
        return self.quotas.most_allowed([(booking.demand.key, booking.taken) for booking in bookings])

    def count(self, booking: Booking, *, back: bool = False) -> None:
        """Count in quotas what `booking` takes, or takes back."""
        if self.quotas:
            self.quotas.charge(booking.demand.key, booking.taken, back=back)

    @contextmanager
    def keeping_share(self, booking: Booking) -> Iterator[None]:
        """Keep for a moment what `booking`, which was taken back, took of quotas: moving takes no more of them."""
        key = booking.demand.key
        quotas = None if self.quotas is None or self.quotas.keeps(key) else self.quotas
        if quotas:
            quotas.keep(key, booking.taken)
        try:
            yield
        finally:
            if quotas:
                quotas.release([key])

    def place(self, booking: Booking, step: Step = Step.CHOSEN) -> None:
        """Promise its room to a deployment, in one of the steps of planning."""
        pool = self.pools[booking.index]
        if self._log and self._log.deployment == booking.demand.key and not self._log.knows(booking):
            self._log.note(booking, self._decision(booking, step))
        was_empty = self._classes[booking.index].mixes and pool.mixing(booking.pod) == 1
        pool.charge(booking.pod, booking.pods)
        self.count(booking)
        if booking.prefill:
            self.pools[booking.prefill.index].charge(booking.prefill.pod, booking.prefill.pods)
            self.numbered.improved[booking.prefill.pod.units].append(booking.prefill.index)
        self.placed[booking.demand.key][pool.environment] = booking
        if was_empty:
            # Other pods of this size mix with these better than with those elsewhere.
            self.numbered.improved[booking.pod.units].append(booking.index)

    def remove(self, booking: Booking) -> None:
        """Take a promise back."""
        pool = self.pools[booking.index]
        pool.charge(booking.pod, -booking.pods)
        self.count(booking, back=True)
        if booking.prefill:
            self.pools[booking.prefill.index].charge(booking.prefill.pod, -booking.prefill.pods)
            self.numbered.note_better(booking.prefill.index)
        del self.placed[booking.demand.key][pool.environment]
        self.numbered.note_better(booking.index)

    def best(
        self, demand: Demand, excluded: Collection[str], options: Sequence[ServingOption] | None = None
    ) -> Booking | None:
        """Return where `demand` would rather go among the pools with room outside the `excluded` environments.

        The model's order of profiles decides first, then the least memory that a unit has, then what wastes and mixes
        least, then the environment with most room, then the name.
        """
        for option in demand.options if options is None else options:
            pods = demand.pods(option)
            allowed = self.allowed(demand, option)
            if allowed is False:
                continue
            for level in option.levels:
                found: tuple[Room, PodSize] | None = None
                for _, pod, queue in level.lanes:
                    accepts = self._accepts(demand, option, pod, allowed) if option.prefill else allowed
                    room = queue.first(pods, excluded, accepts)
                    if room and (found is None or room < found[0]):
                        found = (room, pod)
                if found:
                    room, pod = self._first_by_name(level, pods, *found)
                    first = Booking(demand, option, room.number, pod, retained=False)
                    booking = self.with_prefill(first) if self.allows(first) else None
                    # The first by name may not count alike, or have no room for the prefill workload beside it.
                    return booking or self.with_prefill(
                        Booking(demand, option, found[0].number, found[1], retained=False)
                    )
        return None

    def with_prefill(self, booking: Booking) -> Booking | None:
        """Return `booking`, which has room, with the best place for its prefill workload; None if that has none.

        The rules are those of `best` among the pools of the environment.
        """
        prefill, pods = booking.option.prefill, booking.demand.prefill_pods(booking.option)
        if prefill is None:
            return booking
        with self.tried(booking):
            for level in prefill.levels:
                found = (
                    replace(booking, prefill=PrefillBooking(number, pod, pods))
                    for _, number, pod in sorted(self._rooms(level, booking, pods))
                )
                best = next(filter(self.allows, found), None)
                if best:
                    return best
        return None

    def _rooms(self, level: FreeLevel, booking: Booking, pods: int) -> Iterator[tuple[int, int, PodSize]]:
        """Yield how sizes mix, the number and the size of a pod for each pool beside a booking that has room."""
        for number in self.numbered.by_environment[self.pools[booking.index].environment]:
            for _, pod, queue in level.lanes:
                room = queue.room(number)
                if room and -room.minus_room >= pods:
                    yield room.mixing, number, pod

    @contextmanager
    def tried(self, booking: Booking) -> Iterator[None]:
        """Charge a booking's own pods for a moment."""
        pool = self.pools[booking.index]
        pool.charge(booking.pod, booking.pods)
        try:
            yield
        finally:
            pool.charge(booking.pod, -booking.pods)

    def _accepts(
        self, demand: Demand, option: ServingOption, pod: PodSize, allowed: Callable[[int], bool] | None
    ) -> Callable[[int], bool]:
        """Return what says of a pool with room whether it is `allowed`, and the prefill workload has room beside it."""
        return lambda number: (allowed is None or allowed(number)) and self._has_prefill(demand, option, pod, number)

    def _has_prefill(self, demand: Demand, option: ServingOption, pod: PodSize, number: int) -> bool:
        return self.with_prefill(Booking(demand, option, number, pod, retained=False)) is not None

    def _first_by_name(self, level: FreeLevel, pods: int, best: Room, pod: PodSize) -> tuple[Room, PodSize]:
        """Return the first pool by name of the best one's environment that is as good but for the room it has."""
        for number in self.numbered.by_environment[self.pools[best.number].environment]:
            if number == best.number:
                break
            for _, asks, queue in level.lanes:
                room = queue.room(number)
                if room and room.mixing == best.mixing and -room.minus_room >= pods:
                    return room, asks
        return best, pod

    def finish(self) -> None:
        """Tell the log which bookings are in the plan."""
        if self._log:
            self._log.finish(self.placed.get(self._log.deployment, {}).values())

    def _decision(self, booking: Booking, step: Step) -> Decision:
        served = frozenset(self.placed[booking.demand.key])
        return Decision(self.location(booking), step, dict(self._measured(booking.demand)), served)

    def _measured(self, demand: Demand) -> Iterator[tuple[Location, Measured]]:
        """Yield every pool that matches, with each profile, as it is now."""
        for rank, option in enumerate(demand.options):
            for level in option.levels:
                for lane, _, queue in level.lanes:
                    for room in filter(None, map(queue.room, lane.members)):
                        yield (
                            self._location(room.number, option.profile.name),
                            Measured(
                                rank=rank,
                                doubted=level.doubted,
                                memory=level.memory,
                                wasted=level.wasted,
                                mixing=room.mixing,
                                room=-room.minus_room,
                                pods=demand.pods(option),
                            ),
                        )

    def usage(self) -> Iterator[PoolUsage]:
        """Yield how full every pool is."""
        for number, pool in enumerate(self.pools):
            yield replace(pool.usage(), scheduling=self.numbered.scheduling(number))

    def tenants(self) -> list[list[Tenant]]:
        """Return what has been placed on each pool."""
        tenants: list[list[Tenant]] = [[] for _ in self.pools]
        for placed in self.placed.values():
            for booking in placed.values():
                placement = self._placement(booking)
                demand, option = booking.demand, booking.option
                own = Tenant(placement, demand.deployment, demand.model, option.profile, booking.pod)
                tenants[booking.index].append(own)
                if booking.prefill and option.prefill and placement.prefill:
                    prefill = own._replace(
                        placement=placement.prefill, profile=option.prefill.profile, pod=booking.prefill.pod
                    )
                    tenants[booking.prefill.index].append(prefill)
        return tenants

    def _placement(self, booking: Booking) -> Placement:
        pool, topology = self.pools[booking.index], booking.option.profile.replica_topology
        return Placement(
            deployment=booking.demand.key,
            environment=pool.environment,
            node_pool=pool.name,
            profile=booking.option.profile.name,
            replicas=booking.demand.replicas,
            nodes_per_replica=topology.nodes,
            gpus_per_node=topology.gpus_per_node,
            resource=pool.resource,
            retained=booking.retained,
            autoscaled=booking.demand.deployment.autoscaled,
            prefill=self._prefill(booking),
        )

    def _prefill(self, booking: Booking) -> Placement | None:
        if booking.prefill is None or booking.option.prefill is None:
            return None
        pool, topology = self.pools[booking.prefill.index], booking.option.prefill.profile.replica_topology
        return Placement(
            deployment=booking.demand.key,
            environment=pool.environment,
            node_pool=pool.name,
            profile=booking.option.profile.name,
            replicas=booking.prefill.pods // topology.nodes,
            nodes_per_replica=topology.nodes,
            gpus_per_node=topology.gpus_per_node,
            resource=pool.resource,
            retained=booking.retained,
            is_prefill=True,
        )
