"""Whether room that a remedy makes could go to another deployment: one that lacks an environment, or is to move."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import NamedTuple

from slicewise.documents import DeploymentKey, Fleet, ModelDeployment, Scheduling
from slicewise.planning.acceptance import acceptance_reason
from slicewise.planning.capacity import ChargedPool, PoolLedger
from slicewise.planning.plan import Plan
from slicewise.planning.remedies.remedy import PrefillWant, Want, both_workloads

_MANY_NODES = 1_000_000


class Rival(NamedTuple):
    """A deployment that would take room: where it has no use for any, and the pool that it is to leave, if one."""

    deployment: ModelDeployment
    served: AbstractSet[str]
    leaves: tuple[str, str] | None = None


class Contention:
    """The deployments of a plan that lack environments, or stay on drained pools, as rivals for the same room.

    Which of them planning would try first is left open: a rival counts unless its priority is lower.
    """

    def __init__(self, fleet: Fleet, plan: Plan, served: Mapping[DeploymentKey, AbstractSet[str]]) -> None:
        self._fleet = fleet
        lacking = (fleet.deployment[shortfall.deployment] for shortfall in plan.shortfalls)
        self._rivals = [
            *(Rival(deployment, served[deployment.key]) for deployment in lacking),
            *_on_drained_pools(fleet, plan, served),
        ]
        self._answers: dict[object, Sequence[Want]] = {}
        self._able: dict[object, Sequence[tuple[Rival, Want]]] = {}

    def rival(self, want: Want, place: ChargedPool) -> DeploymentKey | None:
        """Return a deployment that may leave too little room for `want` on `place`, the pool after the change.

        If there is none, all the rivals that fit there at all fit beside it; beside a deployment with a prefill
        workload, on each pool of the environment that either of its workloads may have.
        """
        beside = (each.beside_changed(place) for each in want.others if each.offer != place.offer)
        places = [place, *(replace(each, environment=place.environment) for each in beside)]
        found = (self._rival_on(each, want, list(_asked(want, each))) for each in places)
        return next((key for key in found if key), None)

    def _rival_on(self, place: ChargedPool, want: Want, asked: Sequence[Want]) -> DeploymentKey | None:
        if not asked:
            return None
        crowded = replace(place).state
        own, priority = want.deployment.key, want.deployment.spec.priority
        # Others may come to the same nodes for another of their GPU resources.
        for there, ledger in zip(place.offers, (crowded, *crowded.beside), strict=True):
            for rival in self._matching(there):
                if not rival.fits_in_units(there) or rival.deployment.spec.priority < priority:
                    continue
                other = rival.deployment.key
                if other != own and there.state.takes(rival.pod, rival.count):
                    ledger.charge(rival.pod, rival.count)
                    if not _takes(crowded, asked):
                        return other
        return None

    def _matching(self, place: ChargedPool) -> Sequence[Want]:
        """Return what each deployment would put on `place` with each of its profiles that match."""
        labels = (place.environment.labels, place.pool.labels)
        key = (place.offer, place.pool.capabilities, *(tuple(sorted(each.items())) for each in labels))
        if key not in self._answers:
            # However many nodes a remedy adds: what matches then is looked for once.
            large = place.with_pool(max_node_count=max(place.pool.nodes, _MANY_NODES))
            closed = acceptance_reason(large.environment, large.pool)
            self._answers[key] = [
                want.on(large)
                for rival, want in (() if closed else self._able_to_use(large))
                if place.name[0] not in rival.served and place.name != rival.leaves and want.is_selected(large)
            ]
        return self._answers[key]

    def _able_to_use(self, place: ChargedPool) -> Sequence[tuple[Rival, Want]]:
        """Return what units as those of `place`, of which there are many, are of use to."""
        pool = place.pool
        key = (pool.capabilities, pool.accelerator_type, pool.accelerator_count, pool.resource)
        if key not in self._able:
            self._able[key] = [
                (rival, want)
                for rival in self._rivals
                for want in self._wants(rival.deployment, place)
                if want.is_of_use(place)
            ]
        return self._able[key]

    def _wants(self, deployment: ModelDeployment, place: ChargedPool) -> Iterator[Want]:
        model = self._fleet.model_of(deployment)
        for profile in model.serving:
            yield from both_workloads(Want(deployment, model, profile, place, one_more=False), place)


def _on_drained_pools(fleet: Fleet, plan: Plan, served: Mapping[DeploymentKey, AbstractSet[str]]) -> Iterator[Rival]:
    """Yield what is to leave its pool, and may go to another of the same environment."""
    drained = {
        (environment.metadata.name, pool.name)
        for environment in fleet.environments
        for pool in environment.spec.node_pools
        if environment.scheduling_of(pool) is Scheduling.DRAIN
    }
    for item in plan.placements if drained else ():
        for each in item.workloads:
            name = each.environment, each.node_pool
            if name in drained:
                deployment = fleet.deployment[item.deployment]
                yield Rival(deployment, served[item.deployment] - {each.environment}, name)


def _takes(pool: PoolLedger, asked: Sequence[Want]) -> bool:
    if len(asked) == 1:
        return pool.takes(asked[0].pod, asked[0].count)
    return pool.without(()).charge_all((each.pod, each.count) for each in asked)


def _asked(want: Want, place: ChargedPool) -> Iterator[Want]:
    """Yield what `want`, with its other workload if it has two, may yet put on `place`."""
    if not want.others:
        yield want
        return
    charged = any(charge.deployment == want.deployment.key for charge in place.charges)
    for each in both_workloads(want, place):
        if each.matches(place) and (isinstance(each, PrefillWant) or not charged):
            yield each
