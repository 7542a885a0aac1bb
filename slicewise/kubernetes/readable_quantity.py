"""An amount as people write it in a message: `39.5Gi` for `40448Mi`."""

from __future__ import annotations

from typing import Final

from slicewise.kubernetes.canonical_quantity import canonical
from slicewise.kubernetes.quantity import GIB, Quantity

# Slices have 9.75, 19.625 and 39.5 GiB; more digits are harder to read than mebibytes.
_DECIMALS: Final = 3
# 79.1Gi is no whole number of bytes, so its canonical form counts thousandths of them.
_LARGER: Final = {
    **dict.fromkeys(("m", "Ki", "Mi"), ("Gi", GIB)),
    **dict.fromkeys(("k", "M"), ("G", 10**9)),
}


def readable(amount: Quantity) -> str:
    """Return `amount`, exactly, in Gi or G where that takes at most three decimals, and else in canonical form."""
    written = Quantity(amount.value, canonical(amount))
    suffix, size = _LARGER.get(written.suffix, ("", 1))
    number = amount.value / size
    if suffix and number >= 1 and number == round(number, _DECIMALS):
        return f"{number.normalize():f}{suffix}"
    return written.text
