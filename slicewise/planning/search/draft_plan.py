"""A plan in the making: what is asked for, where it could go, and what has been promised so far."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from slicewise.documents import DeploymentKey, Fleet, ModelDeployment, ModelKey, ModelSpec, ServingProfile, model_key
from slicewise.planning.capacity import PodSize, PoolState, Tenant
from slicewise.planning.plan import Placement, Seat
from slicewise.planning.search.lanes import Level, PoolIndex, labels_of
from slicewise.planning.search.room_queue import Place


@dataclass(frozen=True, slots=True)
class Way:
    """A serving profile, and the pools that match it for one deployment."""

    profile: ServingProfile
    levels: Sequence[Level]

    def lane_pools(self) -> Iterator[tuple[int, PodSize]]:
        """Yield every pool that matches, and what one pod takes there."""
        for level in self.levels:
            for lane, pod, _ in level.lanes:
                for index in lane.members:
                    yield index, pod


class Demand:
    """One deployment, and the ways of serving it in the model's order."""

    def __init__(
        self, deployment: ModelDeployment, model: ModelSpec, ways: Sequence[Way], scarcity: int, largest_replica: int
    ) -> None:
        self.deployment = deployment
        self.model = model
        self.ways = ways
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

    def pods(self, way: Way) -> int:
        """Return the pods of all replicas in one environment."""
        return self.replicas * way.profile.replica_topology.nodes

    @property
    def least_units(self) -> int:
        """The units of all replicas in one environment, the way that takes fewest."""
        return min((self.units(way.profile) for way in self.ways if way.levels), default=0)


@dataclass(frozen=True, slots=True)
class Charge:
    """One deployment's pods in one pool."""

    demand: Demand
    way: Way
    index: int
    pod: PodSize
    retained: bool

    @property
    def pods(self) -> int:
        """How many they are."""
        return self.demand.pods(self.way)

    @property
    def units(self) -> int:
        """What they take."""
        return self.pods * self.pod.units


class Board:
    """Every deployment's demand and every pool's state."""

    def __init__(self, fleet: Fleet) -> None:
        keys = [model_key(deployment) for deployment in fleet.deployments]
        self.index = PoolIndex(fleet, [fleet.models[key] for key in dict.fromkeys(keys)])
        self._ways: dict[tuple[object, ...], tuple[Sequence[Way], int, int]] = {}
        self.demands = [
            self._demand(deployment, key, fleet.models[key])
            for deployment, key in zip(fleet.deployments, keys, strict=True)
        ]
        self.placed: dict[DeploymentKey, dict[str, Charge]] = {demand.key: {} for demand in self.demands}

    @property
    def pools(self) -> Sequence[PoolState]:
        """Every pool, by its number."""
        return self.index.pools

    def seat(self, charge: Charge) -> Seat:
        """Return the names of where a charge is."""
        pool = self.pools[charge.index]
        return Seat(pool.environment, pool.name, charge.way.profile.name)

    def missing(self, demand: Demand) -> int:
        """Return how many environments `demand` still lacks."""
        return demand.wanted - len(self.placed[demand.key])

    def place(self, charge: Charge) -> None:
        """Promise its room to a deployment."""
        pool = self.pools[charge.index]
        was_empty = self.index.mixes[charge.index] and pool.mixing(charge.pod) == 1
        pool.charge(charge.pod, charge.pods)
        self.placed[charge.demand.key][pool.environment] = charge
        if was_empty:
            # Other pods of this size mix with these better than with those elsewhere.
            self.index.improved.append(charge.index)

    def remove(self, charge: Charge) -> None:
        """Take a promise back."""
        pool = self.pools[charge.index]
        pool.charge(charge.pod, -charge.pods)
        del self.placed[charge.demand.key][pool.environment]
        self.index.improved.append(charge.index)

    def best(self, demand: Demand, excluded: Collection[str], ways: Sequence[Way] | None = None) -> Charge | None:
        """Return where `demand` would rather go among the pools with room outside the `excluded` environments.

        The model's order of profiles decides first, then the least memory that a unit has, then what wastes and mixes
        least, then the environment with most room, then the name.
        """
        for way in demand.ways if ways is None else ways:
            pods = demand.pods(way)
            for level in way.levels:
                found: tuple[Place, PodSize] | None = None
                for _, pod, queue in level.lanes:
                    place = queue.first(pods, excluded)
                    if place and (found is None or place < found[0]):
                        found = (place, pod)
                if found:
                    place, pod = self._first_by_name(level, pods, *found)
                    return Charge(demand, way, place.number, pod, retained=False)
        return None

    def _first_by_name(self, level: Level, pods: int, best: Place, pod: PodSize) -> tuple[Place, PodSize]:
        """Return the first pool by name of the best one's environment that is as good but for the room it has."""
        for number in self.index.by_environment[self.pools[best.number].environment]:
            if number == best.number:
                break
            for _, asks, queue in level.lanes:
                place = queue.place(number)
                if place and place.mixing == best.mixing and -place.minus_room >= pods:
                    return place, asks
        return best, pod

    def tenants(self) -> list[list[Tenant]]:
        """Return what has been placed on each pool."""
        tenants: list[list[Tenant]] = [[] for _ in self.pools]
        for placed in self.placed.values():
            for charge in placed.values():
                pool, topology = self.pools[charge.index], charge.way.profile.replica_topology
                placement = Placement(
                    deployment=charge.demand.key,
                    environment=pool.environment,
                    node_pool=pool.name,
                    profile=charge.way.profile.name,
                    replicas=charge.demand.replicas,
                    nodes_per_replica=topology.nodes,
                    gpus_per_node=topology.gpus_per_node,
                    resource=pool.resource,
                    retained=charge.retained,
                    autoscaled=charge.demand.deployment.autoscaled,
                )
                tenants[charge.index].append(Tenant(placement, charge.demand.model, charge.pod))
        return tenants

    def _demand(self, deployment: ModelDeployment, named: ModelKey, model: ModelSpec) -> Demand:
        environments = labels_of(deployment.spec.environment_selector)
        pools = labels_of(deployment.spec.node_pool_selector)
        key = (named, environments, pools)
        if key not in self._ways:
            ways = tuple(
                Way(
                    profile,
                    self.index.levels(profile, environments | labels_of(profile.environment_selector), pools, model),
                )
                for profile in model.serving
            )
            largest_replica = max(profile.replica_topology.units for profile in model.serving)
            self._ways[key] = ways, self._scarcity(ways), largest_replica
        return Demand(deployment, model, *self._ways[key])

    def _scarcity(self, ways: Sequence[Way]) -> int:
        """Return how many units could take a deployment at all."""
        lanes = {id(lane): lane for way in ways for level in way.levels for lane, _, _ in level.lanes}
        if not any(way.profile.environment_selector.match_labels for way in ways):
            return sum(lane.units for lane in lanes.values())  # of one selection, so no pool is in two of them
        members = {index for lane in lanes.values() for index in lane.members}
        return sum(self.pools[index].units for index in members)
