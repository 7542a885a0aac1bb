"""What an engine needs against what a unit has, by numbers alone: most verdicts are never put into words."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable
from functools import cached_property
from typing import Final

from slicewise.sizing.batch_sizes import BatchNeeds
from slicewise.sizing.engines import EngineMemory
from slicewise.sizing.overhead import Range
from slicewise.sizing.results import FitVerdict
from slicewise.sizing.uncomputed import Changes
from slicewise.sizing.units import GIB, Unit

# What logs show of weights beside what is computed: scales and small copies are not all known.
_WEIGHTS_LOW: Final = 0.9925
_WEIGHTS_HIGH: Final = 1.01
# A CUDA context, and with several ranks NCCL's beginnings: free against total memory in startup logs.
_CONTEXT: Final = Range(0.23 * GIB, 0.6 * GIB)
_CONTEXT_RANKS: Final = Range(0.5 * GIB, 2.1 * GIB)
_USUAL_CONTEXT: Final = 0.5 * GIB
_USUAL_CONTEXT_RANKS: Final = 1.5 * GIB
LARGEST_UNIT: Final = 4096 * GIB
"""No unit has more."""


class NeedsComparison:
    """One engine with batches of given sizes, to compare with many units: all that goes by no unit is computed once.

    Attributes:
        memory: What the engine needs.
        needs: What goes by the sizes of its batches.
        share: The part of a unit's memory that vLLM may use.
        context: What a CUDA context takes of a unit.
        several: Whether there are several ranks.
        length_exceeds: Whether a longer request is asked for than the model's config allows.
    """

    def __init__(self, memory: EngineMemory, needs: BatchNeeds) -> None:
        """Prepare to compare the engine that needs `memory`, and `needs` for its batches."""
        options, longest = memory.options, memory.architecture.longest
        asked = options.max_model_len
        self.memory = memory
        self.needs = needs
        self.share = memory.utilization
        self.several = options.tensor * options.pipeline > 1
        self.context = _CONTEXT_RANKS if self.several else _CONTEXT
        self._usual_context = _USUAL_CONTEXT_RANKS if self.several else _USUAL_CONTEXT
        self.length_exceeds = bool(longest and asked and asked > longest and not memory.changing)
        self._changes = memory.changes
        self._low = memory.weights * _WEIGHTS_LOW
        self._high = memory.weights * _WEIGHTS_HIGH
        loads_whole = memory.version and not memory.version.loads_by_layer and memory.quantization.online
        self._loaded = memory.unquantized * _WEIGHTS_LOW if loads_whole else 0.0
        self._pool_bytes = memory.grouping.pool_bytes if memory.grouping else 0
        self._captures_states = memory.stateful and not options.enforce_eager

    def budget(self, size: int) -> int:
        """Return what vLLM may use of a unit of `size` bytes."""
        return math.ceil(size * self.share)

    def available(self, budget: int) -> Range | None:
        """Return what is left of a budget for the cache; None where the overhead is not known."""
        rest = self.needs.overhead
        return Range(budget - self._high - rest.high, budget - self._low - rest.low) if rest else None

    def verdict(self, unit: Unit) -> FitVerdict:
        """Return the verdict on a unit on which batches have these sizes: more memory never makes it worse."""
        starts, spans = self.starts_from, self.spans_slices(unit)
        if starts is None or unit.memory < starts:
            return FitVerdict.DOES_NOT_FIT
        if not spans and self.fits_from is not None and unit.memory >= self.fits_from:
            return FitVerdict.FITS
        if self.memory.changing:
            return FitVerdict.NOT_JUDGED
        is_known = self.needs.overhead is not None and self.needs.needed is not None
        return FitVerdict.NOT_JUDGED if is_known and (self.memory.adding or spans) else FitVerdict.CANNOT_SAY

    @cached_property
    def starts_from(self) -> int | None:
        """The least bytes of a unit on which it is not certain that the engine does not start; None where none is."""
        return self._least(lambda size: not self.fails(size), self._about(self.context.low, self._low, low=True))

    @cached_property
    def fits_from(self) -> int | None:
        """The least bytes of a unit on which the engine surely starts, but for slices that NCCL spans."""
        return self._least(self.surely_fits, self._about(self.context.high, self._high, low=False))

    def _about(self, context: float, weights: float, *, low: bool) -> float:
        """Return about the least bytes of a unit that has enough of everything."""
        rest, needed, batches = self.needs.overhead, self.needs.needed, self.needs.batches
        budget = weights
        if rest and needed:
            states = self._pool_bytes * batches[0 if low else -1].sequences if self._captures_states else 0
            budget += (rest.low if low else rest.high) + max(needed.low if low else needed.high, states)
        outside = context if low else max(context, self._usual_context + self.needs.outside)
        return max(budget / self.share, outside / (1 - self.share) if self.share < 1 else 0, self._loaded)

    def _least(self, holds: Callable[[int], bool], about: float) -> int | None:
        """Return the least bytes of a unit for which something holds, as it does for more; None where it never does.

        They are looked for `about` there, as far away as rounding takes them, then everywhere.
        """
        margin = math.ceil(2 / min(self.share, 1 - self.share)) if self.share < 1 else 0
        least, enough = max(int(about) - margin, -1), int(about) + margin
        if not holds(enough) or (least >= 0 and holds(least)):
            least, enough = -1, LARGEST_UNIT
            if not holds(enough):
                return None
        return bisect_left(range(enough), 1, lo=least + 1, key=holds)

    def fails(self, size: int) -> bool:
        """Whether the engine surely does not start on a unit of `size` bytes."""
        budget = self.budget(size)
        if self.is_impossible(size, budget):
            return True
        available = None if self.memory.changing else self.available(budget)
        if available is None or self.needs.needed is None:
            return False
        return self.lacks_cache(available) or self.lacks_states(available)

    def surely_fits(self, size: int) -> bool:
        """Whether the engine surely starts on a unit of `size` bytes, but for slices that NCCL spans."""
        budget = self.budget(size)
        if self.is_impossible(size, budget) or self.memory.changing or self.memory.adding:
            return False
        available = self.available(budget)
        return available is not None and not self._may_lack(size, budget, available)

    def _may_lack(self, size: int, budget: int, available: Range) -> bool:
        return (
            self.may_lack_cache(available)
            or self.may_lack_states(available)
            or self.may_lack_context(size, budget)
            or self.lacks_headroom(size, budget)
        )

    def is_impossible(self, size: int, budget: int) -> bool:
        """Whether the engine does not start whatever its version is."""
        return (
            self.length_exceeds
            or self.lacks_context(size, budget)
            or self.lacks_weights(size, budget)
            or self.lacks_whole(size)
        )

    def lacks_context(self, size: int, budget: int) -> bool:
        """Whether a CUDA context surely takes some of the budget."""
        return size - self.context.low < budget

    def weights_exceed(self, size: int, budget: int) -> bool:
        """Whether the weights alone, as computed, are more than may be used."""
        return self._low > (size if self._changes is Changes.BUDGET else budget)

    def lacks_weights(self, size: int, budget: int) -> bool:
        """Whether the weights alone, which are as computed, are more than may be used."""
        return self._changes is not Changes.WEIGHTS and self.weights_exceed(size, budget)

    def lacks_whole(self, size: int) -> bool:
        """Whether the weights, loaded whole before they are quantised, are more than the unit has."""
        return self._loaded > size

    def lacks_cache(self, available: Range) -> bool:
        """Whether one request surely has too little cache."""
        needed = self.needs.needed
        return needed is not None and available.high < needed.low

    def lacks_states(self, available: Range) -> bool:
        """Whether there are surely fewer blocks of state than sequences."""
        return self._captures_states and self.pool(available.high) < self.needs.batches[0].sequences

    def spans_slices(self, unit: Unit) -> bool:
        """Whether NCCL has to connect slices, which it does not know (NCCL #1716)."""
        return bool(unit.is_slice) and self.several

    def may_lack_cache(self, available: Range) -> bool:
        """Whether one request may have too little cache."""
        needed = self.needs.needed
        return needed is None or available.low < needed.high

    def may_lack_states(self, available: Range) -> bool:
        """Whether there may be fewer blocks of state than sequences."""
        return self._captures_states and self.pool(available.low) < self.needs.batches[-1].sequences

    def may_lack_context(self, size: int, budget: int) -> bool:
        """Whether a CUDA context may take some of the budget."""
        return size - self.context.high < budget

    def outside(self, size: int, budget: int) -> float:
        """Return the bytes outside the budget that nothing has taken."""
        return size - self._usual_context - budget

    def lacks_headroom(self, size: int, budget: int) -> bool:
        """Whether less may be left outside the budget than graphs and the sampler's warm-up need."""
        return self.outside(size, budget) < self.needs.outside

    def pool(self, available: float) -> int:
        """Return the blocks that `available` bytes hold."""
        return min(cache.pool(available) for cache in self.needs.caches)
