"""What units are worth: one each, their memory, and the part of a GPU that they are."""

from __future__ import annotations

from fractions import Fraction
from typing import Final, NamedTuple

from slicewise.diagnostics import plural
from slicewise.documents import Measure, NodePool, Quota, unit_of, units_per_gpu
from slicewise.kubernetes import GIB

GPU_PARTS: Final = 420
"""Parts in which GPUs are counted: a GPU has 1 to 7 slices of a profile, and each of these divides it."""
_HUNDREDTHS: Final = 100


class Worth(NamedTuple):
    """So many units, by every measure."""

    units: int = 0
    memory: int = 0
    """Bytes that programs see."""
    gpu_parts: int = 0
    """GPUs, in parts of `GPU_PARTS`."""

    def times(self, count: int) -> Worth:
        """Return the amounts of `count` times as many."""
        return Worth(self.units * count, self.memory * count, self.gpu_parts * count)

    def plus(self, other: Worth) -> Worth:
        """Return the amounts of both."""
        return Worth(self.units + other.units, self.memory + other.memory, self.gpu_parts + other.gpu_parts)

    @property
    def gpu_equivalents(self) -> float:
        """GPUs, to two decimals."""
        return gpu_number(self.gpu_parts)

    @property
    def gib(self) -> float:
        """GiB of memory, to two decimals."""
        return memory_number(self.memory)


NOTHING: Final = Worth()
Limits = tuple[int | None, int | None, int | None]
"""The most of each measure, in the order and the parts of `Worth`; None where it is not limited."""


def unit_worth(pool: NodePool) -> Worth:
    """Return what one unit of `pool` is worth."""
    return Worth(1, unit_of(pool).memory, GPU_PARTS // (units_per_gpu(pool) or 1))


def limits_of(quota: Quota) -> Limits:
    """Return the most of each measure, in the order and the parts of `Worth`; None where it is not limited."""
    limits = quota.spec.limits
    gpus = limits.gpu_equivalents
    return (
        limits.units,
        None if limits.memory is None else int(limits.memory.value),
        None if gpus is None else int(gpus.value * GPU_PARTS),
    )


def gpu_number(parts: int) -> float:
    """Return GPUs to two decimals."""
    return float(round(Fraction(parts, GPU_PARTS) * _HUNDREDTHS)) / _HUNDREDTHS


def memory_number(size: int) -> float:
    """Return GiB to two decimals."""
    return float(round(Fraction(size, GIB) * _HUNDREDTHS)) / _HUNDREDTHS


def number_of(measure: Measure, amount: int) -> float | int:
    """Return so much of a measure as people count it: units, GiB or GPUs, to two decimals."""
    match measure:
        case Measure.UNITS:
            return amount
        case Measure.MEMORY:
            return memory_number(amount)
    return gpu_number(amount)


def in_words(measure: Measure, amount: int) -> str:
    """Write so much of a measure without its unit, to two decimals."""
    number = number_of(measure, amount)
    return f"{number:,}" if measure is Measure.UNITS else f"{number:,.2f}".rstrip("0").rstrip(".")


def limit_for(measure: Measure, amount: int) -> int | str:
    """Return the least limit that allows so much, as a document writes it."""
    match measure:
        case Measure.UNITS:
            return amount
        case Measure.MEMORY:
            return f"{-(-amount // GIB)}Gi"
    hundredths = -(-amount * _HUNDREDTHS // GPU_PARTS)
    whole, rest = divmod(hundredths, _HUNDREDTHS)
    return f"{whole}.{rest:02}".rstrip("0").rstrip(".") if rest else str(whole)


def noun(measure: Measure, amount: str) -> str:
    """Return what so many of a measure are called: `1 unit`, `8 units`."""
    if measure is Measure.MEMORY:
        return "GiB of GPU memory"
    return plural(1 if amount == "1" else 2, "unit" if measure is Measure.UNITS else "GPU equivalent")


def counted_in_words(measure: Measure, amount: int) -> str:
    """Write so much of a measure with what it is called."""
    words = in_words(measure, amount)
    return f"{words} {noun(measure, words)}"
