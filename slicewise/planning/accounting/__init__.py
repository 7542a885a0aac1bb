"""What a plan takes and costs: by namespace, by deployment, and what nobody uses."""

from slicewise.planning.accounting.accounts import Account, Accounts, AccountsBy, accounts_by
from slicewise.planning.accounting.accounts_json import accounts_to_dict
from slicewise.planning.accounting.prices import PoolCost, placement_price, pool_costs, price_number

__all__ = [
    "Account",
    "Accounts",
    "AccountsBy",
    "PoolCost",
    "accounts_by",
    "accounts_to_dict",
    "placement_price",
    "pool_costs",
    "price_number",
]
