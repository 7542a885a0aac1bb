"""Values of Kubernetes' JSON, of which anything may be missing or of another kind."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from slicewise.kubernetes.quantity import quantity_value

MAX_COUNT: Final = 1_000_000
"""The largest number of anything that is counted, such as units or replicas: in documents, and read of a cluster."""


def mapping(value: object) -> Mapping[str, Any]:
    """Return `value` if it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def items(value: object) -> list[Mapping[str, Any]]:
    """Return the objects in `value` if it is an array."""
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def text(value: object) -> str:
    """Return `value` if it is a string, else an empty one."""
    return value if isinstance(value, str) else ""


def whole(value: object) -> int:
    """Return a count that Kubernetes writes as a quantity (`"8"`); 0 where no machine can have it."""
    count = int(amount(value))
    return count if count <= MAX_COUNT else 0


def amount(value: object) -> Decimal:
    """Return the value of a quantity; 0 where it is not one, or is negative."""
    return max(quantity_value(value) or Decimal(0), Decimal(0))
