"""Sums of a plan by namespace or deployment as people read them, and what nobody uses costs."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from rich.console import Console

from slicewise.diagnostics import some
from slicewise.documents import Fleet
from slicewise.planning import Account, AccountsBy, Plan, accounts_by, pool_costs
from slicewise.presentation.columns import show, show_line
from slicewise.presentation.table_layout import NOTHING, Column

_NUMBERS = (
    *(Column(name, number=True) for name in ("replicas", "units", "GiB")),
    Column("GPU equivalents", number=True, short="GPUs"),
)
_PRICE = Column("price an hour", number=True, short="an hour")
_PRICED = Column("priced units", number=True, short="priced")


def print_accounts(console: Console, fleet: Fleet, plan: Plan, by: AccountsBy) -> None:
    """Print what each takes, all of them together, and what pools with a price cost that nobody uses."""
    accounts = accounts_by(fleet, plan, by)
    priced = any(pool.price_per_hour is not None for pool in fleet.node_pool.values())
    named = [*((each.name, each) for each in accounts.each), ("total", accounts.total)]
    names = [name for name, _ in named]
    sums = [account for _, account in named]
    in_part = any(map(_priced_units, sums))
    cells = [
        names,
        [f"{each.replicas:,}" for each in sums],
        [f"{each.worth.units:,}" for each in sums],
        _alike([each.worth.gib for each in sums]),
        _alike([each.worth.gpu_equivalents for each in sums]),
        *([[_price(each) for each in sums]] if priced else []),
        *([[_priced_units(each) for each in sums]] if in_part else []),
    ]
    columns = [Column(by.value), *_NUMBERS, *([_PRICE] if priced else []), *([_PRICED] if in_part else [])]
    show(console, f"By {by}", columns, list(zip(*cells, strict=True)))
    if priced:
        show(console, "Pools, price an hour", _POOL, _pools(fleet, plan))
        if without := _without_price(fleet, plan):
            show_line(console, f"Not in these sums, without pricePerHour: {some(without)}")


_POOL = (
    *map(Column, ("environment", "node pool")),
    *(Column(name, number=True) for name in ("allocated", "reserved", "free", "stranded")),
)


def _price(account: Account) -> str:
    """Write a price, of the units that have one."""
    if account.price is not None:
        return _money(account.price)
    return _money(account.price_of_these) if account.priced_units else NOTHING


def _priced_units(account: Account) -> str:
    """Write of how many units a price is where some have none."""
    if account.price is not None or not account.priced_units:
        return ""
    return f"{account.priced_units:,}/{account.worth.units:,}"


def _without_price(fleet: Fleet, plan: Plan) -> list[str]:
    names = sorted((usage.environment, usage.node_pool) for usage in plan.node_pools)
    return ["/".join(name) for name in names if fleet.node_pool[name].price_per_hour is None]


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


def _alike(column: Sequence[float]) -> list[str]:
    """Write the numbers of a column: all of them with two decimals, or none where all are whole."""
    decimals = 0 if all(round(number, 2).is_integer() for number in column) else 2
    return [f"{number:,.{decimals}f}" for number in column]


def _money(price: Fraction) -> str:
    return f"{float(round(price, 2)):,.2f}"
