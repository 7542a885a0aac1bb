"""Memory of a GPU in decimal units, such as 40G, which is less than what GPUs are sold by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from slicewise.diagnostics import Code, Diagnostic, FieldPath
from slicewise.kubernetes import GIB, Quantity

_DECIMAL: Final = ("M", "G", "T")


def check_decimal_memory(amount: Quantity, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield what the decimal `amount` of a GPU's memory, which is at `path`, is in GiB, which GPUs are sold in."""
    if amount.suffix not in _DECIMAL:
        return
    gib = f"{amount.value / GIB:.2f}".rstrip("0").rstrip(".")
    message = f"{amount} is {gib}Gi, because {amount.suffix} counts in powers of 1000"
    remedy = f"write {amount}i, or {gib}Gi if that is meant"
    yield Diagnostic.warning(
        Code.DECIMAL_MEMORY, message, remedy, field=path, declared=str(amount), gib=float(gib), base=1000
    )
