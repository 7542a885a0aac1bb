"""What was sized, as data and as people read it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Console

from slicewise.cli.sized_models import SizedProfile
from slicewise.presentation import ERROR, GOOD, WARNING, Column, show, show_line
from slicewise.sizing import FitVerdict, Range, Sizing, SizingReason

_GIB = 1024**3


def sizes_to_dict(sizes: Sequence[SizedProfile]) -> dict[str, Any]:
    """Return what was found as JSON data; sizes are GiB, and null is what cannot be known."""
    return {"sizes": [_to_dict(each) for each in sizes]}


def _to_dict(item: SizedProfile) -> dict[str, Any]:
    found, unit = item.sizing, item.on.unit
    return {
        "profile": item.profile,
        "unit": {
            "gpu": unit.gpu_model or None,
            "migProfile": item.on.mig_profile,
            "memoryGiB": _gib(unit.memory),
        },
        "vllm": str(item.version) if item.version else None,
        "verdict": item.verdict.value,
        "weightsGiB": _gib(found.weights if found else None),
        "budgetGiB": _gib(found.budget if found else None),
        "kvCache": {
            "bytesPerToken": found.token_bytes if found else None,
            "neededGiB": _gib(found.needed if found else None),
            "availableGiB": _range(found.available if found else None, _GIB),
            "tokens": _tokens(found),
        },
        "concurrency": _range(found.concurrency if found else None),
        "maxModelLen": {
            "sure": found.sure_length if found else None,
            "possible": found.possible_length if found else None,
        },
        "overheadGiB": _range(found.overhead if found else None, _GIB),
        "reasons": [
            {"code": reason.code.value, "message": reason.message, "remedy": reason.remedy or None}
            for reason in item.reasons
        ],
    }


def _gib(size: float | None) -> float | None:
    return None if size is None else round(size / _GIB, 3)


def _range(found: Range | None, unit: int = 1) -> dict[str, float | None]:
    if found is None:
        return {"low": None, "high": None}
    return {"low": round(found.low / unit, 3), "high": round(found.high / unit, 3)}


def _tokens(found: Sizing | None) -> dict[str, int | None]:
    tokens = found.tokens if found else None
    return {"low": int(tokens.low), "high": int(tokens.high)} if tokens else {"low": None, "high": None}


_COLUMNS = (
    Column("serving profile", short="serving"),
    *map(Column, ("unit", "verdict")),
    *(
        Column(heading, number=True)
        for heading in ("memory", "budget", "weights", "overhead", "left for cache", "one request", "requests at once")
    ),
)
_STYLES = {
    FitVerdict.FITS: GOOD,
    FitVerdict.CANNOT_SAY: WARNING,
    FitVerdict.NOT_JUDGED: WARNING,
    FitVerdict.DOES_NOT_FIT: ERROR,
}


def print_sizes(console: Console, sizes: Sequence[SizedProfile]) -> None:
    """Print a row for each engine on each unit, then the arithmetic and the reasons of each."""
    show(console, "Sizes in GiB", _COLUMNS, [_row(each) for each in sizes])
    for item in sizes:
        show_line(console, f"{_name(item)}: {item.verdict}", _STYLES[item.verdict])
        for line in (*_arithmetic(item), *_reasons(item.reasons)):
            show_line(console, f"  {line}")


def _name(item: SizedProfile) -> str:
    on = str(item.on) or f"a unit of {item.on.unit.memory / _GIB:.2f} GiB"
    return f"{item.profile} on {on}" if item.profile else on


def _row(item: SizedProfile) -> Sequence[str]:
    found = item.sizing
    return (
        item.profile or "",
        str(item.on),
        item.verdict.value,
        _number(item.on.unit.memory),
        _number(found.budget if found else None),
        _number(found.weights if found else None),
        _span(found.overhead if found else None, _GIB),
        _span(found.available if found else None, _GIB),
        _number(found.needed if found else None),
        _span(found.concurrency if found else None, 1, 1),
    )


def _number(size: float | None) -> str:
    return "" if size is None else f"{size / _GIB:.2f}"


def _span(found: Range | None, unit: int, digits: int = 2) -> str:
    if found is None:
        return ""
    low, high = (f"{max(size, 0) / unit:.{digits}f}" for size in (found.low, found.high))
    return low if low == high else f"{low} to {high}"


def _arithmetic(item: SizedProfile) -> Iterator[str]:
    found, memory = item.sizing, item.on.unit.memory
    if found is None:
        return
    version = f"vLLM {item.version}" if item.version else "a vLLM of unknown version"
    yield (
        f"{version} may use {memory / _GIB:.2f} x {found.budget / memory:.2f} = {found.budget / _GIB:.2f}, for batches "
        f"of {found.sequences} sequences and {found.batched_tokens} tokens"
    )
    if found.available and found.weights is not None:
        yield (
            f"{found.budget / _GIB:.2f} - {found.weights / _GIB:.2f} weights - {_span(found.overhead, _GIB)} overhead "
            f"leaves {_span(found.available, _GIB)} for the cache"
        )
    if found.length and found.needed is not None and found.token_bytes is not None:
        yield (
            f"one request of {found.length:,} tokens needs {found.needed / _GIB:.2f} ({found.token_bytes:,} bytes for "
            "each further token)"
        )
    if found.sure_length and found.sure_length == found.possible_length:
        yield f"longest request: {found.sure_length:,} tokens"
    elif found.sure_length and found.possible_length:
        yield f"longest request: {found.sure_length:,} tokens surely, {found.possible_length:,} perhaps"


def _reasons(reasons: Sequence[SizingReason]) -> Iterator[str]:
    for reason in reasons:
        yield f"{reason.text} [{reason.code.value}]"
