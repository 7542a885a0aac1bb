"""What a finished plan takes of quotas."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from slicewise.documents import DeploymentKey, Fleet, offers_of
from slicewise.planning.plan import Placement
from slicewise.planning.quotas.ledger import QuotaLedger
from slicewise.planning.quotas.shares import Taken


class PlannedQuotas:
    """The quotas of a fleet with what some placements take of them."""

    def __init__(self, fleet: Fleet, placements: Iterable[Placement]) -> None:
        """Take the placements that count."""
        pools = [
            (environment, offer)
            for environment in fleet.environments
            for pool in environment.spec.node_pools
            for offer in offers_of(pool)
        ]
        self._numbers = {
            (each.metadata.name, pool.name, pool.resource): number for number, (each, pool) in enumerate(pools)
        }
        self.ledger = QuotaLedger(fleet, pools)
        self._of: dict[DeploymentKey, list[Placement]] = defaultdict(list)
        for placement in placements:
            self._of[placement.deployment].append(placement)
            self.ledger.charge(placement.deployment, self.taken(placement))

    def taken(self, placement: Placement, replicas: int | None = None) -> list[Taken]:
        """Return what a placement takes with its prefill workload, or would with so many replicas."""
        own = placement.units if replicas is None else placement.units // placement.replicas * replicas
        units = [own, *(each.units for each in placement.workloads[1:])]
        pools = [(each.environment, each.node_pool, each.resource) for each in placement.workloads]
        return [self.of_pool(*pool, number) for pool, number in zip(pools, units, strict=True)]

    def of_deployment(self, key: DeploymentKey, replicas: int | None = None) -> list[Taken]:
        """Return what all placements of a deployment take, or would with so many replicas; nothing with none."""
        if replicas == 0:
            return []
        return [each for placement in self._of[key] for each in self.taken(placement, replicas)]

    @contextmanager
    def with_replicas(self, key: DeploymentKey, replicas: int) -> Iterator[None]:
        """Count a deployment as if it had so many replicas in each of its environments; without any it is gone."""
        now, then = self.of_deployment(key), self.of_deployment(key, replicas)
        self.ledger.charge(key, now, back=True)
        self.ledger.charge(key, then)
        try:
            yield
        finally:
            self.ledger.charge(key, then, back=True)
            self.ledger.charge(key, now)

    def of_pool(self, environment: str, pool: str, resource: str, units: int) -> Taken:
        """Return so many units of a pool's GPU resource, by their names."""
        return Taken(self._numbers[environment, pool, resource], units)
