"""All pools of a fleet while a plan is made, by number in the order of their names."""

from __future__ import annotations

from collections.abc import Iterator

from slicewise.documents import Fleet, InferenceEnvironment, NodePool
from slicewise.planning.capacity import PoolLedger


class NumberedPools:
    """The ledger of every pool, and the numbers by which all steps of planning know pools."""

    def __init__(self, fleet: Fleet) -> None:
        """Take the fleet, whose environments are sorted by name."""
        self.ledgers = [
            PoolLedger(environment.metadata.name, pool)
            for environment in fleet.environments
            for pool in sorted(environment.spec.node_pools, key=lambda pool: pool.name)
        ]
        """By number."""
        self.number_of = {(pool.environment, pool.name): number for number, pool in enumerate(self.ledgers)}
        """By the names of environment and pool."""
        self.by_environment: dict[str, list[int]] = {each.metadata.name: [] for each in fleet.environments}
        for number, pool in enumerate(self.ledgers):
            self.by_environment[pool.environment].append(number)
        self.improved: list[int] = []
        """Pools that have become better for some pods: the queues measure them again."""

    def documents(self, fleet: Fleet) -> Iterator[tuple[InferenceEnvironment, NodePool]]:
        """Yield what the documents say of every pool, and of the environment that it is in, by number."""
        for ledger in self.ledgers:
            yield fleet.environment[ledger.environment], ledger.pool
