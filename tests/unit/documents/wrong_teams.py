"""Wrong values of what teams write: annotations of their deployments, and prices of pools."""

from __future__ import annotations

from typing import Final

from tests.unit.documents.fields import DEPLOYMENT, ENVIRONMENT, POOL
from tests.unit.documents.wrong_values import IN_QUOTES

OF_TEAMS: Final[list[tuple[str, tuple[str | int, ...], list[tuple[str, str]]]]] = [
    (DEPLOYMENT, ("metadata", "annotations"), [("[]", "got a list, expected a mapping")]),
    (DEPLOYMENT, ("metadata", "annotations", "owner"), [("true", f"got true, {IN_QUOTES}")]),
    (
        ENVIRONMENT,
        (*POOL, "pricePerHour"),
        [("12 EUR", '"12 EUR" is not a price; write a number without a currency, for example 98.32')],
    ),
]
