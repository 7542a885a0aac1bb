"""One way of writing each amount, whatever a document says: `4` for `4000m`, `16Gi` for `16384Mi`.

Kubernetes stores a quantity in a canonical form (apimachinery, resource.Quantity): no fraction, and the largest suffix
that keeps the number whole. That form still depends on the family of the suffix that was written, so of the decimal and
the binary one the shorter is taken here. It depends on the amount alone, and Kubernetes stores it as it is.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from functools import lru_cache
from typing import Final

from slicewise.kubernetes.quantity import Quantity

_DECIMAL: Final = ("n", "u", "m", "", "k", "M", "G", "T", "P", "E")
_BINARY: Final = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_MOST_AMOUNTS: Final = 1 << 12
# The finest amount that Kubernetes keeps; it rounds up.
_NANO: Final = Decimal("1e-9")


def canonical(amount: Quantity) -> str:
    """Return `amount` as Slicewise writes it into manifests: equal amounts give equal texts."""
    return _of_value(amount.value)


@lru_cache(_MOST_AMOUNTS)
def _of_value(value: Decimal) -> str:
    nanos = int((value / _NANO).to_integral_value(ROUND_CEILING))
    decimal = _shortened(nanos, 1000, _DECIMAL)
    whole, rest = divmod(nanos, 10**9)
    if rest:
        return decimal
    binary = _shortened(whole, 1024, _BINARY)
    return binary if len(binary) <= len(decimal) else decimal


def _shortened(number: int, base: int, suffixes: tuple[str, ...]) -> str:
    power = 0
    while power < len(suffixes) - 1 and number % base == 0:
        number //= base
        power += 1
    return f"{number}{suffixes[power]}"
