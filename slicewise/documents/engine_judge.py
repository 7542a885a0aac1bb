"""An engine by all that its memory goes by, for the models of one config that are served alike."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from slicewise import sizing

if TYPE_CHECKING:
    from slicewise.sizing import Architecture, EngineMemory, EngineOptions, FitJudge, VllmVersion


@dataclass(frozen=True, eq=False)
class SizedEngine:
    """An engine; what it needs is computed once, when it is first asked for.

    Attributes:
        architecture: The model.
        options: How vLLM is started.
        version: Its version; None where it is not known.
        checkpoint_bytes: Bytes of the checkpoint, where they are known.
        contradicted: Whether these contradict the config: then nothing is certain.
    """

    architecture: Architecture
    options: EngineOptions
    version: VllmVersion | None
    checkpoint_bytes: int | None
    contradicted: bool

    @cached_property
    def memory(self) -> EngineMemory:
        """What it needs on any unit."""
        return sizing.engine_memory(self.architecture, self.options, self.version)

    @cached_property
    def judge(self) -> FitJudge:
        """Whether that is there on a unit."""
        return sizing.FitJudge(self.memory)
