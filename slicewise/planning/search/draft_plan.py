"""A plan in the making: what is asked for, where it could go, and what has been promised so far."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from slicewise.documents import DeploymentKey, Fleet, model_key
from slicewise.planning.advice import Tenant
from slicewise.planning.capacity import PodSize, PoolLedger
from slicewise.planning.location import Location
from slicewise.planning.plan import Placement
from slicewise.planning.search.decision_log import Decision, DecisionLog, Measured, Step
from slicewise.planning.search.demands import Demand, ServingOption, demands_of
from slicewise.planning.search.lanes import FreeLevel, Lanes
from slicewise.planning.search.numbered_pools import NumberedPools
from slicewise.planning.search.pool_classes import pool_classes
from slicewise.planning.search.room_queue import Room


@dataclass(frozen=True, slots=True)
class Claim:
    """The room that the draft promises to one deployment on one pool, for all its pods."""

    demand: Demand
    option: ServingOption
    index: int
    pod: PodSize
    retained: bool

    @property
    def pods(self) -> int:
        """How many they are."""
        return self.demand.pods(self.option)

    @property
    def units(self) -> int:
        """What they take."""
        return self.pods * self.pod.units


class DraftPlan:
    """Every deployment's demand, every pool's ledger, and the claims that have been accepted so far."""

    def __init__(self, fleet: Fleet, log: DecisionLog | None = None) -> None:
        """Take what is asked for; `log` notes how its deployment is placed."""
        self._log = log
        self.numbered = NumberedPools(fleet)
        self.pools: Sequence[PoolLedger] = self.numbered.ledgers
        """Every pool, by its number."""
        asked = dict.fromkeys(map(model_key, fleet.deployments))
        self._classes, fits, self.requirements = pool_classes(self.pools, {key: fleet.models[key] for key in asked})
        self.lanes = Lanes(fleet, self.numbered, self._classes)
        self.demands = demands_of(fleet, self.pools, fits, self.lanes)
        self.placed: dict[DeploymentKey, dict[str, Claim]] = {demand.key: {} for demand in self.demands}

    def location(self, claim: Claim) -> Location:
        """Return the names of where a claim is."""
        pool = self.pools[claim.index]
        return Location(pool.environment, pool.name, claim.option.profile.name)

    def missing(self, demand: Demand) -> int:
        """Return how many environments `demand` still lacks."""
        return demand.wanted - len(self.placed[demand.key])

    def place(self, claim: Claim, step: Step = Step.CHOSEN) -> None:
        """Promise its room to a deployment, in one of the steps of planning."""
        pool = self.pools[claim.index]
        if self._log and self._log.deployment == claim.demand.key and not self._log.knows(claim):
            self._log.note(claim, self._decision(claim, step))
        was_empty = self._classes[claim.index].sizes > 1 and pool.mixing(claim.pod) == 1
        pool.charge(claim.pod, claim.pods)
        self.placed[claim.demand.key][pool.environment] = claim
        if was_empty:
            # Other pods of this size mix with these better than with those elsewhere.
            self.numbered.improved.append(claim.index)

    def remove(self, claim: Claim) -> None:
        """Take a promise back."""
        pool = self.pools[claim.index]
        pool.charge(claim.pod, -claim.pods)
        del self.placed[claim.demand.key][pool.environment]
        self.numbered.improved.append(claim.index)

    def best(
        self, demand: Demand, excluded: Collection[str], options: Sequence[ServingOption] | None = None
    ) -> Claim | None:
        """Return where `demand` would rather go among the pools with room outside the `excluded` environments.

        The model's order of profiles decides first, then the least memory that a unit has, then what wastes and mixes
        least, then the environment with most room, then the name.
        """
        for option in demand.options if options is None else options:
            pods = demand.pods(option)
            for level in option.levels:
                found: tuple[Room, PodSize] | None = None
                for _, pod, queue in level.lanes:
                    room = queue.first(pods, excluded)
                    if room and (found is None or room < found[0]):
                        found = (room, pod)
                if found:
                    room, pod = self._first_by_name(level, pods, *found)
                    return Claim(demand, option, room.number, pod, retained=False)
        return None

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
        """Tell the log which claims are in the plan."""
        if self._log:
            self._log.finish(self.placed.get(self._log.deployment, {}).values())

    def _decision(self, claim: Claim, step: Step) -> Decision:
        served = frozenset(self.placed[claim.demand.key])
        return Decision(self.location(claim), step, dict(self._measured(claim.demand)), served)

    def _measured(self, demand: Demand) -> Iterator[tuple[Location, Measured]]:
        """Yield every pool that matches, with each profile, as it is now."""
        for rank, option in enumerate(demand.options):
            for level in option.levels:
                for lane, _, queue in level.lanes:
                    for room in filter(None, map(queue.room, lane.members)):
                        pool = self.pools[room.number]
                        yield (
                            Location(pool.environment, pool.name, option.profile.name),
                            Measured(
                                rank, level.memory, level.wasted, room.mixing, -room.minus_room, demand.pods(option)
                            ),
                        )

    def tenants(self) -> list[list[Tenant]]:
        """Return what has been placed on each pool."""
        tenants: list[list[Tenant]] = [[] for _ in self.pools]
        for placed in self.placed.values():
            for claim in placed.values():
                pool, topology = self.pools[claim.index], claim.option.profile.replica_topology
                placement = Placement(
                    deployment=claim.demand.key,
                    environment=pool.environment,
                    node_pool=pool.name,
                    profile=claim.option.profile.name,
                    replicas=claim.demand.replicas,
                    nodes_per_replica=topology.nodes,
                    gpus_per_node=topology.gpus_per_node,
                    resource=pool.resource,
                    retained=claim.retained,
                    autoscaled=claim.demand.deployment.autoscaled,
                )
                tenants[claim.index].append(Tenant(placement, claim.demand.model, claim.pod))
        return tenants
