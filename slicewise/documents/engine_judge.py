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
        contradiction: How the bytes of the checkpoint contradict the config; empty where they do not.
    """

    architecture: Architecture
    options: EngineOptions
    version: VllmVersion | None
    contradiction: str

    @property
    def contradicted(self) -> bool:
        """Whether the checkpoint contradicts the config: then nothing is certain."""
        return bool(self.contradiction)

    @cached_property
    def memory(self) -> EngineMemory:
        """What it needs on any unit."""
        return sizing.engine_memory(self.architecture, self.options, self.version)

    @cached_property
    def judge(self) -> FitJudge:
        """Whether that is there on a unit."""
        return sizing.FitJudge(self.memory)
