"""What sizing says of a model on a unit: a verdict, its arithmetic, and reasons with remedies."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from slicewise.diagnostics import Code
from slicewise.sizing.overhead import Range


class FitVerdict(StrEnum):
    """Whether the engine starts and serves its longest request."""

    FITS = "fits"
    """It does, also where everything takes as much as it may."""
    DOES_NOT_FIT = "does-not-fit"
    """It does not, also where everything takes as little as it may."""
    CANNOT_SAY = "cannot-say"
    """It depends on what cannot be computed."""
    NOT_JUDGED = "not-judged"
    """Something is in use whose memory is not computed."""


@dataclass(frozen=True, slots=True)
class SizingReason:
    """Why a verdict is as it is, or what deserves a look.

    Attributes:
        code: Which kind of reason; docs/errors.md has a paragraph on each.
        message: What was found, with its numbers.
        remedy: What would help, computed; empty for none.
    """

    code: Code
    message: str
    remedy: str = ""

    @property
    def text(self) -> str:
        """The message, and what would help."""
        return f"{self.message}; {self.remedy}" if self.remedy else self.message


@dataclass(frozen=True, slots=True)
class Sizing:
    """A model on a unit. All numbers are those of one rank, the fullest; sizes are bytes.

    Attributes:
        verdict: Whether it fits.
        weights: Bytes of the weights; None where the model or its quantisation is not known.
        budget: Bytes that vLLM may use: the unit's memory x the utilisation.
        token_bytes: Bytes that one more token takes, of the layers that keep all tokens; None where the model is not
            known.
        length: The longest request that is asked for; None where neither arguments nor config say it.
        needed: Bytes of the cache of one such request; None where the length is not known.
        overhead: What the budget must hold beside weights and cache; None where this is not known.
        available: Bytes left for the cache; None where the overhead is not known.
        concurrency: Requests of that length at once, low and high; None where not known.
        tokens: Tokens that the cache holds, as vLLM logs them, low and high; None where not known.
        sure_length: The longest request that surely fits; None where not known.
        possible_length: The longest that may fit.
        sequences: `max_num_seqs` in force; where vLLM's choice is not certain, the larger.
        batched_tokens: `max_num_batched_tokens` in force, likewise.
        reasons: Why, the decisive one first; then what deserves a look.
    """

    verdict: FitVerdict
    weights: int | None
    budget: int
    token_bytes: int | None
    length: int | None
    needed: int | None
    overhead: Range | None
    available: Range | None
    concurrency: Range | None
    tokens: Range | None
    sure_length: int | None
    possible_length: int | None
    sequences: int | None
    batched_tokens: int | None
    reasons: tuple[SizingReason, ...]
