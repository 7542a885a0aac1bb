"""The one judge of why a candidate does not serve a deployment: from the documents and the finished plan alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property
from itertools import chain
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
from slicewise.planning.acceptance import acceptance_reason
from slicewise.planning.capacity import (
    ChargedPool,
    OfferName,
    PoolLedger,
    charged_pools,
    deployment_asks,
    pod_asks,
    too_few_units,
)
from slicewise.planning.explaining.alike_pools import AlikeByLabels, AlikePools, asked_labels
from slicewise.planning.explaining.asked_pools import Asking, FoundPool, Quotas, why_not_served
from slicewise.planning.matched_requirements import MatchedRequirements, match_requirements
from slicewise.planning.matching import node_pool_selector_reason, profile_selector_reason, reject_environment
from slicewise.planning.plan import Placement, Plan
from slicewise.planning.quotas import PlannedQuotas
from slicewise.planning.reasons import Reason
from slicewise.planning.rejection_groups import RejectedPlace, RejectionGroup


class Judged(NamedTuple):
    """A candidate, and why it does not serve the deployment; without pool and profile: a whole environment."""

    environment: str
    node_pool: str | None
    profile: str | None
    reason: Reason | None
    """None where the pool has room for it, or would have without it."""
    resource: str | None = None
    """The GPU resource, of a pool whose nodes offer several."""


class Rejections:
    """Why each candidate of a finished plan was rejected. Nothing is judged before it is asked for."""

    def __init__(self, fleet: Fleet, plan: Plan) -> None:
        """Take a plan, and the fleet that it was made for."""
        self._fleet = fleet
        self._plan = plan
        self._last: tuple[DeploymentKey, Sequence[RejectionGroup]] | None = None
        self._unselected: dict[AbstractSet[tuple[str, str]], Mapping[Reason, Sequence[RejectedPlace]]] = {}

    def of(self, deployment: DeploymentKey) -> Sequence[RejectionGroup]:
        """Return the candidates outside the environments that a deployment has, by their reasons and profiles.

        Groups are in the order of their first candidates; those of the last deployment that was asked for are kept.
        """
        if self._last is None or self._last[0] != deployment:
            self._last = deployment, sorted(self._groups(deployment), key=_by_first)
        return self._last[1]

    def _groups(self, deployment: DeploymentKey) -> Iterator[RejectionGroup]:
        asking = self._fleet.deployment[deployment]
        serving = self._serving(asking)
        placed = self._placed[deployment].keys()
        for reason, places in self._ruled_out(asking).items():
            numbers = tuple(place.number for place in places if place.environment not in placed)
            if numbers:
                yield RejectionGroup(reason, None, numbers, self._environment_places)
        taken = {number for environment in placed for number in self.numbers[environment]}
        for profile, reason, parts in self._rejected(asking, serving):
            pools = sorted(chain.from_iterable(parts))
            left = tuple(number for number in pools if number not in taken) if taken else tuple(pools)
            if left:
                yield RejectionGroup(reason, profile, left, self._pool_places)

    def _ruled_out(self, deployment: ModelDeployment) -> Mapping[Reason, Sequence[RejectedPlace]]:
        """Return the environments that a deployment's selector rules out: the same for all with such a selector."""
        labels = frozenset(deployment.spec.environment_selector.match_labels.items())
        if labels not in self._unselected:
            found: dict[Reason, list[RejectedPlace]] = {}
            for place in self._environment_places if labels else ():
                reason = reject_environment(deployment, self._fleet.environment[place.environment])
                if reason:
                    found.setdefault(reason, []).append(place)
            self._unselected[labels] = found
        return self._unselected[labels]

    def _rejected(
        self, deployment: ModelDeployment, serving: Sequence[Asking]
    ) -> Iterator[tuple[str, Reason, Sequence[Sequence[int]]]]:
        """Yield why pools of environments that a deployment selects do not serve it, with the numbers of the pools."""
        alike = self._alike.of(asked_labels(deployment, [asking.profile for asking in serving]))
        alike = [each for each in alike if reject_environment(deployment, each.environment) is None]
        unselected = [node_pool_selector_reason(deployment, each.pool) for each in alike]
        for asking in serving:
            found: dict[Reason, list[Sequence[int]]] = {}
            one_by_one: dict[Reason, list[int]] = {}
            for each, by_pool in zip(alike, unselected, strict=True):
                reason = profile_selector_reason(asking.profile, each.environment) or by_pool
                reason = reason or asking.by_class[each.requirements] or each.closed
                if reason:
                    found.setdefault(reason, []).append(each.numbers)
                else:
                    self._refuse(deployment, asking, each, found, one_by_one)
            for reason, numbers in one_by_one.items():
                found.setdefault(reason, []).append(numbers)
            for reason, parts in found.items():
                yield asking.profile.name, reason, parts

    def _refuse(
        self,
        deployment: ModelDeployment,
        asking: Asking,
        alike: AlikePools,
        found: dict[Reason, list[Sequence[int]]],
        one_by_one: dict[Reason, list[int]],
    ) -> None:
        """Note why each pool that matches does not serve what is asked."""
        quotas = self._quotas_beside(deployment.key, None)
        if quotas is None and asking.prefill is None:
            needs = asking.pods * asking.pod.units
            for room, numbers in alike.by_room.items():
                if room.free < needs:
                    found.setdefault(too_few_units(*room, needs), []).append(numbers)
                    continue
                for number in numbers:
                    reason = self._ledgers[number].no_room_for(asking.pod, asking.pods)
                    if reason:
                        one_by_one.setdefault(reason, []).append(number)
            return
        for number in alike.numbers:
            place = self.numbered[number]
            pool = FoundPool(self._ledgers[number], None, self._class_of[place.offer])
            # Quotas and prefill workloads make a difference of what else is there.
            here = self._found_in(place.environment, deployment) if asking.prefill else ()
            reason = why_not_served(pool, asking, quotas, here)
            if reason:
                one_by_one.setdefault(reason, []).append(number)

    def judged(self, deployment: DeploymentKey) -> Iterator[Judged]:
        """Yield every candidate of a deployment, sorted by name, with what keeps it from serving the deployment.

        In an environment that it has, its selectors are not asked again, and its own pods are left out of account.
        """
        asking = self._fleet.deployment[deployment]
        serving = self._serving(asking)
        for environment in self._fleet.environments:
            here = self._placed[deployment].get(environment.metadata.name)
            whole = None if here else reject_environment(asking, environment)
            if whole:
                yield Judged(environment.metadata.name, None, None, whole)
            else:
                yield from self._judged_in(environment, asking, serving, here)

    def _serving(self, deployment: ModelDeployment) -> Sequence[Asking]:
        """Return what a deployment asks of pools, with each profile in the order of their names."""
        serving = self._fleet.model_of(deployment).serving
        return [self._asking(deployment, profile) for profile in sorted(serving, key=lambda profile: profile.name)]

    def _asking(self, deployment: ModelDeployment, profile: ServingProfile) -> Asking:
        prefill = self._prefills.get(id(profile))
        replicas = prefill_replicas(deployment, profile)
        own = self._workload(deployment, profile, deployment.replicas)
        return own._replace(prefill=self._workload(deployment, prefill, replicas)) if prefill else own

    def _workload(self, deployment: ModelDeployment, profile: ServingProfile, replicas: int) -> Asking:
        return Asking(
            profile,
            self._matched.reasons[self._matched.shape_of[id(profile)]],
            pod_asks(self._fleet.model_of(deployment), profile, deployment_asks(deployment)),
            replicas * profile.replica_topology.nodes,
        )

    def _judged_in(
        self,
        environment: InferenceEnvironment,
        deployment: ModelDeployment,
        serving: Sequence[Asking],
        here: Placement | None,
    ) -> Iterator[Judged]:
        name = environment.metadata.name
        profiles = [(asking, profile_selector_reason(asking.profile, environment)) for asking in serving]
        own = {workload.node_pool for workload in here.workloads} if here else set[str]()
        quotas = self._quotas_beside(deployment.key, here)
        pools = self._found_in(environment, deployment, own)
        for pool in pools:
            for asking, unselected in profiles:
                reason = unselected or pool.unmet(asking) or why_not_served(pool, asking, quotas, pools)
                yield Judged(name, pool.ledger.name, asking.profile.name, reason, offered_as(pool.ledger.pool))

    def _found_in(
        self, environment: InferenceEnvironment, deployment: ModelDeployment, own: Collection[str] = ()
    ) -> Sequence[FoundPool]:
        """Return the pools of an environment as a deployment finds them without what it has on its `own` pools."""
        return [
            FoundPool(
                (place.with_count(deployment.key, 0) if place.pool.name in own else place).state,
                node_pool_selector_reason(deployment, place.pool),
                self._class_of[place.offer],
                acceptance_reason(environment, place.pool),
            )
            for place in self.by_environment[environment.metadata.name]
        ]

    @cached_property
    def quotas(self) -> PlannedQuotas:
        """What the plan takes of quotas."""
        return PlannedQuotas(self._fleet, self._plan.placements)

    def _quotas_beside(self, deployment: DeploymentKey, here: Placement | None) -> Quotas | None:
        """Return what quotas say of a deployment without what it has here; None where there are none."""
        if not self._fleet.quotas:
            return None
        others = (each for each in self._plan.placements if each is not here)
        return Quotas(PlannedQuotas(self._fleet, others) if here else self.quotas, deployment)

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
    def numbered(self) -> Sequence[ChargedPool]:
        """All pools, sorted by the names of their environments and their own."""
        return list(chain.from_iterable(self.by_environment.values()))

    @cached_property
    def _ledgers(self) -> Sequence[PoolLedger]:
        return [pool.state for pool in self.numbered]

    @cached_property
    def _pool_places(self) -> Sequence[RejectedPlace]:
        return [RejectedPlace(number, *pool.offer) for number, pool in enumerate(self.numbered)]

    @cached_property
    def _environment_places(self) -> Sequence[RejectedPlace]:
        return [RejectedPlace(number, name) for number, name in enumerate(self.by_environment)]

    @cached_property
    def numbers(self) -> Mapping[str, Sequence[int]]:
        """The numbers of the pools of each environment, by its name."""
        found: dict[str, list[int]] = {name: [] for name in self.by_environment}
        for place in self._pool_places:
            found[place.environment].append(place.number)
        return found

    @cached_property
    def _alike(self) -> AlikeByLabels:
        return AlikeByLabels(self.numbered, [self._class_of[pool.offer] for pool in self.numbered])

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


def _by_first(group: RejectionGroup) -> tuple[str, int, str]:
    number = group.numbers[0]
    return (group.among[number].environment, number, group.profile or "")
