"""What is taken of each quota, and how much more the quotas of some deployments allow together."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

from slicewise.planning.quotas.worth import NOTHING, Limits, Worth


class Taken(NamedTuple):
    """Units of one pool, by its number."""

    pool: int
    units: int


@dataclass(slots=True)
class Share:
    """What deployments take of one quota."""

    name: str
    limits: Limits
    weights: Sequence[Worth]
    """What a unit of each pool counts, by what is limited; nothing where the quota does not count the pool."""
    used: Worth = NOTHING
    kept: Worth = NOTHING
    """Kept for what ran before and has no place yet."""
    changes: int = 0
    """How often `used` or `kept` changed: as long as it is the same, so are they."""

    def amount(self, taken: Iterable[Taken]) -> Worth:
        """Return what these units count."""
        amount = NOTHING
        for each in taken:
            amount = amount.plus(self.weights[each.pool].times(each.units))
        return amount

    def use(self, amount: Worth) -> None:
        """Count so much more, or less, as used."""
        self.used = self.used.plus(amount)
        self.changes += 1

    def keep(self, amount: Worth) -> None:
        """Keep so much more, or less."""
        self.kept = self.kept.plus(amount)
        self.changes += 1


class _Limit(NamedTuple):
    """The limit of one quota by one measure."""

    share: Share
    measure: int
    """By its place in `Worth`."""
    most: int
    weights: Sequence[int]
    """What a unit counts, by the kind of its pool."""

    @property
    def left(self) -> int:
        """What is neither used nor kept; less than nothing where more runs than is allowed."""
        share, measure = self.share, self.measure
        return self.most - share.used[measure] - share.kept[measure]


class Need(NamedTuple):
    """What a deployment needs of one limit."""

    limit: tuple[str, int]
    """The name of the quota, and the measure by its place in `Worth`."""
    amount: int
    left: int
    """What is left of the limit."""


class PoolKinds:
    """Pools, those together that every quota counts alike."""

    def __init__(self, weights: Iterable[Sequence[Worth]]) -> None:
        """Take what a unit of each pool counts, for every quota that counts otherwise than another."""
        kinds: dict[tuple[Worth, ...], int] = {}
        self.of: list[int] = []
        """By the number of a pool."""
        self.examples: list[int] = []
        """A pool of each kind."""
        for pool, each in enumerate(zip(*weights, strict=True)):
            if each not in kinds:
                kinds[each] = len(kinds)
                self.examples.append(pool)
            self.of.append(kinds[each])


class ShareGroup:
    """The quotas that count some deployments, and the kinds of pool that these tell apart."""

    def __init__(self, shares: Sequence[Share], pools: PoolKinds) -> None:
        """Take the shares of the quotas, one at least, and the kinds of pool that all quotas tell apart."""
        self.shares = shares
        self._pools = pools
        own = PoolKinds([share.weights[pool] for pool in pools.examples] for share in shares)
        self._kinds = own.of
        self.examples = [pools.examples[kind] for kind in own.examples]
        """A pool of each kind."""
        self._limits = list(self._limits_of_all())
        self._most: Sequence[float] = ()
        self._read = -1

    def kind_of(self, pool: int) -> int:
        """Return the kind of a pool."""
        return self._kinds[self._pools.of[pool]]

    def allows(self, taken: Sequence[Taken]) -> bool:
        """Return whether no limit would be exceeded by a deployment for which nothing is kept."""
        kinds = [(self.kind_of(pool), units) for pool, units in taken]
        for limit in self._limits:
            needs = sum(limit.weights[kind] * units for kind, units in kinds)
            if 0 < needs > limit.left:
                return False
        return True

    def needs(self, taken: Sequence[Taken]) -> list[Need]:
        """Return what a deployment would need of each limit that counts it."""
        kinds = [(self.kind_of(pool), units) for pool, units in taken]
        needs = (
            Need(
                (limit.share.name, limit.measure), sum(limit.weights[kind] * units for kind, units in kinds), limit.left
            )
            for limit in self._limits
        )
        return [need for need in needs if need.amount]

    def most(self) -> Sequence[float]:
        """Return how many units, of each kind of pool, a deployment may take for which nothing is kept."""
        changes = sum(share.changes for share in self.shares)
        if self._read != changes:
            left = [(max(limit.left, 0), limit.weights) for limit in self._limits]
            self._most = [
                min((most // weights[kind] for most, weights in left if weights[kind]), default=math.inf)
                for kind in range(len(self.examples))
            ]
            self._read = changes
        return self._most

    def _limits_of_all(self) -> Iterator[_Limit]:
        for share in self.shares:
            for measure, most in enumerate(share.limits):
                if most is not None:
                    yield _Limit(share, measure, most, [share.weights[pool][measure] for pool in self.examples])


def most_that_fit(sizes: Iterable[int], room: int) -> int:
    """Return how many of these `sizes` there is room for at most, whatever the order."""
    return sum(1 for total in accumulate(sorted(sizes)) if total <= room)
