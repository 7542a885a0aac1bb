"""Quotas: what deployments may take together, and what they do take."""

from slicewise.planning.quotas.amounts import Amounts, limit_for, unit_amounts
from slicewise.planning.quotas.exceeded import QuotaExceeded
from slicewise.planning.quotas.ledger import QuotaLedger, Taken
from slicewise.planning.quotas.planned import PlannedQuotas

__all__ = [
    "Amounts",
    "PlannedQuotas",
    "QuotaExceeded",
    "QuotaLedger",
    "Taken",
    "limit_for",
    "unit_amounts",
]
