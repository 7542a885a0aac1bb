"""Quotas: what deployments may take together, and what they do take."""

from slicewise.planning.quotas.exceeded import QuotaExceeded
from slicewise.planning.quotas.ledger import QuotaLedger
from slicewise.planning.quotas.overdrawn import overdrawn_quotas
from slicewise.planning.quotas.planned import PlannedQuotas
from slicewise.planning.quotas.quotas_json import quotas_to_list
from slicewise.planning.quotas.shares import Taken, most_that_fit
from slicewise.planning.quotas.worth import NOTHING, Worth, limit_for, unit_worth

__all__ = [
    "NOTHING",
    "PlannedQuotas",
    "QuotaExceeded",
    "QuotaLedger",
    "Taken",
    "Worth",
    "limit_for",
    "most_that_fit",
    "overdrawn_quotas",
    "quotas_to_list",
    "unit_worth",
]
