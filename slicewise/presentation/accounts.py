"""Sums of a plan by namespace or deployment as people read them, and what nobody uses costs."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from rich.console import Console

from slicewise.documents import Fleet
from slicewise.planning import Account, AccountsBy, Plan, accounts_by, pool_costs
from slicewise.presentation.columns import show
from slicewise.presentation.table_layout import Column

_NUMBERS = ("replicas", "units", "GiB", "GPU equivalents")
_PRICE = "price an hour"


def print_accounts(console: Console, fleet: Fleet, plan: Plan, by: AccountsBy) -> None:
    """Print what each takes, all of them together, and what pools with a price cost that nobody uses."""
    accounts = accounts_by(fleet, plan, by)
    priced = any(pool.price_per_hour is not None for pool in fleet.node_pool.values())
    columns = [Column(by.value), *(Column(name, number=True) for name in (*_NUMBERS, *([_PRICE] if priced else [])))]
    rows = [_row(each.name, each, priced=priced) for each in accounts.each]
    show(console, f"By {by}", columns, [*rows, _row("total", accounts.total, priced=priced)])
    if priced:
        show(console, "Pools, price an hour", _POOL, _pools(fleet, plan))


_POOL = (
    *map(Column, ("environment", "node pool")),
    *(Column(name, number=True) for name in ("allocated", "reserved", "free", "stranded")),
)


def _row(name: str, account: Account, *, priced: bool) -> Sequence[str]:
    worth = account.worth
    price = [] if not priced else ["-" if account.price is None else _money(account.price)]
    return (name, f"{account.replicas:,}", f"{worth.units:,}", _plain(worth.gib), _plain(worth.gpu_equivalents), *price)


def _pools(fleet: Fleet, plan: Plan) -> Sequence[Sequence[str]]:
    costs = list(pool_costs(fleet, plan.node_pools))
    rows = [
        (cost.environment, cost.node_pool, *map(_money, (cost.allocated, cost.reserved, cost.free, cost.stranded)))
        for cost in costs
    ]
    nothing = Fraction()
    sums = [
        sum((each.allocated for each in costs), nothing),
        sum((each.reserved for each in costs), nothing),
        sum((each.free for each in costs), nothing),
        sum((each.stranded for each in costs), nothing),
    ]
    return [*rows, ("total", "", *map(_money, sums))]


def _plain(number: float) -> str:
    return f"{number:,.2f}".rstrip("0").rstrip(".")


def _money(price: Fraction) -> str:
    return f"{float(round(price, 2)):,.2f}"
