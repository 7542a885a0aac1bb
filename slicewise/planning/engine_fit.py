"""Whether the engine of a serving profile starts on a pool's units: each distinct pair is judged once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from slicewise import sizing
from slicewise.diagnostics import Code
from slicewise.documents import (
    Fleet,
    ModelKey,
    ModelSpec,
    NodePool,
    ServingProfile,
    SizedEngine,
    model_key,
    profile_engine,
    unit_of,
)
from slicewise.planning.reasons import EngineMemoryTooSmall
from slicewise.sizing import Unit, VllmVersion

# Engines, and engines on units, of fleets that are planned; more are judged again.
_MOST_ENGINES = 16_384
_MOST_PAIRS = 262_144


def engine_reason(engine: SizedEngine, unit: Unit) -> EngineMemoryTooSmall | None:
    """Return why an engine surely does not start on a unit; None where it may."""
    if engine.contradicted or engine.judge.verdict(unit) is not sizing.FitVerdict.DOES_NOT_FIT:
        return None
    return too_small(engine, unit)


def too_small(engine: SizedEngine, unit: Unit) -> EngineMemoryTooSmall:
    """Return why an engine does not start on a unit on which it surely does not."""
    return EngineMemoryTooSmall(unit.memory, _Shortage(engine, unit), slices=bool(unit.is_slice))


def candidate_engine_reason(model: ModelSpec, profile: ServingProfile, pool: NodePool) -> EngineMemoryTooSmall | None:
    """Return why the engine of a profile surely does not start on the units of a pool; None where it may."""
    engine = profile_engine(model, profile)
    return engine_reason(engine, unit_of(pool)) if engine else None


class EngineFits:
    """Which of a fleet's units engines surely do not start on: of most engines the smallest unit says all."""

    def __init__(self, units: Sequence[Unit]) -> None:
        """Judge engines on `units`, which have numbers by their order; several may be the same."""
        numbers: dict[Unit, list[int]] = {}
        for number, unit in enumerate(units):
            numbers.setdefault(unit, []).append(number)
        kinds: dict[bool | None, list[Unit]] = {}
        for unit in sorted(numbers, key=lambda each: each.memory):
            kinds.setdefault(unit.sees_large_device, []).append(unit)
        self._numbers = numbers
        self._kinds = [(here, self._first(here)) for here in kinds.values()]

    def _first(self, units: Sequence[Unit]) -> Sequence[frozenset[int]]:
        """Return the numbers of none of `units`, of the first, of the first two, and so on."""
        sets = [frozenset[int]()]
        for unit in units:
            sets.append(sets[-1].union(self._numbers[unit]))
        return sets

    def failing(self, engine: SizedEngine) -> frozenset[int]:
        """Return the numbers of the units on which an engine surely does not start."""
        if engine.contradicted:
            return frozenset()
        return frozenset().union(*(first[engine.judge.failing(units)] for units, first in self._kinds))

    def doubts(self, engine: SizedEngine) -> frozenset[int]:
        """Return the numbers of the units on which an engine starts only if its weights are smaller than computed."""
        if not engine.contradicted and engine.memory.changes is not sizing.Changes.WEIGHTS:
            return frozenset()
        doubtful = (unit for unit in self._numbers if weights_in_doubt(engine, unit))
        return frozenset(number for unit in doubtful for number in self._numbers[unit])


def weights_in_doubt(engine: SizedEngine, unit: Unit) -> bool:
    """Return whether the weights as computed do not fit on a unit, and may be smaller than computed."""
    return engine.judge.weights_in_doubt(unit, contradicted=engine.contradicted)


def surely_starts(engine: SizedEngine, unit: Unit) -> bool:
    """Return whether an engine is certain to start on a unit."""
    return not engine.contradicted and engine.judge.surely_fits(unit)


@lru_cache(_MOST_ENGINES)
def engine_sizing(engine: SizedEngine, unit: Unit) -> sizing.Sizing:
    """Return the verdict on an engine and a unit, with its arithmetic and remedies."""
    return sizing.judged_sizing(engine.judge, unit, engine.contradiction)


@dataclass(frozen=True, slots=True)
class JudgedEngine:
    """What was found of an engine and a unit.

    Attributes:
        verdict: Whether it starts there.
        version: vLLM's version; None where it is not known.
        unit_bytes: Memory of the unit.
        enough_bytes: The least memory of such a unit with which it surely starts; None where none is sure.
    """

    verdict: sizing.FitVerdict
    version: VllmVersion | None
    unit_bytes: int
    enough_bytes: int | None


def engine_verdict(engine: SizedEngine, unit: Unit) -> sizing.FitVerdict:
    """Return the verdict on an engine and a unit."""
    verdict = engine.judge.verdict(unit)
    uncertain = engine.contradicted and verdict is not sizing.FitVerdict.NOT_JUDGED
    return sizing.FitVerdict.CANNOT_SAY if uncertain else verdict


def judged_engine(model: ModelSpec, profile: ServingProfile, pool: NodePool) -> JudgedEngine | None:
    """Return what is known of a profile's engine on the units of a pool; None where nothing is."""
    engine = profile_engine(model, profile)
    if engine is None:
        return None
    unit = unit_of(pool)
    verdict = engine_verdict(engine, unit)
    enough = None if engine.contradicted else _enough(engine, replace(unit, memory=0))
    return JudgedEngine(verdict, engine.version, unit.memory, enough)


def unchecked_models(fleet: Fleet) -> list[ModelKey]:
    """Return the models that are deployed and do not say what they are made of, by their names."""
    used = {model_key(deployment) for deployment in fleet.deployments}
    return sorted(key for key in used if fleet.models[key].architecture is None)


@lru_cache(_MOST_ENGINES)
def _enough(engine: SizedEngine, kind: Unit) -> int | None:
    return sizing.sure_memory(engine.judge, kind)


@lru_cache(_MOST_PAIRS)
def _first_reason(engine: SizedEngine, unit: Unit) -> sizing.SizingReason:
    return engine.judge.reasons(unit)[0]


@dataclass(frozen=True, slots=True)
class _Shortage:
    """Most rejections are never shown, and the least memory that is enough is searched for."""

    engine: SizedEngine
    unit: Unit

    @property
    def enough(self) -> int | None:
        # Of units of one kind it is one number.
        return _enough(self.engine, replace(self.unit, memory=0))

    @property
    def why(self) -> Code:
        return _first_reason(self.engine, self.unit).code

    @property
    def arithmetic(self) -> str:
        return _first_reason(self.engine, self.unit).message
