"""That a quota would be exceeded, as a reason with its numbers."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple, Self

from slicewise.documents import Measure
from slicewise.planning.quotas.worth import counted_in_words, in_words, number_of
from slicewise.planning.reasons import ReasonWithNumbers, RejectionCode, spread


class QuotaSum(NamedTuple):
    """What is taken of a quota, what it allows and what would be taken, by one measure.

    Attributes:
        measure: What is counted.
        taken: Units, bytes of memory or parts of GPUs that others, and other placements, take.
        most: As much is allowed.
        asked: As much would be taken beside that.
    """

    measure: Measure
    taken: int
    most: int
    asked: int

    @property
    def used(self) -> float | int:
        """What is taken: units, GiB or GPUs."""
        return number_of(self.measure, self.taken)

    @property
    def limit(self) -> float | int:
        """What is allowed: units, GiB or GPUs."""
        return number_of(self.measure, self.most)

    @property
    def needs(self) -> float | int:
        """What would be taken: units, GiB or GPUs."""
        return number_of(self.measure, self.asked)


@dataclass(frozen=True)
class QuotaExceeded(ReasonWithNumbers):
    """The deployments of a quota would take more together than it allows."""

    code: ClassVar[RejectionCode] = RejectionCode.QUOTA
    quota: str
    sum: QuotaSum = field(metadata={"facts": ("measure", "used", "limit", "needs")})

    @property
    def alike(self) -> Hashable:
        """Of which quota, and what it limits."""
        return (self.quota, self.sum.measure, self.sum.most)

    def said_of(self, group: Sequence[Self]) -> str:
        """Say what is taken, what the limit is, and what would be needed."""
        measure = self.sum.measure

        def words(amounts: list[int]) -> str:
            return spread(amounts, lambda amount: in_words(measure, amount))

        limit = counted_in_words(measure, self.sum.most)
        taken, needs = words([each.sum.taken for each in group]), words([each.sum.asked for each in group])
        return f"Quota {self.quota}: {taken} of {limit} taken, needs {needs}"
