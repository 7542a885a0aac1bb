"""Every candidate of one deployment, with what came of it: `slicewise explain`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
from typing import Any

from slicewise.diagnostics import counted, named
from slicewise.documents import Fleet, model_key
from slicewise.planning.acceptance import acceptance_reason
from slicewise.planning.capacity import NoRoom
from slicewise.planning.engine_arithmetic import engine_arithmetic
from slicewise.planning.explaining.not_chosen import why_not
from slicewise.planning.explaining.rejections import Judged, Rejections
from slicewise.planning.location import Location, pool_in_words
from slicewise.planning.plan import Placement, Plan
from slicewise.planning.prefill_reasons import NoPoolForPrefill
from slicewise.planning.reason_facts import reason_facts
from slicewise.planning.reasons import RejectionCode
from slicewise.planning.search import DecisionLog


class Verdict(StrEnum):
    """What came of a candidate, in the order of showing."""

    PLACED = "placed"
    FITS = "fits"
    FULL = "full"
    TOO_SMALL = "too small"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One pool with one profile; without them: an environment that a selector rules out as a whole."""

    environment: str
    node_pool: str | None
    profile: str | None
    verdict: Verdict
    code: RejectionCode | None
    """Why it is rejected, or capacity where it is full or too small."""
    message: str
    facts: Mapping[str, object] = field(default_factory=dict)
    """The numbers and names of the message; the engine's and the unit's memory, where they were compared."""
    resource: str | None = None
    """The GPU resource, of a pool whose nodes offer several."""

    @property
    def pool_in_words(self) -> str | None:
        """The pool's name, and which of several GPU resources of its nodes is meant."""
        return pool_in_words(self.node_pool, self.resource) if self.node_pool and self.resource else self.node_pool


def candidate_to_dict(candidate: Candidate) -> dict[str, Any]:
    """Return one candidate as JSON data."""
    return {
        "environment": candidate.environment,
        "nodePool": candidate.node_pool,
        "profile": candidate.profile,
        **({"resource": candidate.resource} if candidate.resource else {}),
        "verdict": candidate.verdict.value,
        "code": candidate.code.value if candidate.code else None,
        "message": candidate.message,
        "facts": dict(candidate.facts),
    }


def candidates(fleet: Fleet, plan: Plan, log: DecisionLog) -> list[Candidate]:
    """Return every candidate of the deployment whose decisions were logged while `plan` was made.

    Where it is comes first, then where it would fit, then the others; each by name.
    """
    placed = {item.environment: item for item in plan.placements if item.deployment == log.deployment}
    judged = Rejections(fleet, plan).judged(log.deployment)
    order = list(Verdict)
    return sorted(
        (_candidate_with_memory(each, placed.get(each.environment), fleet, plan, log) for each in judged),
        key=lambda item: (
            *(order.index(item.verdict), item.environment, item.node_pool or ""),
            *(item.resource or "", item.profile or ""),
        ),
    )


def _candidate(judged: Judged, here: Placement | None, fleet: Fleet, plan: Plan, log: DecisionLog) -> Candidate:
    environment, pool, profile, reason, resource = judged
    candidate = partial(Candidate, environment, pool, profile, resource=resource)
    if here and (here.node_pool, here.profile) == (pool, profile) and resource in (None, here.resource):
        return candidate(Verdict.PLACED, None, _placed_message(here, fleet, plan))
    if reason:
        full = reason.code is RejectionCode.CAPACITY or (isinstance(reason, NoPoolForPrefill) and reason.full)
        verdict = Verdict.FULL if full else Verdict.REJECTED
        if isinstance(reason, NoRoom) and reason.holds_when_empty:
            verdict = Verdict.TOO_SMALL
        return candidate(verdict, reason.code, reason.text, reason_facts(reason))
    message = why_not(Location(environment, pool or "", profile or "", resource=resource), log.decisions)
    return candidate(Verdict.FITS, None, message)


def _candidate_with_memory(
    judged: Judged, here: Placement | None, fleet: Fleet, plan: Plan, log: DecisionLog
) -> Candidate:
    """Return a candidate with the arithmetic of the engine's memory, unless another rule rejects it before."""
    candidate = _candidate(judged, here, fleet, plan, log)
    by_another_rule = candidate.verdict is Verdict.REJECTED and candidate.code is not RejectionCode.ENGINE_MEMORY
    if candidate.node_pool is None or by_another_rule:
        return candidate
    model = fleet.models[model_key(fleet.deployment[log.deployment])]
    profile = next(each for each in model.serving if each.name == candidate.profile)
    workloads = {"engineMemory": (profile, candidate.node_pool, candidate.resource)}
    if here and here.prefill and candidate.verdict is Verdict.PLACED:
        workloads["prefillEngineMemory"] = (
            here.prefill.profile_of(model),
            here.prefill.node_pool,
            here.prefill.resource,
        )
    arithmetic = {
        fact: found
        for fact, (workload, pool, resource) in workloads.items()
        if (found := engine_arithmetic(model, workload, fleet.offer(candidate.environment, pool, resource)))
    }
    return replace(candidate, facts={**candidate.facts, **arithmetic})


def _placed_message(placement: Placement, fleet: Fleet, plan: Plan) -> str:
    replicas, units = counted(placement.replicas, "replica"), counted(placement.units, "unit")
    prefill = f", with {_prefill(placement.prefill)}" if placement.prefill else ""
    environment = fleet.environment[placement.environment]
    pool = next(each for each in environment.spec.node_pools if each.name == placement.node_pool)
    closed = acceptance_reason(environment, pool)
    return f"{replicas}, {units}{prefill}, {_since(placement, plan)}{f'; {closed.text}' if closed else ''}"


def _since(placement: Placement, plan: Plan) -> str:
    """Say whether it was there before, and where it has come from."""
    if placement.retained:
        return "kept from the earlier plan"
    for move in plan.moved:
        target = move.target
        if move.deployment == placement.deployment and target and target.environment == placement.environment:
            return f"moved from {move.source.environment}/{named(move.source.node_pool)}: {move.text}"
    return "new"


def _prefill(prefill: Placement) -> str:
    replicas, units = counted(prefill.replicas, "prefill replica"), counted(prefill.units, "unit")
    return f"{replicas}, {units}, on {named(prefill.node_pool)}"
