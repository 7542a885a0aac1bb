"""Quantities by what they count: some are well written and yet never what was meant, as 80 bytes for a GPU."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Final

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from slicewise.kubernetes import GIB, Quantity
from slicewise.sources import UnusableTextError

_MIB: Final = 1024**2
# 48000 was meant as MiB, 48 as GiB: from here on a bare number is taken for MiB.
_MEBIBYTES: Final = 4096
# The largest GPUs have some hundred GiB, the largest machines 32 TiB (EC2 u7in-32tb).
_MOST_GPU_MEMORY: Final = 4096 * GIB
_MOST_MEMORY: Final = 64 * 1024 * GIB
_LEAST_NODE_MEMORY: Final = GIB
# The largest nodes that are sold with GPUs have some 400 cores: a thousand is a count of thousandths.
_TOO_MANY_CORES: Final = 1000
_MILLI: Final = Decimal("0.001")
_LONGEST: Final = 24
_TOO_FEW_MILLICORES: Final = 100


def gpu_memory_meant(amount: Quantity) -> str | None:
    """Return how to write what is meant by memory that no GPU, or slice of one, has; None where one may have it."""
    if amount.value < GIB:
        return _larger(amount, GIB, _MOST_GPU_MEMORY)
    if amount.value > _MOST_GPU_MEMORY:
        return _smaller(amount, GIB, _MOST_GPU_MEMORY)
    return None


def _memory_of_gpu(amount: Quantity) -> Quantity:
    """Refuse what is less than any GPU, or slice of one, has."""
    if meant := gpu_memory_meant(amount):
        if amount.value < GIB:
            raise _never_meant(_bytes(amount), "less than any GPU or slice has", meant)
        raise _never_meant(_tebibytes(amount), "more than any GPU has", meant)
    return amount


def _memory(amount: Quantity) -> Quantity:
    """Refuse what is too little for any process."""
    if amount.value < _MIB:
        raise _never_meant(_bytes(amount), "too little for any program", _larger(amount, _MIB))
    if amount.value > _MOST_MEMORY:
        meant = _smaller(amount, GIB, _MOST_MEMORY)
        raise _never_meant(_tebibytes(amount), "more than any node has", meant)
    return amount


def _memory_of_node(amount: Quantity) -> Quantity:
    """Refuse what is less than any node with GPUs has."""
    if amount.value < _LEAST_NODE_MEMORY:
        meant = _larger(amount, _LEAST_NODE_MEMORY)
        raise _never_meant(_bytes(amount), "less than any node with GPUs has", meant)
    return amount


def _cores_of_node(amount: Quantity) -> Quantity:
    """Refuse what starts not even one pod of a model."""
    if amount.millis < _TOO_FEW_MILLICORES:
        cores = amount.number if amount.suffix == "m" and Decimal(amount.number) >= 1 else "for example 96"
        raise _never_meant(_in_cores(amount), "less than any node has", cores)
    return amount


def _whole(amount: Quantity) -> Quantity:
    """Refuse a part of a device or byte, and more than any node has."""
    if amount.value != int(amount.value):
        raise UnusableTextError("is not a whole number", "write how many there are, for example 8").for_pydantic()
    if amount.value > _MOST_MEMORY:
        raise UnusableTextError("is more than any node has", "write how many there are").for_pydantic()
    return amount


def _cores(amount: Quantity) -> Quantity:
    """Refuse what is more than any node has."""
    if amount.value >= _TOO_MANY_CORES:
        thousandths = not amount.suffix and amount.value * _MILLI < _TOO_MANY_CORES
        meant = f"{amount.number}m for thousandths" if thousandths else "for example 4 or 500m"
        raise _never_meant(_in_cores(amount), "more than any node has", meant)
    return amount


def _cores_of_model(amount: Quantity) -> Quantity:
    """Refuse what starts no engine."""
    if amount.millis < _TOO_FEW_MILLICORES:
        raise _never_meant(_in_cores(amount), "too little for a model", "for example 4 or 500m")
    return amount


def _larger(amount: Quantity, least: int, most: int = _MOST_MEMORY) -> str:
    """Return the number with the suffix that makes it a plausible amount of memory: 48000 GiB is not one.

    An example where that is less than `least` bytes too, as of 0.5Gi, or more than any machine has.
    """
    suffix, factor = ("Mi", _MIB) if Decimal(amount.number) >= _MEBIBYTES else ("Gi", GIB)
    meant = Decimal(amount.number) * factor
    return f"{amount.number}{suffix}" if least <= meant <= most else "for example 40Gi"


def _smaller(amount: Quantity, least: int, most: int) -> str:
    """Return the number with the largest suffix that makes it memory that there is; an example where none does."""
    number = Decimal(amount.number)
    sizes = (
        f"{amount.number}{suffix}" for suffix, factor in (("Gi", GIB), ("Mi", _MIB)) if least <= number * factor <= most
    )
    return next(sizes, "for example 40Gi")


def _tebibytes(amount: Quantity) -> str:
    return f"{_plainly(round(amount.value / (1024 * GIB), 1))}Ti"


def _bytes(amount: Quantity) -> str:
    return f"{_plainly(amount.value)} bytes"


def _in_cores(amount: Quantity) -> str:
    return f"{_plainly(amount.value)} cores"


def _plainly(value: Decimal) -> str:
    """Write a number in digits; with an exponent where these are too many to read, as of 1e-300."""
    digits = f"{value.normalize():f}"
    return digits if len(digits) <= _LONGEST else f"{value:.3g}"


def _never_meant(found: str, why: str, meant: str) -> PydanticCustomError:
    return UnusableTextError(f"is {found}, {why}", f"write {meant}", found=found).for_pydantic()


GpuMemory = Annotated[Quantity, AfterValidator(_memory_of_gpu)]
"""At least 1Gi, and at most 4Ti."""
Memory = Annotated[Quantity, AfterValidator(_memory)]
"""At least 1Mi, and at most 64Ti."""
NodeMemory = Annotated[Memory, AfterValidator(_memory_of_node)]
"""At least 1Gi, and at most 64Ti."""
Cores = Annotated[Quantity, AfterValidator(_cores)]
"""Less than 1000."""
NodeCores = Annotated[Cores, AfterValidator(_cores_of_node)]
"""At least 100m, and less than 1000."""
WholeAmount = Annotated[Quantity, AfterValidator(_whole)]
"""A whole number, as Kubernetes writes it: 8, 1k or, of bytes, 4Gi."""
PodCores = Annotated[Cores, AfterValidator(_cores_of_model)]
"""At least 100m, and less than 1000."""
