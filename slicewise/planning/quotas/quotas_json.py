"""Quotas of a finished plan as JSON data: what each allows, and what is taken of it."""

from __future__ import annotations

from typing import Any

from slicewise.documents import Fleet
from slicewise.planning.quotas.planned import PlannedQuotas
from slicewise.planning.quotas.worth import number_of


def quotas_to_list(fleet: Fleet, planned: PlannedQuotas) -> list[dict[str, Any]]:
    """Return every limit of every quota and what is taken of it: units, GiB and GPUs to two decimals."""
    return [
        {
            "quota": quota.name,
            "measure": measure.value,
            "used": number_of(measure, taken),
            "limit": number_of(measure, limit),
        }
        for quota, use in zip(fleet.quotas, planned.ledger.uses(), strict=True)
        for measure, taken, limit in use.limited()
    ]
