"""Sums of a plan as JSON data: numbers to two decimals, prices to four."""

from __future__ import annotations

from typing import Any

from slicewise.documents import Fleet
from slicewise.planning.accounting.accounts import Account, AccountsBy, accounts_by
from slicewise.planning.accounting.prices import pool_costs, price_number
from slicewise.planning.plan import Plan


def accounts_to_dict(fleet: Fleet, plan: Plan, by: AccountsBy) -> dict[str, Any]:
    """Return what `plan` takes by namespace or by deployment, the total, and what its pools cost an hour."""
    accounts = accounts_by(fleet, plan, by)
    return {
        "by": by.value,
        "sums": [{by.value: each.name, **_account(each)} for each in accounts.each],
        "total": _account(accounts.total),
        "pools": [
            {
                "environment": cost.environment,
                "nodePool": cost.node_pool,
                "pricePerHour": {
                    name: price_number(getattr(cost, name)) for name in ("allocated", "reserved", "free", "stranded")
                },
            }
            for cost in pool_costs(fleet, plan.node_pools)
        ],
    }


def _account(account: Account) -> dict[str, Any]:
    return {
        "deployments": account.deployments,
        "placements": account.placements,
        "replicas": account.replicas,
        "units": account.worth.units,
        "memoryGiB": account.worth.gib,
        "gpuEquivalents": account.worth.gpu_equivalents,
        **_priced(account),
    }


def _priced(account: Account) -> dict[str, Any]:
    """Return the price, or that of the part that has one."""
    price = {"pricePerHour": price_number(account.price_of_these)}
    if account.price is not None:
        return price
    return {"pricedPart": {"units": account.priced_units, **price}} if account.priced_units else {}
