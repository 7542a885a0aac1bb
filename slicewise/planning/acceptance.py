"""Whether a pool takes anything new: what its document and its environment's say of scheduling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from slicewise.documents import InferenceEnvironment, NodePool, Scheduling
from slicewise.planning.reasons import Reason, RejectionCode


@dataclass(frozen=True, slots=True)
class NotAccepting(Reason):
    """The documents say that nothing new comes to a pool."""

    code: ClassVar[RejectionCode] = RejectionCode.NOT_ACCEPTING
    scheduling: Scheduling
    of_environment: bool
    """Whether it is the environment that says so, of all its pools."""

    @property
    def message(self) -> str:
        """Say which of the two it is, and whose."""
        whose = "the environment's scheduling" if self.of_environment else "the pool's scheduling"
        then = "takes nothing new" if self.scheduling is Scheduling.NO_NEW else "is being emptied"
        return f"{whose} is {self.scheduling}: it {then}"


def acceptance_reason(environment: InferenceEnvironment, pool: NodePool) -> NotAccepting | None:
    """Return that `pool` of `environment` takes nothing new, if that is so."""
    scheduling = environment.scheduling_of(pool)
    if scheduling is Scheduling.ACTIVE:
        return None
    return NotAccepting(scheduling, of_environment=pool.scheduling is not scheduling)
