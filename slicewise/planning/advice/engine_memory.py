"""Engines that were placed on units of which it is not certain that they start there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from slicewise import sizing
from slicewise.diagnostics import Diagnostic
from slicewise.documents import Fleet, ModelKey, SizedEngine, model_key
from slicewise.planning.advice.occupied_pool import Tenant
from slicewise.planning.advice.offered_units import OfferedUnits
from slicewise.planning.capacity import PoolLedger
from slicewise.planning.engine_fit import engine_verdict, surely_starts
from slicewise.planning.matched_requirements import MatchedRequirements
from slicewise.planning.plan import Placement
from slicewise.sizing import Unit

_GIB = 1024**3


class _Pair(NamedTuple):
    model: ModelKey
    profile: str
    is_prefill: bool
    unit: Unit


class _Placed(NamedTuple):
    engine: SizedEngine
    tenant: Tenant


def engine_memory_advice(
    fleet: Fleet,
    requirements: MatchedRequirements,
    pools: Sequence[PoolLedger],
    tenants: Iterable[Sequence[Tenant]],
) -> Iterator[Diagnostic]:
    """Yield each profile with each kind of unit that it was placed on, where that is not known to be enough.

    Args:
        fleet: What was planned.
        requirements: What its engines and pools are.
        pools: The pools.
        tenants: What was placed on each pool, in their order.
    """
    first: dict[_Pair, _Placed] = {}
    offered = OfferedUnits(fleet, requirements, pools)
    for unit, engine, tenant in _uncertain(requirements, tenants):
        placement = tenant.placement
        pair = _Pair(model_key(fleet.deployment[placement.deployment]), placement.profile, placement.is_prefill, unit)
        if pair not in first or _order(placement) < _order(first[pair].tenant.placement):
            first[pair] = _Placed(engine, tenant)
    known: dict[tuple[int, Unit, sizing.SureOffer], sizing.SizingReason | None] = {}
    for pair in sorted(first, key=lambda each: _order(first[each].tenant.placement)):
        key, name, is_prefill, unit = pair
        engine, tenant = first[pair]
        placement = tenant.placement
        verdict = engine_verdict(engine, unit)
        offer = sizing.sure_offer(engine.judge, unit, offered.to(tenant.profile))
        said = (id(engine), unit, offer)
        if said not in known:
            known[said] = sizing.decisive_reason(engine.judge, unit, engine.contradiction, offer)
        reason = known[said]
        if reason is None:
            continue
        number = next(i for i, each in enumerate(fleet.models[key].serving) if each.name == name)
        what = "slice" if unit.is_slice else "GPU"
        place = f"{placement.environment}/{placement.node_pool}"
        yield Diagnostic.warning(
            reason.code,
            f"{verdict}, on a {what} of {unit.memory / _GIB:.2f} GiB of {place}: {reason.message}",
            reason.remedy,
            field=("spec", "serving", number, *(("prefill",) if is_prefill else ("engine",))),
            subject=key.subject,
            verdict=verdict.value,
            unitBytes=unit.memory,
        )


def _uncertain(
    requirements: MatchedRequirements, tenants: Iterable[Sequence[Tenant]]
) -> Iterator[tuple[Unit, SizedEngine, Tenant]]:
    """Yield every tenant of which it is not certain that its engine starts there."""
    engines, units = requirements.engines, requirements.units
    sure: dict[tuple[int, int], bool] = {}
    for pool, here in zip(requirements.class_of, tenants, strict=True):
        for tenant in here if engines else ():
            engine = engines.get(id(tenant.profile))
            if engine is None:
                continue
            pair = (id(engine), pool)
            if pair not in sure:
                sure[pair] = surely_starts(engine, units[pool])
            if not sure[pair]:
                yield units[pool], engine, tenant


def _order(placement: Placement) -> tuple[object, ...]:
    return placement.deployment, placement.environment, placement.is_prefill
