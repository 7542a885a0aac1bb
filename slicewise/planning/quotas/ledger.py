"""Quotas while a plan is made: what is taken of each, and what of that ran before and may run again.

What ran before is never refused for a quota: its share is kept for it until it has a place, or has none for good.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from slicewise.documents import DeploymentKey, Fleet, InferenceEnvironment, Measure, NodePool
from slicewise.planning.quotas.counting import QuotaIndex, WeightsOfQuotas
from slicewise.planning.quotas.exceeded import QuotaExceeded, QuotaSum
from slicewise.planning.quotas.shares import Need, PoolKinds, Share, ShareGroup, Taken, most_that_fit
from slicewise.planning.quotas.worth import NOTHING, Limits, Worth, limits_of

_MEASURES = tuple(Measure)


class QuotaUse(NamedTuple):
    """What is taken of one quota, and what it allows."""

    name: str
    used: Worth
    limits: Limits

    def limited(self) -> Iterator[tuple[Measure, int, int]]:
        """Yield each measure that is limited, with what is taken and what is allowed."""
        for measure, taken, limit in zip(Measure, self.used, self.limits, strict=True):
            if limit is not None:
                yield measure, taken, limit


@dataclass(slots=True)
class _Before:
    """What a deployment took of one quota in the previous plan, and what it takes now."""

    had: Worth
    has: Worth = NOTHING

    @property
    def left(self) -> Worth:
        """What it may still take as it had it before."""
        return Worth(*(max(had - has, 0) for had, has in zip(self.had, self.has, strict=True)))


@dataclass(slots=True)
class _Running:
    """What ran before, by deployment and by the name of the quota."""

    of: dict[DeploymentKey, dict[str, _Before]] = field(default_factory=dict)

    def left(self, key: DeploymentKey, quota: str) -> Worth:
        before = self.of.get(key, {}).get(quota)
        return before.left if before else NOTHING


class QuotaLedger:
    """What is taken of every quota of a fleet."""

    def __init__(self, fleet: Fleet, pools: Iterable[tuple[InferenceEnvironment, NodePool]]) -> None:
        """Take the fleet, and its pools by their numbers."""
        self._fleet = fleet
        weights = WeightsOfQuotas(pools)
        self._shares = [Share(quota.name, limits_of(quota), weights.of(quota)) for quota in fleet.quotas]
        self._pools = PoolKinds(weights.different())
        self._quotas = QuotaIndex(fleet.quotas)
        self._running = _Running()
        self._groups: dict[tuple[int, ...], ShareGroup] = {}
        self._group_of: dict[DeploymentKey, ShareGroup | None] = {}

    def uses(self) -> Iterator[QuotaUse]:
        """Yield what is taken of each quota, in the order of the fleet."""
        return (QuotaUse(share.name, share.used, share.limits) for share in self._shares)

    def charge(self, key: DeploymentKey, taken: Sequence[Taken], *, back: bool = False) -> None:
        """Count what a deployment takes, or takes back."""
        group = self._group(key)
        for share in group.shares if group else ():
            amount = share.amount(taken)
            if amount == NOTHING:
                continue
            amount = amount.times(-1) if back else amount
            share.use(amount)
            before = self._running.of.get(key, {}).get(share.name)
            if before:
                share.keep(before.left.times(-1))
                before.has = before.has.plus(amount)
                share.keep(before.left)

    def keeps(self, key: DeploymentKey) -> bool:
        """Return whether anything is kept for a deployment."""
        return key in self._running.of

    def keep(self, key: DeploymentKey, taken: Sequence[Taken]) -> None:
        """Keep for a deployment what it took in the previous plan."""
        group = self._group(key)
        for share in group.shares if group else ():
            amount = share.amount(taken)
            by_quota = self._running.of.setdefault(key, {})
            before = by_quota.setdefault(share.name, _Before(NOTHING))
            before.had = before.had.plus(amount)
            share.keep(amount)

    def release(self, keys: Iterable[DeploymentKey]) -> None:
        """Keep nothing any more for these."""
        for key in keys:
            group = self._group(key)
            for share in group.shares if group else ():
                share.keep(self._running.left(key, share.name).times(-1))
            self._running.of.pop(key, None)

    def refusal(self, key: DeploymentKey, taken: Sequence[Taken]) -> QuotaExceeded | None:
        """Return the first quota that a deployment would exceed with what it would take, if there is one."""
        return next(self.refusals(key, taken), None)

    def refusals(self, key: DeploymentKey, taken: Sequence[Taken]) -> Iterator[QuotaExceeded]:
        """Yield every limit of a quota that a deployment would exceed with what it would take."""
        group = self._group(key)
        for share in group.shares if group else ():
            own, needed = self._running.left(key, share.name), share.amount(taken)
            for number, limit in enumerate(share.limits):
                others, needs = share.used[number] + share.kept[number] - own[number], needed[number]
                if limit is not None and needs > own[number] and others + needs > limit:
                    yield QuotaExceeded(share.name, QuotaSum(_MEASURES[number], others, limit, needs))

    def allows(self, key: DeploymentKey, taken: Sequence[Taken]) -> bool:
        """Return whether a deployment would exceed no quota with what it would take."""
        group = self._group(key)
        if group is None:
            return True
        return self.refusal(key, taken) is None if key in self._running.of else group.allows(taken)

    def most_allowed(self, asked: Iterable[tuple[DeploymentKey, Sequence[Taken]]]) -> int:
        """Return how many may be served at most of those asked for, each of which is allowed alone.

        Each is compared with others of one quota at a time, so fewer may be served.
        """
        needs = [
            [] if (group := self._group(key)) is None or key in self._running.of else group.needs(taken)
            for key, taken in asked
        ]
        # Of several quotas first the first of each deployment, then the second, and so on.
        most = max(map(len, needs), default=0)
        return min(
            (_most_of([each[place % len(each)] if each else None for each in needs]) for place in range(most)),
            default=len(needs),
        )

    def accepts(self, key: DeploymentKey, units: int) -> Callable[[int], bool] | Literal[False] | None:
        """Return what says of which pools a deployment may take so many units: None for all, False for none."""
        group = self._group(key)
        if group is None:
            return None
        if key in self._running.of:
            may = [self.refusal(key, (Taken(pool, units),)) is None for pool in group.examples]
        else:
            may = [units <= most for most in group.most()]
        if all(may):
            return None
        if not any(may):
            return False
        return lambda number: may[group.kind_of(number)]

    def _group(self, key: DeploymentKey) -> ShareGroup | None:
        if key not in self._group_of:
            numbers = self._quotas.of(self._fleet.deployment[key])
            self._group_of[key] = self._group_of_quotas(numbers) if numbers else None
        return self._group_of[key]

    def _group_of_quotas(self, numbers: tuple[int, ...]) -> ShareGroup:
        if numbers not in self._groups:
            self._groups[numbers] = ShareGroup([self._shares[number] for number in numbers], self._pools)
        return self._groups[numbers]


def _most_of(needs: Iterable[Need | None]) -> int:
    """Return how many of these there is room for, one limit for each; all that have none."""
    free, by_limit = 0, dict[tuple[str, int], tuple[int, list[int]]]()
    for need in needs:
        if need is None:
            free += 1
        else:
            by_limit.setdefault(need.limit, (need.left, []))[1].append(need.amount)
    return free + sum(most_that_fit(amounts, left) for left, amounts in by_limit.values())
