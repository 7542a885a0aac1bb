"""All pools of a fleet while a plan is made, by number in the order of their names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from slicewise.documents import Fleet, InferenceEnvironment, NodePool, Scheduling
from slicewise.planning.acceptance import acceptance_reason
from slicewise.planning.capacity import ledgers_of
from slicewise.planning.unit_identity import Kind, KnownUnit, kind_of_pool, kind_of_unit, nodes_of_pool


class NumberedPools:
    """The ledger of every pool, and the numbers by which all steps of planning know pools."""

    def __init__(self, fleet: Fleet, *, all_active: bool = False) -> None:
        """Take the fleet, whose environments are sorted by name; `all_active` as if none said otherwise."""
        self.ledgers = [
            ledger
            for environment in fleet.environments
            for pool in sorted(environment.spec.node_pools, key=lambda pool: pool.name)
            for ledger in ledgers_of(environment.metadata.name, pool)
        ]
        """By number: each GPU resource of a pool is one."""
        self.closed = [
            None if all_active else acceptance_reason(fleet.environment[each.environment], each.pool)
            for each in self.ledgers
        ]
        """By number, that it takes nothing new; None where it does."""
        self._numbers: dict[tuple[str, str], list[int]] = {}
        for number, ledger in enumerate(self.ledgers):
            self._numbers.setdefault((ledger.environment, ledger.name), []).append(number)
        self.by_environment: dict[str, list[int]] = {each.metadata.name: [] for each in fleet.environments}
        for number, pool in enumerate(self.ledgers):
            self.by_environment[pool.environment].append(number)
        self.improved: defaultdict[int | None, list[int]] = defaultdict(list)
        """Pools that have become better for pods of one size, by its units, which mix better now with what is there.

        Those of None have for all pods. The queues of such pods measure them again.
        """

    def accepts(self, number: int) -> bool:
        """Return whether a pool takes what is new there."""
        return self.closed[number] is None

    def is_drained(self, number: int) -> bool:
        """Return whether what is on a pool is to move."""
        return self.scheduling(number) is Scheduling.DRAIN

    def scheduling(self, number: int) -> Scheduling:
        """Return what may come to a pool."""
        closed = self.closed[number]
        return closed.scheduling if closed else Scheduling.ACTIVE

    def has_pool(self, environment: str, pool: str) -> bool:
        """Return whether there is a pool of these names."""
        return (environment, pool) in self._numbers

    def number_of(self, environment: str, unit: KnownUnit) -> int | None:
        """Return the number of what has the units of an earlier plan now; None if nothing has.

        That is what offers such units on the same nodes, whatever it is called, or else the pool of that name: one with
        one resource whatever that is, since it may have been cut otherwise.
        """
        alike = self.alike(environment, unit)
        on_nodes = [each for each in alike if unit.nodes and self._nodes[each] == unit.nodes]
        named = [each for each in on_nodes or alike if self.ledgers[each].name == unit.node_pool]
        if found := named or on_nodes:
            return found[0]
        numbers = self._numbers.get((environment, unit.node_pool), [])
        return numbers[0] if len(numbers) == 1 else None

    def alike(self, environment: str, unit: KnownUnit) -> Sequence[int]:
        """Return the numbers of what offers units in an environment that are what those of an earlier plan were."""
        return self.of_kind(environment, kind_of_unit(unit))

    def of_kind(self, environment: str, kind: Kind) -> Sequence[int]:
        """Return the numbers of what offers units of one kind in an environment."""
        return self._by_kind.get((environment, kind), ())

    @cached_property
    def _by_kind(self) -> Mapping[tuple[str, Kind], Sequence[int]]:
        found: defaultdict[tuple[str, Kind], list[int]] = defaultdict(list)
        for number, ledger in enumerate(self.ledgers):
            found[ledger.environment, kind_of_pool(ledger.pool)].append(number)
        return found

    @cached_property
    def _nodes(self) -> Sequence[str | None]:
        """By number what tells nodes apart."""
        return [nodes_of_pool(ledger.pool) for ledger in self.ledgers]

    def told_by(self, environment: str, pool: str, resource: str | None) -> str | None:
        """Return the resource by which places on a pool are told apart; None where its nodes offer one.

        An empty text where an earlier plan does not say it.
        """
        return (resource or "") if len(self._numbers.get((environment, pool), ())) > 1 else None

    def beside(self, number: int) -> list[int]:
        """Return the numbers of the other GPU resources of the same nodes."""
        ledger = self.ledgers[number]
        return [each for each in self._numbers[ledger.environment, ledger.name] if each != number]

    def note_better(self, number: int) -> None:
        """Have the queues measure a pool again that has become better, and what its nodes offer beside."""
        self.improved[None].append(number)
        if self.ledgers[number].beside:
            self.improved[None] += self.beside(number)

    def documents(self, fleet: Fleet) -> Iterator[tuple[InferenceEnvironment, NodePool]]:
        """Yield what the documents say of every pool, and of the environment that it is in, by number."""
        for ledger in self.ledgers:
            yield fleet.environment[ledger.environment], ledger.pool
