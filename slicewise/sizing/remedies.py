"""What would make a model fit for sure: each remedy is tried, and named only where it works."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from slicewise.sizing.engine_options import EngineOptions
from slicewise.sizing.engines import EngineMemory, engine_memory
from slicewise.sizing.judging import FitJudge
from slicewise.sizing.results import FitVerdict, Sizing
from slicewise.sizing.units import GIB, OfferedUnit, Unit

# A shorter request than this helps nobody, and fewer requests than this hardly.
_SHORTEST: Final = 1024
_FEWEST: Final = 8
_TOKENS_ROUNDED: Final = 256
_MIB: Final = 1 << 20
_LARGEST_UNIT: Final = 4096 * GIB


def remedies(memory: EngineMemory, unit: Unit, sizing: Sizing, offers: Sequence[OfferedUnit]) -> Iterator[str]:
    """Yield changes after each of which the engine surely fits, the cheapest first.

    Args:
        memory: What the engine needs.
        unit: The unit that it gets.
        sizing: What was found of the two.
        offers: The units that it could get, if they are known: the smallest that is surely enough is named.
    """
    if sizing.verdict not in (FitVerdict.CANNOT_SAY, FitVerdict.DOES_NOT_FIT):
        return
    for ways in _changes(memory, sizing):
        works = next((words for words, options in ways if _fits(memory, options, unit)), None)
        if works is not None:
            yield works
    if (offer := _smallest(memory, unit, offers)) is not None:
        yield f"{offer.way} ({offer.unit.memory / GIB:.2f} GiB), the smallest unit that is surely enough"
    elif (enough := sure_memory(memory, unit)) is not None:
        yield f"take a unit of {enough / GIB:.2f} GiB or more{', which none has' if offers else ''}"


def _smallest(memory: EngineMemory, unit: Unit, offers: Sequence[OfferedUnit]) -> OfferedUnit | None:
    """Return the smallest unit that is larger than `unit` and on which the engine surely fits."""
    judge = FitJudge(memory)
    larger = (offer for offer in offers if offer.unit.memory > unit.memory and _surely(judge, offer.unit))
    return min(larger, key=lambda offer: (offer.unit.memory, offer.way), default=None)


def sure_memory(memory: EngineMemory, unit: Unit) -> int | None:
    """Return the least bytes of such a unit with which the engine surely fits, to a MiB; None where none does."""
    least, enough = 0, _LARGEST_UNIT // _MIB
    judge = FitJudge(memory)
    if not _surely(judge, replace(unit, memory=enough * _MIB)):
        return None
    while enough - least > 1:
        middle = (least + enough) // 2
        if _surely(judge, replace(unit, memory=middle * _MIB)):
            enough = middle
        else:
            least = middle
    return enough * _MIB


def _surely(judge: FitJudge, unit: Unit) -> bool:
    return judge.verdict(unit) is FitVerdict.FITS


def _fits(memory: EngineMemory, options: EngineOptions, unit: Unit) -> bool:
    return _surely(FitJudge(engine_memory(memory.architecture, options, memory.version)), unit)


Change = tuple[str, EngineOptions]


def _changes(memory: EngineMemory, sizing: Sizing) -> Iterator[Iterator[Change]]:
    """Yield the kinds of change, each as the ways to make it, the mildest first."""
    options = memory.options
    yield _shorter(options, sizing)
    yield _fewer(options, sizing)
    if not options.enforce_eager:
        yield iter([("write --enforce-eager", replace(options, enforce_eager=True))])
    if memory.cache_type.bytes > 1:
        yield iter([("write --kv-cache-dtype=fp8", replace(options, kv_cache_dtype="fp8"))])
    if not memory.quantization.rules and not options.quantization:
        yield iter([("write --quantization=fp8", replace(options, quantization="fp8"))])


def _shorter(options: EngineOptions, sizing: Sizing) -> Iterator[Change]:
    length = _rounded(min(sizing.sure_length or 0, sizing.length or 0))
    if _SHORTEST <= length < (sizing.length or 0):
        yield f"write --max-model-len={length}", replace(options, max_model_len=length, fits_length=False)


def _fewer(options: EngineOptions, sizing: Sizing) -> Iterator[Change]:
    sequences = (sizing.sequences or 0) // 2
    while sequences >= _FEWEST:
        batch = f"--max-num-seqs={sequences} --max-num-batched-tokens={sizing.batched_tokens}"
        yield (
            f"write {batch}",
            replace(options, max_num_seqs=sequences, max_num_batched_tokens=sizing.batched_tokens),
        )
        sequences //= 2


def _rounded(tokens: int) -> int:
    return tokens // _TOKENS_ROUNDED * _TOKENS_ROUNDED
