"""Remedies where a pool has room and a quota forbids it: a larger quota, or less of what the quota counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Final

from slicewise.diagnostics import counted
from slicewise.documents import DeploymentKey, Fleet, Measure, Quota
from slicewise.planning.capacity import ChargedPool
from slicewise.planning.quotas import PlannedQuotas, QuotaExceeded, Taken, limit_for
from slicewise.planning.remedies.remedy import Proposal, Remedy, RemedyKind, Want, prefill_wants
from slicewise.planning.remedies.replicas import fewest_replicas, replicas_field, smallest_number, with_replicas

_FIELDS: Final = {Measure.UNITS: "units", Measure.MEMORY: "memory", Measure.GPU_EQUIVALENTS: "gpu_equivalents"}
# Those that take least are the cheapest to ask.
_OTHERS_ASKED: Final = 12


class QuotaRemedies:
    """Finds what would let quotas allow one placement more of a plan."""

    def __init__(self, fleet: Fleet, quotas: PlannedQuotas) -> None:
        """Take the fleet, and what its plan takes of quotas."""
        self._fleet = fleet
        self._quotas = quotas
        self._by_name = {quota.name: quota for quota in fleet.quotas}

    def allow(self, want: Want) -> bool:
        """Return whether quotas allow `want` on its pool, with whatever pool its prefill workload then has."""
        if not self._fleet.quotas:
            return True
        own = self._taken(want, want.count)
        return any(self._refusal(want.deployment.key, taken) is None for taken in self._with_prefill(want, own))

    def allow_pair(self, want: Want, prefill: Want) -> bool:
        """Return whether quotas allow `want` with its prefill workload on the pool of `prefill`."""
        taken = [*self._taken(want, want.count), *self._taken(prefill, prefill.count)]
        return self._refusal(want.deployment.key, taken) is None

    def count_alike(self, old: ChargedPool, new: ChargedPool) -> bool:
        """Return whether every quota counts a pool after a change as before it."""
        return all(
            quota.covers(old.environment, old.pool) == quota.covers(new.environment, new.pool)
            for quota in self._fleet.quotas
        )

    def allow_replicas(self, want: Want, replicas: int) -> bool:
        """Return whether quotas allow `want`, and all that the deployment has, with so many replicas in each."""
        key = want.deployment.key
        fewer = replace(want, deployment=with_replicas(want.deployment, replicas))
        with self._quotas.with_replicas(key, replicas):
            asked = self._with_prefill(fewer, self._taken(fewer, fewer.count))
            return any(self._refusal(key, taken) is None for taken in asked)

    def rival(self, key: DeploymentKey, short: Iterable[DeploymentKey]) -> DeploymentKey | None:
        """Return one of those that are `short`, too, which may come first and shares a quota with the deployment."""
        mine = self._fleet.deployment[key]
        quotas = [quota for quota in self._fleet.quotas if quota.is_of(mine)]
        for other in short:
            deployment = self._fleet.deployment[other]
            comes_first = other != key and deployment.spec.priority >= mine.spec.priority
            if comes_first and any(quota.is_of(deployment) for quota in quotas):
                return other
        return None

    def proposals(self, want: Want) -> Iterator[Proposal]:
        """Yield what lets quotas allow `want` on a pool that has room for it."""
        for taken in self._with_prefill(want, self._taken(want, want.count)):
            exceeded = list(self._quotas.ledger.refusals(want.deployment.key, taken))
            if len(exceeded) == 1:
                yield self._larger(want, exceeded[0])
            yield from self._others(want, taken, exceeded)

    def _larger(self, want: Want, exceeded: QuotaExceeded) -> Proposal:
        measure, amount = exceeded.sum.measure, exceeded.sum.taken + exceeded.sum.asked
        value = limit_for(measure, amount)
        quota = self._by_name[exceeded.quota]
        now = dict(quota.spec.limits.given())[measure]
        remedy = Remedy(
            kind=RemedyKind.LARGER_QUOTA,
            message=f"{measure} {value} (now {now}) in Quota {quota.name} {want.lets_it_run} on {want.place}",
            document=f"Quota {quota.name}",
            field=f"spec.limits.{measure}",
            value=value,
            units=want.units,
            environment=want.place.name[0],
            node_pool=want.place.name[1],
            profile=want.profile.name,
        )
        return Proposal(remedy, want, want.place, _with_limit(quota, measure, value))

    def _others(self, want: Want, taken: list[Taken], exceeded: list[QuotaExceeded]) -> Iterator[Proposal]:
        """Yield what each deployment of the quotas that is no more important could give up."""
        quotas = [self._by_name[name] for name in {each.quota for each in exceeded}]
        others = [
            (sum(each.units for each in self._quotas.of_deployment(other.key)), other)
            for other in self._fleet.deployments
            if other.key != want.deployment.key
            and other.spec.priority <= want.deployment.spec.priority
            and all(quota.is_of(other) for quota in quotas)
        ]
        having = sorted(((units, other) for units, other in others if units), key=lambda item: (item[0], item[1].key))
        for units, other in having[:_OTHERS_ASKED]:
            fewest, now = fewest_replicas(other), other.replicas
            if not self._allows_beside(want, taken, other.key, 0):
                continue
            if fewest < now and self._allows_beside(want, taken, other.key, fewest):
                allows = partial(self._allows_beside, want, taken, other.key)
                fewer = _fewest_given_up(now, fewest, allows)
                left = now - fewer
                what = f"drops to maxReplicas {left}" if other.autoscaled else f"drops to {counted(left, 'replica')}"
                change = (f"{what} (now {now})", replicas_field(other), left, units * fewer // now)
                yield self._of_other(want, RemedyKind.OTHER_DROPS, other.key, change)
            else:
                yield self._of_other(want, RemedyKind.OTHER_GOES, other.key, ("is removed", "", None, units))

    def _of_other(
        self, want: Want, kind: RemedyKind, other: DeploymentKey, change: tuple[str, str, int | None, int]
    ) -> Proposal:
        what, field, left, units = change
        remedy = Remedy(
            kind=kind,
            message=f"{want.serves_it} if {other} {what}",
            document=f"ModelDeployment {other}",
            field=field,
            value=left,
            units=units,
            environment=want.place.name[0],
            node_pool=want.place.name[1],
            profile=want.profile.name,
        )
        document = None if left is None else with_replicas(self._fleet.deployment[other], left)
        return Proposal(remedy, want, want.place, document)

    def _allows_beside(self, want: Want, taken: list[Taken], other: DeploymentKey, replicas: int) -> bool:
        """Return whether quotas allow what `want` takes if another deployment has so many replicas."""
        with self._quotas.with_replicas(other, replicas):
            return self._refusal(want.deployment.key, taken) is None

    def _refusal(self, key: DeploymentKey, taken: list[Taken]) -> QuotaExceeded | None:
        return self._quotas.ledger.refusal(key, taken)

    def _taken(self, want: Want, pods: int) -> list[Taken]:
        return [self._quotas.of_pool(*want.place.name, want.place.pool.resource, pods * want.pod.units)]

    def _with_prefill(self, want: Want, own: list[Taken]) -> Iterator[list[Taken]]:
        """Yield what is taken with each pool that has room for the prefill workload; alone where there is none."""
        if want.profile.prefill is None:
            yield own
            return
        for prefill in prefill_wants(want):
            if prefill.fits(prefill.place):
                yield [*own, *self._taken(prefill, prefill.count)]


def _fewest_given_up(now: int, fewest: int, allows: Callable[[int], bool]) -> int:
    return smallest_number(1, now - fewest, lambda fewer: allows(now - fewer))


def _with_limit(quota: Quota, measure: Measure, value: int | str) -> Quota:
    data = quota.model_dump(by_alias=True, exclude_none=True)
    data["spec"]["limits"][measure.value] = value
    return Quota.model_validate(data)
