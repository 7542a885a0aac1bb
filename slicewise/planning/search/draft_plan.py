"""A plan in the making: what is asked for, where it could go, and what has been promised so far."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from slicewise.documents import DeploymentKey, Fleet, ModelDeployment, ModelKey, ModelSpec, ServingProfile, model_key
from slicewise.planning.capacity import PodSize, PoolLedger, Tenant
from slicewise.planning.plan import Location, Placement
from slicewise.planning.search.decision_log import Decision, DecisionLog, Measured, Step
from slicewise.planning.search.lanes import FreeLevel, PoolIndex, labels_of
from slicewise.planning.search.room_queue import Room


@dataclass(frozen=True, slots=True)
class ServingOption:
    """One of the serving profiles of a deployment's model, and the pools that match it for this deployment."""

    profile: ServingProfile
    levels: Sequence[FreeLevel]

    def lane_pools(self) -> Iterator[tuple[int, PodSize]]:
        """Yield every pool that matches, and what one pod takes there."""
        for level in self.levels:
            for lane, pod, _ in level.lanes:
                for index in lane.members:
                    yield index, pod


class Demand:
    """One deployment as it asks for room: how many environments, and its options in the model's order of profiles."""

    def __init__(
        self,
        deployment: ModelDeployment,
        model: ModelSpec,
        options: Sequence[ServingOption],
        scarcity: int,
        largest_replica: int,
    ) -> None:
        self.deployment = deployment
        self.model = model
        self.options = options
        self.key = deployment.key
        self.wanted = deployment.spec.environments
        self.priority = deployment.spec.priority
        self.replicas = deployment.replicas
        largest = largest_replica * self.replicas * self.wanted
        self.order = (scarcity, -largest, self.key)
        """Of one priority: the scarcest first (fewest units that could take it), then the largest, then by name."""

    def units(self, profile: ServingProfile) -> int:
        """Return the units of all replicas in one environment."""
        return self.replicas * profile.replica_topology.units

    def pods(self, option: ServingOption) -> int:
        """Return the pods of all replicas in one environment."""
        return self.replicas * option.profile.replica_topology.nodes

    @property
    def least_units(self) -> int:
        """The units of all replicas in one environment, with the option that takes fewest."""
        return min((self.units(option.profile) for option in self.options if option.levels), default=0)


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
        keys = [model_key(deployment) for deployment in fleet.deployments]
        self.index = PoolIndex(fleet, [fleet.models[key] for key in dict.fromkeys(keys)])
        self._known_options: dict[tuple[object, ...], tuple[Sequence[ServingOption], int, int]] = {}
        self.demands = [
            self._demand(deployment, key, fleet.models[key])
            for deployment, key in zip(fleet.deployments, keys, strict=True)
        ]
        self.placed: dict[DeploymentKey, dict[str, Claim]] = {demand.key: {} for demand in self.demands}

    @property
    def pools(self) -> Sequence[PoolLedger]:
        """Every pool, by its number."""
        return self.index.pools

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
        was_empty = self.index.mixes[claim.index] and pool.mixing(claim.pod) == 1
        pool.charge(claim.pod, claim.pods)
        self.placed[claim.demand.key][pool.environment] = claim
        if was_empty:
            # Other pods of this size mix with these better than with those elsewhere.
            self.index.improved.append(claim.index)

    def remove(self, claim: Claim) -> None:
        """Take a promise back."""
        pool = self.pools[claim.index]
        pool.charge(claim.pod, -claim.pods)
        del self.placed[claim.demand.key][pool.environment]
        self.index.improved.append(claim.index)

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
        for number in self.index.by_environment[self.pools[best.number].environment]:
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

    def _demand(self, deployment: ModelDeployment, named: ModelKey, model: ModelSpec) -> Demand:
        environments = labels_of(deployment.spec.environment_selector)
        pools = labels_of(deployment.spec.node_pool_selector)
        key = (named, environments, pools)
        if key not in self._known_options:
            options = tuple(
                ServingOption(
                    profile,
                    self.index.levels(profile, environments | labels_of(profile.environment_selector), pools, model),
                )
                for profile in model.serving
            )
            largest_replica = max(profile.replica_topology.units for profile in model.serving)
            self._known_options[key] = options, self._scarcity(options), largest_replica
        return Demand(deployment, model, *self._known_options[key])

    def _scarcity(self, options: Sequence[ServingOption]) -> int:
        """Return how many units could take a deployment at all."""
        lanes = {id(lane): lane for option in options for level in option.levels for lane, _, _ in level.lanes}
        if not any(option.profile.environment_selector.match_labels for option in options):
            return sum(lane.units for lane in lanes.values())  # of one selection, so no pool is in two of them
        members = {index for lane in lanes.values() for index in lane.members}
        return sum(self.pools[index].units for index in members)
