"""Why the prefill workload of a placement has no place, though the placement itself would have one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import ClassVar

from slicewise.diagnostics import named
from slicewise.planning.reasons import Reason, RejectionCode

_ORDER = {code: number for number, code in enumerate(RejectionCode)}


@dataclass(frozen=True, slots=True)
class NoPoolForPrefill(Reason):
    """No pool of the environment takes the prefill workload beside the placement."""

    code: ClassVar[RejectionCode] = RejectionCode.PREFILL
    node_pool: str
    """The pool that comes nearest to taking it."""
    why: Reason = field(metadata={"facts": ("code", "text")})

    @property
    def full(self) -> bool:
        """Whether a pool would take it if it had the room."""
        return self.why.code is RejectionCode.CAPACITY

    @property
    def message(self) -> str:
        """Say which pool comes nearest, and what is wanting there."""
        return (
            "no pool of the environment takes its prefill workload beside it; "
            f"{named(self.node_pool)} comes nearest: {self.why.text}"
        )


@dataclass(frozen=True, slots=True)
class PrefillRejected(Reason):
    """The pool that had the prefill workload cannot take it any more."""

    code: ClassVar[RejectionCode] = RejectionCode.PREFILL
    node_pool: str
    why: Reason = field(metadata={"facts": ("code", "text")})

    @property
    def message(self) -> str:
        """Say which pool, and why."""
        return f"{named(self.node_pool)} cannot take its prefill workload: {self.why.text}"


def nearest_for_prefill(judged: Iterable[tuple[str, Reason | None]]) -> NoPoolForPrefill | None:
    """Return why no pool of one environment takes a prefill workload; None where one does, which has no reason.

    Args:
        judged: Every pool by name, with the reason why it does not take the workload.
    """
    nearest: tuple[str, Reason] | None = None
    for name, reason in judged:
        if reason is None:
            return None
        if nearest is None or _ORDER[reason.code] > _ORDER[nearest[1].code]:
            nearest = name, reason
    return NoPoolForPrefill(*nearest) if nearest else None
