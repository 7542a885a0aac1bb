"""Every candidate of one deployment, with what came of it: `slicewise explain`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from slicewise.diagnostics import counted, named
from slicewise.documents import Fleet
from slicewise.planning.explaining.not_chosen import why_not
from slicewise.planning.explaining.rejections import Judged, Rejections
from slicewise.planning.location import Location
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
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One pool with one profile; without them: an environment that a selector rules out as a whole."""

    environment: str
    node_pool: str | None
    profile: str | None
    verdict: Verdict
    code: RejectionCode | None
    """Why it is rejected, or capacity where it is full."""
    message: str
    facts: Mapping[str, object] = field(default_factory=dict)
    """The numbers and names of the message; empty where it is placed or would fit."""


def candidate_to_dict(candidate: Candidate) -> dict[str, Any]:
    """Return one candidate as JSON data."""
    return {
        "environment": candidate.environment,
        "nodePool": candidate.node_pool,
        "profile": candidate.profile,
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
        (_candidate(each, placed.get(each.environment), log) for each in judged),
        key=lambda item: (order.index(item.verdict), item.environment, item.node_pool or "", item.profile or ""),
    )


def _candidate(judged: Judged, here: Placement | None, log: DecisionLog) -> Candidate:
    environment, pool, profile, reason = judged
    if here and (here.node_pool, here.profile) == (pool, profile):
        return Candidate(environment, pool, profile, Verdict.PLACED, None, _placed_message(here))
    if reason:
        full = reason.code is RejectionCode.CAPACITY or (isinstance(reason, NoPoolForPrefill) and reason.full)
        verdict = Verdict.FULL if full else Verdict.REJECTED
        return Candidate(environment, pool, profile, verdict, reason.code, reason.text, reason_facts(reason))
    message = why_not(Location(environment, pool or "", profile or ""), log.decisions)
    return Candidate(environment, pool, profile, Verdict.FITS, None, message)


def _placed_message(placement: Placement) -> str:
    replicas, units = counted(placement.replicas, "replica"), counted(placement.units, "unit")
    prefill = f", with {_prefill(placement.prefill)}" if placement.prefill else ""
    return f"{replicas}, {units}{prefill}, {'kept from the earlier plan' if placement.retained else 'new'}"


def _prefill(prefill: Placement) -> str:
    replicas, units = counted(prefill.replicas, "prefill replica"), counted(prefill.units, "unit")
    return f"{replicas}, {units}, on {named(prefill.node_pool)}"
