"""Sums of a plan by who asks for it: replicas, units, memory, GPUs and price."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from slicewise.documents import DeploymentKey, Fleet
from slicewise.planning.accounting.prices import workload_prices
from slicewise.planning.plan import Placement, Plan
from slicewise.planning.quotas import NOTHING, Worth, unit_worth


class AccountsBy(StrEnum):
    """What sums are made of."""

    NAMESPACE = "namespace"
    DEPLOYMENT = "deployment"


@dataclass(frozen=True, slots=True)
class Account:
    """What the placements of one namespace or deployment take together."""

    name: str
    deployments: int
    """Those that ask for something, placed or not."""
    placements: int
    replicas: int
    """Replicas charged, those of prefill workloads not among them."""
    worth: Worth
    """Units, memory and GPUs, with those of prefill workloads."""
    priced_units: int
    """Units of pools that have a price."""
    price_of_these: Fraction
    """What the priced units cost an hour."""

    @property
    def price(self) -> Fraction | None:
        """What all units cost an hour; None where a pool of theirs has no price."""
        return self.price_of_these if self.priced_units == self.worth.units else None


@dataclass(frozen=True, slots=True)
class Accounts:
    """The sums of a plan."""

    by: AccountsBy
    each: Sequence[Account]
    total: Account


def accounts_by(fleet: Fleet, plan: Plan, by: AccountsBy) -> Accounts:
    """Return what `plan` takes by namespace or by deployment, in the order of names, and all of it together."""
    names: dict[str, list[DeploymentKey]] = {}
    for key in sorted(fleet.deployment):
        names.setdefault(key.namespace if by is AccountsBy.NAMESPACE else str(key), []).append(key)
    placed: dict[DeploymentKey, list[Placement]] = {}
    for placement in plan.placements:
        placed.setdefault(placement.deployment, []).append(placement)
    each = [
        _account(fleet, name, len(keys), [item for key in keys for item in placed.get(key, ())])
        for name, keys in names.items()
    ]
    return Accounts(by, each, _account(fleet, "", len(fleet.deployments), plan.placements))


def _account(fleet: Fleet, name: str, deployments: int, placements: Sequence[Placement]) -> Account:
    prices = [each for item in placements for each in workload_prices(fleet, item)]
    return Account(
        name,
        deployments,
        len(placements),
        sum(item.replicas for item in placements),
        _worth(fleet, placements),
        sum(units for units, price in prices if price is not None),
        sum((price for _, price in prices if price is not None), Fraction()),
    )


def _worth(fleet: Fleet, placements: Iterable[Placement]) -> Worth:
    worth = NOTHING
    for item in placements:
        for workload in item.workloads:
            pool = fleet.offer(workload.environment, workload.node_pool, workload.resource)
            worth = worth.plus(unit_worth(pool).times(workload.units))
    return worth
