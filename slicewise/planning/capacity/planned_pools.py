"""A finished plan's pools with what is charged to them, to ask what would fit if one thing were different."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from slicewise.documents import (
    DeploymentKey,
    Fleet,
    InferenceEnvironment,
    NodePool,
    PoolOffer,
    declared_pool,
    model_key,
    offer_in_words,
    offer_named,
    offered_as,
    offers_of,
    with_fields,
)
from slicewise.planning.capacity.declared_sizes import deployment_asks, node_size, pod_asks
from slicewise.planning.capacity.ledgers import ledgers_of
from slicewise.planning.capacity.pool_ledger import PoolLedger
from slicewise.planning.capacity.sizes import NodeSize, PodAsks, PodSize
from slicewise.planning.plan import Placement, Plan

PoolName = tuple[str, str]
"""The names of an environment and of one of its pools."""
OfferName = tuple[str, str, str | None]
"""These, and which GPU resource is meant where the pool's nodes offer several."""


@dataclass(frozen=True, slots=True)
class PlannedCharge:
    """The pods of one deployment on a pool."""

    deployment: DeploymentKey
    profile: str
    pod: PodSize
    count: int
    is_prefill: bool = False
    """Whether they are those of its prefill workload: how many they are does not follow from its replicas."""


@dataclass(frozen=True)
class ChargedPool:
    """A pool of a finished plan. Changing one gives another: the plan's own stays as it is."""

    environment: InferenceEnvironment
    pool: NodePool
    """The pool, or one GPU resource of it (`offers_of`)."""
    charges: tuple[PlannedCharge, ...]
    beside: tuple[tuple[str, tuple[PlannedCharge, ...]], ...] = ()
    """What is charged to the other GPU resources of the same nodes, by their names."""

    @property
    def name(self) -> PoolName:
        """The names of environment and pool."""
        return (self.environment.metadata.name, self.pool.name)

    @property
    def offer(self) -> OfferName:
        """The names by which it is known among all others."""
        return (*self.name, offered_as(self.pool))

    def __str__(self) -> str:
        """Write it as people do: environment/pool, and which of several GPU resources of its nodes is meant."""
        resource = offered_as(self.pool)
        return "/".join(self.name) + (f" ({offer_in_words(resource)})" if resource else "")

    @cached_property
    def state(self) -> PoolLedger:
        """The pool's capacity with everything charged that is on it."""
        state = self._empty()
        pods: Counter[PodSize] = Counter()
        for charge in self.charges:
            pods[charge.pod] += charge.count
        for pod, count in pods.items():
            state.charge(pod, count)
        return state

    @cached_property
    def units_of_deployments(self) -> Mapping[DeploymentKey, int]:
        """The units of each deployment that has pods there."""
        found: dict[DeploymentKey, int] = {}
        for charge in self.charges:
            if charge.count:
                found[charge.deployment] = found.get(charge.deployment, 0) + charge.count * charge.pod.units
        return found

    @property
    def holds(self) -> bool:
        """Whether the pool has the room for everything that is charged to it, beside what it reserves."""
        state = self._empty()
        if self.pool.reserved_units > state.units:
            return False
        return state.charge_all((charge.pod, charge.count) for charge in self.charges)

    def _empty(self) -> PoolLedger:
        """Return the pool's capacity with nothing charged but what has the other GPU resources of the same nodes."""
        if not isinstance(self.pool, PoolOffer):
            return PoolLedger(self.environment.metadata.name, self.pool)
        ledgers = ledgers_of(self.environment.metadata.name, self.pool.declared)
        others = dict(self.beside)
        for ledger in ledgers:
            for charge in others.get(ledger.resource, ()):
                ledger.charge(charge.pod, charge.count)
        return next(ledger for ledger in ledgers if ledger.resource == self.pool.resource)

    def with_pool(self, **fields: object) -> ChargedPool:
        """Return the same with other values in some fields of the pool.

        Of one of several GPU resources `reserved_units` are those of the resource.
        """
        return replace(self, pool=with_fields(self.pool, fields))

    def with_capability(self, field: str, value: object) -> ChargedPool:
        """Return the same with another value in one field of the pool's capabilities."""
        capabilities = declared_pool(self.pool).capabilities.model_copy(update={field: value})
        return self.with_pool(capabilities=capabilities)

    def beside_changed(self, other: ChargedPool) -> ChargedPool:
        """Return the same pool where `other` is as it is: the same nodes may offer both."""
        if self.name != other.name:
            return self
        if self.offer == other.offer:
            return other
        beside = tuple(
            (resource, other.charges if resource == other.pool.resource else charges)
            for resource, charges in self.beside
        )
        pool = offer_named(declared_pool(other.pool), self.pool.resource) or self.pool
        return replace(self, environment=other.environment, pool=pool, beside=beside)

    @property
    def offers(self) -> tuple[ChargedPool, ...]:
        """It, and the other GPU resources of the same nodes as they are beside it, in the order of their ledgers."""
        charges = {self.pool.resource: self.charges, **dict(self.beside)}
        rest = (
            replace(
                self,
                pool=offer,
                charges=charges[offer.resource],
                beside=tuple((name, each) for name, each in charges.items() if name != offer.resource),
            )
            for offer in offers_of(declared_pool(self.pool))
            if self.beside and offer.resource != self.pool.resource
        )
        return (self, *rest)

    @property
    def all_charges(self) -> tuple[PlannedCharge, ...]:
        """What is charged to the nodes, whichever of their GPU resources it has."""
        return (*self.charges, *(charge for _, charges in self.beside for charge in charges))

    def with_charges(self, change: Callable[[PlannedCharge], PlannedCharge]) -> ChargedPool:
        """Return the same with every charge changed, those of the other GPU resources of its nodes among them."""
        beside = tuple((resource, tuple(map(change, charges))) for resource, charges in self.beside)
        return replace(self, charges=tuple(map(change, self.charges)), beside=beside)

    def with_label(self, key: str, value: str) -> ChargedPool:
        """Return the same with one label more on the environment."""
        metadata = self.environment.metadata
        labelled = metadata.model_copy(update={"labels": {**metadata.labels, key: value}})
        return replace(self, environment=self.environment.model_copy(update={"metadata": labelled}))

    @property
    def document(self) -> InferenceEnvironment:
        """The environment's document with this pool in it, as it then is."""
        spec = self.environment.spec
        mine = declared_pool(self.pool)
        pools = tuple(mine if each.name == mine.name else each for each in spec.node_pools)
        return self.environment.model_copy(update={"spec": spec.model_copy(update={"node_pools": pools})})

    def with_count(self, deployment: DeploymentKey, count: int) -> ChargedPool:
        """Return the same with `count` pods of `deployment` in place of those that it has.

        Its prefill pods stay as they are, and go where none of the others is left.
        """
        changed = self.with_charges(
            lambda each: (
                replace(each, count=count)
                if each.deployment == deployment and not (each.is_prefill and count)
                else each
            )
        )
        beside = tuple((name, tuple(each for each in charges if each.count)) for name, charges in changed.beside)
        return replace(changed, charges=tuple(each for each in changed.charges if each.count), beside=beside)


def charged_pools(fleet: Fleet, plan: Plan) -> Mapping[OfferName, ChargedPool]:
    """Return every pool of `fleet` with what `plan` charges to it, each GPU resource by itself."""
    placed: dict[tuple[str, str, str], list[Placement]] = defaultdict(list)
    for placement in plan.placements:
        for workload in placement.workloads:
            placed[workload.environment, workload.node_pool, workload.resource].append(workload)
    pods = _Pods(fleet)
    pools = {}
    for environment in fleet.environments:
        for pool in environment.spec.node_pools:
            offers = [_charged(pods, ChargedPool(environment, offer, ()), placed) for offer in offers_of(pool)]
            for offer in offers:
                beside = tuple((each.pool.resource, each.charges) for each in offers if each is not offer)
                pools[offer.offer] = replace(offer, beside=beside) if beside else offer
    return pools


def _charged(pods: _Pods, empty: ChargedPool, placed: Mapping[tuple[str, str, str], list[Placement]]) -> ChargedPool:
    here = placed.get((*empty.name, empty.pool.resource))
    return replace(empty, charges=_charges(pods, node_size(empty.pool), here)) if here else empty


def _charges(pods: _Pods, node: NodeSize, placements: list[Placement]) -> tuple[PlannedCharge, ...]:
    return tuple(
        PlannedCharge(
            placement.deployment,
            placement.profile,
            node.size_of(pods.asks(placement)) if node.limited else PodSize(placement.gpus_per_node),
            placement.replicas * placement.nodes_per_replica,
            placement.is_prefill,
        )
        for placement in placements
    )


class _Pods:
    """What the pods of placements ask for; computed once for those of one model and profile."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._known: dict[object, PodAsks] = {}

    def asks(self, placement: Placement) -> PodAsks:
        deployment = self._fleet.deployment[placement.deployment]
        own = deployment_asks(deployment)
        key = (model_key(deployment), placement.profile, placement.is_prefill, own)
        if key not in self._known:
            model = self._fleet.model_of(deployment)
            self._known[key] = pod_asks(model, placement.profile_of(model), own)
        return self._known[key]
