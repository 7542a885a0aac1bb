"""What would make a model fit for sure: each remedy is tried, and named only where it works."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final, NamedTuple

from slicewise.sizing.batch_sizes import batch_needs
from slicewise.sizing.comparing import LARGEST_UNIT, NeedsComparison
from slicewise.sizing.engine_options import EngineOptions
from slicewise.sizing.engines import EngineMemory, changed_memory
from slicewise.sizing.judging import FitJudge
from slicewise.sizing.overhead import Batch
from slicewise.sizing.results import FitVerdict
from slicewise.sizing.units import GIB, OfferedUnit, Unit

# A shorter request than this helps nobody, and fewer requests than this hardly.
_SHORTEST: Final = 1024
_FEWEST: Final = 8
_TOKENS_ROUNDED: Final = 256
_MIB: Final = 1 << 20


class SureOffer(NamedTuple):
    """What is offered to an engine beside the unit that it gets.

    Attributes:
        smallest: The smallest unit that is larger and surely enough; None for none.
        are_any: Whether anything is offered.
    """

    smallest: OfferedUnit | None = None
    are_any: bool = False


NO_OFFER: Final = SureOffer()
"""Nothing is known to be offered."""


def remedies(judge: FitJudge, unit: Unit, offer: SureOffer) -> Iterator[str]:
    """Yield changes after each of which the engine surely fits, the cheapest first.

    Args:
        judge: Judges the engine.
        unit: The unit that it gets.
        offer: What it could get instead.
    """
    if judge.verdict(unit) not in (FitVerdict.CANNOT_SAY, FitVerdict.DOES_NOT_FIT):
        return
    for ways in _changes(judge, unit):
        works = next((words for words, compared in ways if _fits(compared, unit)), None)
        if works is not None:
            yield works
    if (found := offer.smallest) is not None:
        yield f"{found.way} ({found.unit.memory / GIB:.2f} GiB), the smallest unit that is surely enough"
    elif (enough := sure_memory(judge, unit)) is not None:
        yield f"take a unit of {enough / GIB:.2f} GiB or more{', which none has' if offer.are_any else ''}"


def sure_offer(judge: FitJudge, unit: Unit, offers: Iterable[OfferedUnit]) -> SureOffer:
    """Return the first of `offers`, which are in the order of `offer_order`, that is larger and surely enough."""
    are_any = False
    for offer in offers:
        are_any = True
        if offer.unit.memory > unit.memory and judge.surely_fits(offer.unit):
            return SureOffer(offer, are_any)
    return SureOffer(None, are_any)


def offer_order(offer: OfferedUnit) -> tuple[int, int, str]:
    """Return what says which of two units is offered first: the smaller, then what requires less, then by its words.

    One pool declares 39Gi, and another 39.5Gi of the same slices: to require 39Gi leaves both.
    """
    return offer.unit.memory, offer.required, offer.way


def sure_memory(judge: FitJudge, unit: Unit) -> int | None:
    """Return the least bytes of such a unit with which the engine surely fits, to a MiB; None where none does."""
    least, enough = 0, LARGEST_UNIT // _MIB
    if not judge.surely_fits(replace(unit, memory=enough * _MIB)):
        return None
    while enough - least > 1:
        middle = (least + enough) // 2
        if judge.surely_fits(Unit(middle * _MIB, unit.is_slice, unit.gpu_model)):
            enough = middle
        else:
            least = middle
    return enough * _MIB


def _fits(compared: NeedsComparison, unit: Unit) -> bool:
    return compared.surely_fits(unit.memory) and not compared.spans_slices(unit)


def _with(memory: EngineMemory, unit: Unit, options: EngineOptions) -> NeedsComparison:
    changed = changed_memory(memory, options)
    return NeedsComparison(changed, batch_needs(changed, changed.batches(unit)))


Change = tuple[str, NeedsComparison]
"""What to write, and what the engine then needs."""


def _changes(judge: FitJudge, unit: Unit) -> Iterator[Iterator[Change]]:
    """Yield the kinds of change, each as the ways to make it, the mildest first."""
    memory, compared = judge.memory, judge.comparison(unit)
    options, budget = memory.options, compared.budget(unit.memory)
    if compared.may_lack_context(unit.memory, budget):
        # It is not asked how much of the rest would be enough: the budget itself is too large.
        return
    lacks_headroom = compared.lacks_headroom(unit.memory, budget)
    if not lacks_headroom:
        yield _shorter(judge, unit)
    yield _fewer(memory, compared.needs.batches[-1])
    if not options.enforce_eager:
        yield iter([("write --enforce-eager", _with(memory, unit, replace(options, enforce_eager=True)))])
    if lacks_headroom:
        # What is left outside the budget goes by the sizes of batches and by graphs alone.
        return
    if memory.cache_type.bytes > 1:
        yield iter([("write --kv-cache-dtype=fp8", _with(memory, unit, replace(options, kv_cache_dtype="fp8")))])
    if not memory.quantization.rules and not options.quantization:
        yield iter([("write --quantization=fp8", _with(memory, unit, replace(options, quantization="fp8")))])


def _shorter(judge: FitJudge, unit: Unit) -> Iterator[Change]:
    asked = judge.memory.length or 0
    length = _rounded(min(judge.sure_length(unit) or 0, asked))
    if _SHORTEST <= length < asked:
        options = replace(judge.memory.options, max_model_len=length, fits_length=False)
        yield f"write --max-model-len={length}", _with(judge.memory, unit, options)


def _fewer(memory: EngineMemory, batch: Batch) -> Iterator[Change]:
    sequences = batch.sequences // 2
    while sequences >= _FEWEST:
        fewer = batch_needs(memory, (Batch(sequences, batch.tokens),))
        words = f"write --max-num-seqs={sequences} --max-num-batched-tokens={batch.tokens}"
        yield words, NeedsComparison(memory, fewer)
        sequences //= 2


def _rounded(tokens: int) -> int:
    return tokens // _TOKENS_ROUNDED * _TOKENS_ROUNDED
