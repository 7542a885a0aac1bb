"""The one judge of why a candidate does not serve a deployment: from the documents and the finished plan alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from slicewise.documents import (
    DeploymentKey,
    Fleet,
    InferenceEnvironment,
    ModelDeployment,
    ServingProfile,
    offered_as,
    prefill_replicas,
    prefill_workload,
)
from slicewise.planning.capacity import (
    ChargedPool,
    OfferName,
    PodAsks,
    PoolLedger,
    charged_pools,
    deployment_asks,
    pod_asks,
)
from slicewise.planning.matched_requirements import MatchedRequirements, match_requirements
from slicewise.planning.matching import node_pool_selector_reason, profile_selector_reason, reject_environment
from slicewise.planning.plan import Placement, Plan
from slicewise.planning.prefill_reasons import nearest_for_prefill
from slicewise.planning.quotas import PlannedQuotas, Taken
from slicewise.planning.reasons import Reason, Rejection


class Judged(NamedTuple):
    """A candidate, and why it does not serve the deployment; without pool and profile: a whole environment."""

    environment: str
    node_pool: str | None
    profile: str | None
    reason: Reason | None
    """None where the pool has room for it, or would have without it."""
    resource: str | None = None
    """The GPU resource, of a pool whose nodes offer several."""


class _Asking(NamedTuple):
    """What a deployment asks of pools with one of its profiles."""

    profile: ServingProfile
    by_class: Sequence[Reason | None]
    """Which requirement each class of pool fails."""
    pod: PodAsks
    pods: int
    prefill: _Asking | None = None
    """What the prefill workload of the profile asks for, in the same environment."""


class _Pool(NamedTuple):
    """A pool as one deployment finds it, which it has nothing on."""

    ledger: PoolLedger
    unselected: Reason | None
    """Why the deployment's selector rules it out, if it does."""
    number: int
    """Of its class."""

    def reason(self, asking: _Asking) -> Reason | None:
        """Return why it does not take what is asked."""
        return self.unmet(asking) or self.no_room(asking)

    def unmet(self, asking: _Asking) -> Reason | None:
        """Return why it could never take what is asked, full or not."""
        return self.unselected or asking.by_class[self.number]

    def no_room(self, asking: _Asking) -> Reason | None:
        """Return why it has no room."""
        return self.ledger.no_room(self.ledger.node.size_of(asking.pod), asking.pods)


class _Quotas(NamedTuple):
    """What quotas say of a deployment beside what it has elsewhere."""

    planned: PlannedQuotas
    deployment: DeploymentKey

    def refusal(self, pool: PoolLedger, asking: _Asking, prefill: Iterable[PoolLedger]) -> Reason | None:
        """Return the quota that it would exceed on a pool, with whichever of the pools that match its prefill."""
        own = self._taken(pool, asking)
        pairs: list[Sequence[Taken]] = [(own, self._taken(each, asking.prefill)) for each in prefill if asking.prefill]
        found: Reason | None = None
        for taken in pairs or [(own,)]:
            found = self.planned.ledger.refusal(self.deployment, taken)
            if found is None:
                return None
        return found

    def _taken(self, pool: PoolLedger, asking: _Asking) -> Taken:
        return self.planned.of_pool(pool.environment, pool.name, pool.resource, asking.pods * asking.pod.units)


def _no_prefill(pools: Sequence[_Pool], taken: _Pool, asking: _Asking, prefill: _Asking) -> Reason | None:
    """Return why none of an environment's `pools` takes a prefill workload once its placement is on `taken`."""
    charged = taken.ledger.without([(taken.ledger.node.size_of(asking.pod), -asking.pods)])
    on_its_nodes = {each.resource: each for each in (charged, *charged.beside)}
    return nearest_for_prefill(
        (
            pool.ledger.name,
            (
                pool._replace(ledger=on_its_nodes[pool.ledger.resource])
                if pool.ledger.name == taken.ledger.name
                else pool
            ).reason(prefill),
        )
        for pool in pools
    )


class Rejections:
    """Why each candidate of a finished plan was rejected. Nothing is judged before it is asked for."""

    def __init__(self, fleet: Fleet, plan: Plan) -> None:
        """Take a plan, and the fleet that it was made for."""
        self._fleet = fleet
        self._plan = plan
        self._found: dict[DeploymentKey, tuple[Rejection, ...]] = {}

    def of(self, deployment: DeploymentKey) -> tuple[Rejection, ...]:
        """Return every candidate outside the environments that a deployment has, with its reason, sorted by name."""
        if deployment not in self._found:
            placed = self._placed[deployment]
            self._found[deployment] = tuple(
                Rejection(environment, pool, profile, reason, resource)
                for environment, pool, profile, reason, resource in self.judged(deployment)
                if reason and environment not in placed
            )
        return self._found[deployment]

    def judged(self, deployment: DeploymentKey) -> Iterator[Judged]:
        """Yield every candidate of a deployment, sorted by name, with what keeps it from serving the deployment.

        In an environment that it has, its selectors are not asked again, and its own pods are left out of account.
        """
        asking = self._fleet.deployment[deployment]
        model = self._fleet.model_of(asking)
        serving = [self._asking(asking, profile) for profile in sorted(model.serving, key=lambda profile: profile.name)]
        for environment in self._fleet.environments:
            here = self._placed[deployment].get(environment.metadata.name)
            whole = None if here else reject_environment(asking, environment)
            if whole:
                yield Judged(environment.metadata.name, None, None, whole)
            else:
                yield from self._judged_in(environment, asking, serving, here)

    def _asking(self, deployment: ModelDeployment, profile: ServingProfile) -> _Asking:
        prefill = self._prefills.get(id(profile))
        replicas = prefill_replicas(deployment, profile)
        own = self._workload(deployment, profile, deployment.replicas)
        return own._replace(prefill=self._workload(deployment, prefill, replicas)) if prefill else own

    def _workload(self, deployment: ModelDeployment, profile: ServingProfile, replicas: int) -> _Asking:
        return _Asking(
            profile,
            self._matched.reasons[self._matched.shape_of[id(profile)]],
            pod_asks(self._fleet.model_of(deployment), profile, deployment_asks(deployment)),
            replicas * profile.replica_topology.nodes,
        )

    def _judged_in(
        self,
        environment: InferenceEnvironment,
        deployment: ModelDeployment,
        serving: Sequence[_Asking],
        here: Placement | None,
    ) -> Iterator[Judged]:
        name = environment.metadata.name
        profiles = [(asking, profile_selector_reason(asking.profile, environment)) for asking in serving]
        own = {workload.node_pool for workload in here.workloads} if here else set()
        quotas = self._quotas_beside(deployment.key, here)
        pools = [
            _Pool(
                (place.with_count(deployment.key, 0) if place.pool.name in own else place).state,
                node_pool_selector_reason(deployment, place.pool),
                self._class_of[place.offer],
            )
            for place in self.by_environment[name]
        ]
        for pool in pools:
            for asking, unselected in profiles:
                reason = unselected or pool.unmet(asking)
                if reason is None and quotas:
                    prefill = asking.prefill
                    matching = [each.ledger for each in pools if prefill and not each.unmet(prefill)]
                    reason = quotas.refusal(pool.ledger, asking, matching)
                if reason is None:
                    reason = pool.no_room(asking)
                if reason is None and asking.prefill:
                    reason = _no_prefill(pools, pool, asking, asking.prefill)
                yield Judged(name, pool.ledger.name, asking.profile.name, reason, offered_as(pool.ledger.pool))

    @cached_property
    def quotas(self) -> PlannedQuotas:
        """What the plan takes of quotas."""
        return PlannedQuotas(self._fleet, self._plan.placements)

    def _quotas_beside(self, deployment: DeploymentKey, here: Placement | None) -> _Quotas | None:
        """Return what quotas say of a deployment without what it has here; None where there are none."""
        if not self._fleet.quotas:
            return None
        others = (each for each in self._plan.placements if each is not here)
        return _Quotas(PlannedQuotas(self._fleet, others) if here else self.quotas, deployment)

    @cached_property
    def pools(self) -> Mapping[OfferName, ChargedPool]:
        """Every pool with what the plan charges to it, by name; each GPU resource of a pool by itself."""
        return charged_pools(self._fleet, self._plan)

    @cached_property
    def by_environment(self) -> Mapping[str, Sequence[ChargedPool]]:
        """The pools of each environment, sorted by name."""
        found: dict[str, list[ChargedPool]] = {each.metadata.name: [] for each in self._fleet.environments}
        for pool in sorted(self.pools.values(), key=lambda each: (each.name, each.pool.resource)):
            found[pool.environment.metadata.name].append(pool)
        return found

    @cached_property
    def _matched(self) -> MatchedRequirements:
        models = self._fleet.models.values()
        serving = [(model, profile) for model in models for profile in model.serving]
        serving += [(model, self._prefills[id(profile)]) for model, profile in serving if profile.prefill]
        return match_requirements([place.pool for place in self.pools.values()], serving)

    @cached_property
    def _prefills(self) -> Mapping[int, ServingProfile]:
        """The prefill workload of each serving profile that has one, by the profile's id."""
        profiles = (profile for model in self._fleet.models.values() for profile in model.serving)
        return {id(profile): prefill for profile in profiles if (prefill := prefill_workload(profile))}

    @cached_property
    def _class_of(self) -> Mapping[OfferName, int]:
        return dict(zip(self.pools, self._matched.class_of, strict=True))

    @cached_property
    def _placed(self) -> Mapping[DeploymentKey, Mapping[str, Placement]]:
        placed: defaultdict[DeploymentKey, dict[str, Placement]] = defaultdict(dict)
        for placement in self._plan.placements:
            placed[placement.deployment][placement.environment] = placement
        return placed
