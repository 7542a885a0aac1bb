"""Memory of a GPU in decimal units, such as 40G, which is less than what GPUs are sold by."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from slicewise.diagnostics import Code, Diagnostic, FieldPath
from slicewise.kubernetes import GIB, Quantity

_DECIMAL: Final = ("M", "G", "T")


def check_decimal_memory(amount: Quantity, path: FieldPath, most: float | None = None) -> Iterator[Diagnostic]:
    """Yield what the decimal `amount` of a GPU's memory, which is at `path`, is in GiB, which GPUs are sold in.

    Of a unit that is known to have at most `most` GiB, no more is proposed: 39.5Gi for 40G of a `3g.40gb`.
    """
    if amount.suffix not in _DECIMAL:
        return
    gib = f"{amount.value / GIB:.2f}".rstrip("0").rstrip(".")
    message = f"{amount} is {gib}Gi, because {amount.suffix} counts in powers of 1000"
    meant = f"{amount}i"
    if most is not None and Quantity.parse(meant).value > Decimal(str(most)) * GIB:
        meant = f"{most:g}Gi"
    remedy = f"write {meant}, or {gib}Gi if that is meant"
    yield Diagnostic.warning(
        Code.DECIMAL_MEMORY, message, remedy, field=path, declared=str(amount), gib=float(gib), base=1000
    )
