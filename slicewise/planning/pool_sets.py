"""The pools of a plan's rejections as JSON data: each set of pools once, whatever reasons and deployments it is of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from slicewise.planning.explaining import Rejections
from slicewise.planning.plan import Plan
from slicewise.planning.rejection_groups import RejectionGroup


class PoolSets:
    """Sets of pools, by the positions of their pools in the plan's `nodePools`."""

    def __init__(self, plan: Plan, rejections: Rejections) -> None:
        """Take a plan, and why candidates were rejected in it."""
        position = {
            (usage.environment, usage.node_pool, usage.offered_as): number
            for number, usage in enumerate(plan.node_pools)
        }
        self._positions = [position[pool.offer] for pool in rejections.numbered]
        self._of_environment = rejections.numbers
        self._known: dict[Sequence[int], int] = {}

    def number_of(self, group: RejectionGroup) -> int:
        """Return the position among the sets of the one with the pools of a group; of whole environments all pools."""
        pools = group.numbers if group.profile else self._of_environments(group)
        return self._known.setdefault(pools, len(self._known))

    def _of_environments(self, group: RejectionGroup) -> Sequence[int]:
        names = (group.among[number].environment for number in group.numbers)
        return tuple(chain.from_iterable(map(self._of_environment.__getitem__, names)))

    def __iter__(self) -> Iterator[list[int]]:
        """Yield the sets that have been asked for, each sorted."""
        return (sorted(map(self._positions.__getitem__, pools)) for pools in self._known)
