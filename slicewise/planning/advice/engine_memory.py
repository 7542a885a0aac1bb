"""Engines that were placed on units of which it is not certain that they start there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from slicewise import sizing
from slicewise.diagnostics import Diagnostic
from slicewise.documents import Fleet, ModelKey, model_key, unit_of
from slicewise.planning.declared_units import offered_units
from slicewise.planning.engine_fit import engine_sizing, sized_engine, surely_starts
from slicewise.planning.plan import Placement
from slicewise.sizing import Unit

_GIB = 1024**3


class _Pair(NamedTuple):
    model: ModelKey
    profile: str
    is_prefill: bool
    unit: Unit


def engine_memory_advice(fleet: Fleet, placements: Iterable[Placement]) -> Iterator[Diagnostic]:
    """Yield each profile with each kind of unit that it was placed on, where that is not known to be enough."""
    sized = {key for key, model in fleet.models.items() if model.architecture is not None}
    first: dict[_Pair, Placement] = {}
    # Most fleets give no architectures: their placements need no sorting.
    for placement in sorted(placements, key=_order) if sized else ():
        key = model_key(fleet.deployment[placement.deployment])
        if key in sized:
            for workload in placement.workloads:
                unit = unit_of(fleet.node_pool[workload.environment, workload.node_pool])
                first.setdefault(_Pair(key, workload.profile, workload.is_prefill, unit), workload)
    for (key, name, is_prefill, unit), placement in first.items():
        model = fleet.models[key]
        number = next(i for i, each in enumerate(model.serving) if each.name == name)
        profile = placement.profile_of(model)
        engine = sized_engine(model, profile)
        if engine is None or surely_starts(engine, unit):
            continue
        found = engine_sizing(engine, unit, offered_units(fleet, profile))
        if found.verdict is sizing.FitVerdict.FITS:
            continue
        reason = found.reasons[0]
        what = "slice" if unit.is_slice else "GPU"
        place = f"{placement.environment}/{placement.node_pool}"
        yield Diagnostic.warning(
            reason.code,
            f"{found.verdict}, on a {what} of {unit.memory / _GIB:.2f} GiB of {place}: {reason.message}",
            reason.remedy,
            field=("spec", "serving", number, *(("prefill",) if is_prefill else ("engine",))),
            subject=key.subject,
            verdict=found.verdict.value,
            unitBytes=unit.memory,
        )


def _order(placement: Placement) -> tuple[object, ...]:
    return placement[:4]
