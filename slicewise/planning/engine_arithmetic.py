"""What an engine needs and what a unit has, as JSON data: where the engine fits as where it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slicewise.documents import ModelSpec, NodePool, ServingProfile, profile_engine, unit_of
from slicewise.planning.engine_fit import engine_sizing

if TYPE_CHECKING:
    from slicewise.sizing import Range


def engine_arithmetic(model: ModelSpec, profile: ServingProfile, pool: NodePool) -> dict[str, object] | None:
    """Return the verdict on a profile's engine and a pool's unit with its numbers, in bytes of one rank.

    Null is what cannot be known. None for a model that does not say what it is made of, or in a way that is not known.
    """
    engine = profile_engine(model, profile)
    if engine is None:
        return None
    unit = unit_of(pool)
    found = engine_sizing(engine, unit)
    return {
        "verdict": found.verdict.value,
        "vllm": str(engine.version) if engine.version else None,
        "unitBytes": unit.memory,
        "budgetBytes": found.budget,
        "weightsBytes": found.weights,
        "overheadBytes": _range(found.overhead),
        "availableBytes": _range(found.available),
        "maxModelLen": found.length,
        "neededBytes": found.needed,
        "reasons": [{"code": reason.code.value, "message": reason.message} for reason in found.reasons],
    }


def _range(found: Range | None) -> dict[str, int] | None:
    return {"low": round(found.low), "high": round(found.high)} if found else None
