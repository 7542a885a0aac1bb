"""The verdict on a unit, in words and with its arithmetic."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import Final

from slicewise.diagnostics import Code
from slicewise.sizing.batch_sizes import batch_needs
from slicewise.sizing.comparing import NeedsComparison
from slicewise.sizing.engines import EngineMemory
from slicewise.sizing.overhead import Batch, Range
from slicewise.sizing.results import FitVerdict, Sizing, SizingReason
from slicewise.sizing.uncomputed import Changes
from slicewise.sizing.units import GIB, Unit
from slicewise.sizing.vllm_versions import FIRST_TESTED, LAST_TESTED

# Beyond what a config says of its context, lengths are looked for up to this.
_MOST_TOKENS: Final = 1 << 24


class FitJudge:
    """Judges one engine on many units."""

    def __init__(self, memory: EngineMemory) -> None:
        """Judge the engine that needs `memory`."""
        self.memory = memory
        self._by_device: dict[bool | None, NeedsComparison] = {}
        self._by_batches: dict[tuple[Batch, ...], NeedsComparison] = {}

    def verdict(self, unit: Unit) -> FitVerdict:
        """Return the verdict on a unit."""
        return self.comparison(unit).verdict(unit)

    def surely_fits(self, unit: Unit) -> bool:
        """Return whether the engine is certain to start on a unit."""
        compared = self.comparison(unit)
        fits = compared.fits_from
        return fits is not None and unit.memory >= fits and not compared.spans_slices(unit)

    def failing(self, units: Sequence[Unit]) -> int:
        """Return on how many of `units`, the first of them, the engine surely does not start.

        Args:
            units: One or more, the smallest first, on all of which vLLM sees a large device or on none.
        """
        starts = self.comparison(units[0]).starts_from
        return len(units) if starts is None else bisect_left(units, starts, key=attrgetter("memory"))

    def sizing(self, unit: Unit) -> Sizing:
        """Return the verdict on a unit with its arithmetic; remedies that need further sizing are left out."""
        return _Judgement(self.comparison(unit), unit).sizing()

    def reasons(self, unit: Unit) -> tuple[SizingReason, ...]:
        """Return why the verdict on a unit is not `fits`: the first decides; empty where it is."""
        return _Judgement(self.comparison(unit), unit).verdict()[1]

    def sure_length(self, unit: Unit) -> int | None:
        """Return the longest request that surely fits on a unit; None where that is not known."""
        return _Judgement(self.comparison(unit), unit).sure_length()

    def weights_in_doubt(self, unit: Unit, *, contradicted: bool = False) -> bool:
        """Return whether the engine starts on a unit only if its weights are smaller than computed, as they may be.

        Args:
            unit: The unit.
            contradicted: Whether the checkpoint contradicts the config, so that they may be smaller for that.
        """
        if self.memory.changes is not Changes.WEIGHTS and not contradicted:
            return False
        compared = self.comparison(unit)
        return compared.weights_exceed(unit.memory, compared.budget(unit.memory))

    def comparison(self, unit: Unit) -> NeedsComparison:
        """Return what is compared with a unit, and with all others on which vLLM takes batches of these sizes."""
        large = unit.sees_large_device
        if large not in self._by_device:
            batches = self.memory.batches(unit)
            if batches not in self._by_batches:
                self._by_batches[batches] = NeedsComparison(self.memory, batch_needs(self.memory, batches))
            self._by_device[large] = self._by_batches[batches]
        return self._by_device[large]


class _Judgement:
    """One engine on one unit, in words."""

    def __init__(self, compared: NeedsComparison, unit: Unit) -> None:
        self._compared = compared
        self._memory = compared.memory
        self._needs = compared.needs
        self._unit = unit
        self._budget = compared.budget(unit.memory)
        self._available = compared.available(self._budget)

    def sizing(self) -> Sizing:
        verdict, reasons = self.verdict()
        if verdict in (FitVerdict.FITS, FitVerdict.CANNOT_SAY) and self._available:
            reasons = (*reasons, *self._notes())
        memory, needs, available = self._memory, self._needs, self._available
        concurrency = self._concurrency(available)
        length = needs.length
        return Sizing(
            verdict=verdict,
            weights=memory.weights if memory.weights_known else None,
            budget=self._budget,
            token_bytes=memory.token_bytes,
            length=memory.length,
            needed=round(needs.needed.high) if needs.needed else None,
            overhead=needs.overhead,
            available=available,
            concurrency=concurrency,
            tokens=Range(concurrency.low * length, concurrency.high * length) if concurrency and length else None,
            sure_length=self.sure_length(),
            possible_length=max(self._lengths(available.high), default=None) if available else None,
            sequences=needs.batches[-1].sequences,
            batched_tokens=needs.batches[-1].tokens,
            reasons=reasons,
        )

    def _concurrency(self, available: Range | None) -> Range | None:
        length, caches = self._needs.length, self._needs.caches
        if available is None or length is None or not caches:
            return None
        low = min(cache.concurrency(max(available.low, 0), length) for cache in caches)
        return Range(low, max(cache.concurrency(max(available.high, 0), length) for cache in caches))

    def sure_length(self) -> int | None:
        return min(self._lengths(self._available.low), default=None) if self._available else None

    def _lengths(self, available: float) -> list[int]:
        most = self._memory.architecture.longest or _MOST_TOKENS
        return [cache.longest(max(available, 0), most) for cache in self._needs.caches]

    def verdict(self) -> tuple[FitVerdict, tuple[SizingReason, ...]]:
        changing = self._uncomputed()
        if certain := tuple(self._impossible()):
            return FitVerdict.DOES_NOT_FIT, (*certain, *changing)
        if changing:
            return FitVerdict.NOT_JUDGED, changing
        needed = self._needs.needed
        if self._available is None or needed is None:
            return FitVerdict.CANNOT_SAY, (_no_length() if self._available else self._untested(),)
        return self._judged(needed)

    def _judged(self, needed: Range) -> tuple[FitVerdict, tuple[SizingReason, ...]]:
        if short := tuple(self._too_small(needed)):
            return FitVerdict.DOES_NOT_FIT, short
        if adding := (*self._memory.adding, *self._ranks_on_slices()):
            return FitVerdict.NOT_JUDGED, tuple(SizingReason(Code.MORE_THAN_COMPUTED, cause) for cause in adding)
        if open_questions := tuple(self._uncertain(needed)):
            return FitVerdict.CANNOT_SAY, open_questions
        return FitVerdict.FITS, ()

    def _impossible(self) -> Iterator[SizingReason]:
        """Yield what keeps the engine from starting whatever its version is."""
        memory, compared, size = self._memory, self._compared, self._unit.memory
        longest, asked = memory.architecture.longest, memory.options.max_model_len
        if compared.length_exceeds:
            message = f"--max-model-len={asked} is above the {longest} tokens that the model's config allows"
            yield SizingReason(Code.LENGTH_ABOVE_MODEL, message, f"write at most {longest}")
        if compared.lacks_context(size, self._budget):
            message = (
                f"vLLM wants {_gib(self._budget)} of {_gib(size)} ({compared.share:g}), and a CUDA context "
                f"takes at least {_gib(compared.context.low)} of that: free memory is less than desired at startup"
            )
            yield SizingReason(
                Code.NO_ROOM_FOR_CONTEXT, message, f"write --gpu-memory-utilization={self._safe_share():g}"
            )
        if compared.lacks_weights(size, self._budget):
            yield SizingReason(Code.WEIGHTS_ABOVE_BUDGET, self._weights())
        if compared.lacks_whole(size):
            message = (
                f"vLLM {memory.version} loads all {_gib(memory.unquantized)} before it quantises them, and the unit "
                f"has {_gib(size)}"
            )
            yield SizingReason(Code.WEIGHTS_ABOVE_BUDGET, message, "take vLLM 0.17 or later, or a quantised checkpoint")

    def _weights(self) -> str:
        has = f"the unit has {_gib(self._unit.memory)}"
        has = has if self._memory.changes is Changes.BUDGET else f"the budget is {self._sum()}"
        return f"weights take {_gib(self._memory.weights)}, and {has}"

    def _uncomputed(self) -> tuple[SizingReason, ...]:
        """Return why memory is not computed; where the weights as computed are too much, also that."""
        doubt = ""
        if self._memory.changes is Changes.WEIGHTS and self._compared.weights_exceed(self._unit.memory, self._budget):
            doubt = f", and without that it does not start: {self._weights()}"
        return tuple(
            SizingReason(
                Code.MEMORY_NOT_COMPUTED,
                f"{each.cause}{doubt if each.changes is Changes.WEIGHTS else ''}",
                each.remedy,
            )
            for each in self._memory.changing
        )

    def _safe_share(self) -> float:
        return max(math.floor((self._unit.memory - self._compared.context.high) / self._unit.memory * 100) / 100, 0.01)

    def _untested(self) -> SizingReason:
        version = self._memory.version
        what = f"vLLM {version}" if version else "a version of vLLM that is not known"
        message = (
            f"what {what} needs beside weights and cache is not known: versions {FIRST_TESTED} to {LAST_TESTED} are"
        )
        return SizingReason(Code.VERSION_NOT_TESTED, message, "take one of these, or say which version the image has")

    def _too_small(self, needed: Range) -> Iterator[SizingReason]:
        """Yield what is too little although everything else takes as little as it may."""
        available = self._available
        if available is None:
            return
        if self._compared.lacks_cache(available):
            left = f"at most {_gib(available.high)}" if available.high > 0 else "nothing"
            message = f"{self._request()} needs {_gib(needed.low)} of cache, and {left} is left: {self._arithmetic()}"
            yield SizingReason(Code.CACHE_TOO_SMALL, message)
        elif self._compared.lacks_states(available):
            yield self._states(self._compared.pool(available.high))

    def _ranks_on_slices(self) -> tuple[str, ...]:
        spans = self._compared.spans_slices(self._unit)
        return ("tensor parallelism over slices, which NCCL does not support",) if spans else ()

    def _uncertain(self, needed: Range) -> Iterator[SizingReason]:
        """Yield what might be too little."""
        available, compared, size = self._available, self._compared, self._unit.memory
        if available is None:
            return
        if compared.may_lack_cache(available):
            message = (
                f"{self._request()} needs {_gib(needed.high)} of cache, and "
                f"{_span(Range(max(available.low, 0), available.high))} are left: {self._arithmetic()}"
            )
            yield SizingReason(Code.CACHE_NOT_CERTAIN, message)
        elif compared.may_lack_states(available):
            yield self._states(compared.pool(available.low))
        if compared.may_lack_context(size, self._budget):
            message = (
                f"vLLM wants {_gib(self._budget)} of {_gib(size)}, and a CUDA context takes up to "
                f"{_gib(compared.context.high)} of that"
            )
            yield SizingReason(
                Code.NO_ROOM_FOR_CONTEXT, message, f"write --gpu-memory-utilization={self._safe_share():g}"
            )
        elif compared.lacks_headroom(size, self._budget):
            outside = max(compared.outside(size, self._budget), 0)
            message = (
                f"outside the budget {_gib(outside)} are left for graphs and the sampler's warm-up, and "
                f"{_gib(self._needs.outside)} may be needed"
            )
            yield SizingReason(Code.THIN_HEADROOM, message)

    def _states(self, blocks: int) -> SizingReason:
        sequences = self._needs.batches[-1].sequences
        message = f"--max-num-seqs is {sequences}, and blocks of state are {blocks}: graphs cannot be captured"
        return SizingReason(Code.STATES_BELOW_SEQUENCES, message, f"write --max-num-seqs={max(blocks, 1)} or less")

    def _notes(self) -> Iterator[SizingReason]:
        """Yield what deserves a look although it changes no verdict."""
        memory, options = self._memory, self._memory.options
        if options.max_model_len is None and not options.fits_length:
            message = f"without --max-model-len one request may have all {memory.length} tokens of the model's context"
            yield SizingReason(Code.WHOLE_CONTEXT, message, "write the longest request that is served")
        stated = options.max_num_seqs is not None and options.max_num_batched_tokens is not None
        if self._unit.is_slice is not False and not stated:
            batch = self._needs.batches[-1]
            message = (
                f"batches are sized for {batch.sequences} sequences and {batch.tokens} tokens, vLLM's choice on such a "
                "unit; on a slice whose driver reports the whole board's memory it takes more"
            )
            remedy = f"write --max-num-seqs={batch.sequences} and --max-num-batched-tokens={batch.tokens}"
            yield SizingReason(Code.BATCHES_NOT_STATED, message, remedy)

    def _request(self) -> str:
        if self._memory.options.fits_length:
            return "the shortest request"
        return f"one request of {self._memory.length} tokens"

    def _sum(self) -> str:
        return f"{_gib(self._unit.memory)} x {self._compared.share:g} = {_gib(self._budget)}"

    def _arithmetic(self) -> str:
        rest = self._needs.overhead
        if rest is None:
            return self._sum()
        return f"{self._sum()}, less {_gib(self._memory.weights)} of weights and {_span(rest)} of overhead"


def _no_length() -> SizingReason:
    message = "neither --max-model-len nor the model's config says how long a request may be"
    return SizingReason(Code.LENGTH_NOT_KNOWN, message, "write --max-model-len")


def _gib(size: float) -> str:
    return f"{size / GIB:.2f} GiB"


def _span(size: Range) -> str:
    low, high = f"{size.low / GIB:.2f}", f"{size.high / GIB:.2f}"
    return f"{low} GiB" if low == high else f"{low} to {high} GiB"
