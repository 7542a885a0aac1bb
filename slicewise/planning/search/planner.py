"""Planning: what runs stays, then by priority and scarcity, each deployment where it fits tightest."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from slicewise.diagnostics import by_document
from slicewise.documents import Fleet
from slicewise.planning.advice import (
    ask_by_themselves,
    contradicted_amount_advice,
    crowded_node_advice,
    divided_group_advice,
    engine_memory_advice,
    inter_node_traffic_advice,
    occupied_pools,
    pod_settings_advice,
    required_memory_advice,
    rolling_update_advice,
    uncounted_resource_advice,
)
from slicewise.planning.plan import Plan, Shortfall
from slicewise.planning.previous_placements import PreviousPlacement
from slicewise.planning.quotas import overdrawn_quotas
from slicewise.planning.search.decision_log import DecisionLog
from slicewise.planning.search.demands import Demand, free_choices
from slicewise.planning.search.draft_plan import DraftPlan
from slicewise.planning.search.drained_pools import DrainedPools
from slicewise.planning.search.repair import repair
from slicewise.planning.search.retention import moves, retain, stay_in_environment
from slicewise.sources import paused_collector


def make_plan(fleet: Fleet, previous: Iterable[PreviousPlacement] = (), log: DecisionLog | None = None) -> Plan:
    """Decide where every deployment of `fleet` runs, keeping what `previous` has wherever it still fits.

    A pure function: the same input, in whatever order, gives the same plan. `log` notes what was compared for one
    deployment, and changes nothing.
    """
    with paused_collector():
        return _make_plan(fleet, previous, log)


def _make_plan(fleet: Fleet, previous: Iterable[PreviousPlacement], log: DecisionLog | None) -> Plan:
    draft = DraftPlan(fleet, log)
    lost = retain(draft, fleet, previous)
    stay_in_environment(draft, fleet, lost)
    drained = DrainedPools(draft, fleet)
    by_priority = sorted(draft.demands, key=lambda demand: (-demand.priority, demand.order))
    for priority, demands in groupby(by_priority, lambda demand: demand.priority):
        drained.leave(priority)
        _fill(draft, list(demands))
    if draft.quotas:
        draft.quotas.release(draft.placed)
    # Where those of a lower priority moved, there may be room for a higher one now.
    _place(draft, by_priority)
    drained.leave()
    draft.finish()
    tenants = draft.tenants()
    placements = [tenant.placement for here in tenants for tenant in here if not tenant.placement.is_prefill]
    occupied = occupied_pools(fleet, zip(draft.pools, tenants, strict=True))
    asking = ask_by_themselves(occupied)
    advice = [
        *required_memory_advice(free_choices(draft.demands, draft.pools)),
        *rolling_update_advice(occupied),
        *crowded_node_advice(occupied),
        *inter_node_traffic_advice(occupied),
        *uncounted_resource_advice(asking),
        *contradicted_amount_advice(asking),
        *engine_memory_advice(fleet, draft.requirements, draft.pools, tenants),
        *pod_settings_advice(fleet, occupied),
        *divided_group_advice(fleet, placements),
        *drained.advice(),
        *(overdrawn_quotas(fleet, draft.quotas) if draft.quotas else ()),
    ]
    return Plan(
        placements=tuple(sorted(placements, key=lambda item: (item.deployment, item.environment))),
        shortfalls=tuple(
            Shortfall(demand.key, demand.wanted, len(draft.placed[demand.key]))
            for demand in sorted(draft.demands, key=lambda demand: demand.key)
            if draft.missing(demand)
        ),
        node_pools=tuple(draft.usage()),
        warnings=tuple(by_document([*fleet.advice, *advice])),
        moved=tuple(moves(draft, drained.among(lost))),
    )


def _fill(draft: DraftPlan, demands: list[Demand]) -> None:
    """Place deployments of one priority, in order, in the environments that they still lack."""
    _place(draft, demands)
    short = [demand for demand in demands if draft.missing(demand)]
    if short:
        repair(draft, demands, short)


def _place(draft: DraftPlan, demands: Iterable[Demand]) -> None:
    for demand in demands:
        placed = draft.placed[demand.key]
        while draft.missing(demand) and (charge := draft.best(demand, placed)):
            draft.place(charge)
