"""Every candidate of one deployment, with what came of it: `slicewise explain`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from slicewise.documents import DeploymentKey, Fleet, ModelDeployment, ModelSpec, ServingProfile
from slicewise.kubernetes import canonical
from slicewise.planning.capacity import ChargedPool, charged_pools
from slicewise.planning.matching import reject_environment, reject_pool
from slicewise.planning.plan import Placement, Plan, RejectionCode


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


def candidate_to_dict(candidate: Candidate) -> dict[str, Any]:
    """Return one candidate as JSON data."""
    return {
        "environment": candidate.environment,
        "nodePool": candidate.node_pool,
        "profile": candidate.profile,
        "verdict": candidate.verdict.value,
        "code": candidate.code.value if candidate.code else None,
        "message": candidate.message,
    }


def candidates(fleet: Fleet, plan: Plan, key: DeploymentKey) -> list[Candidate]:
    """Return every candidate of a deployment: where it is first, then where it would fit, then the others; by name."""
    judge = _Judge(fleet, plan, fleet.deployment[key])
    order = list(Verdict)
    return sorted(
        judge.candidates(charged_pools(fleet, plan).values()),
        key=lambda item: (order.index(item.verdict), item.environment, item.node_pool or "", item.profile or ""),
    )


class _Judge:
    """Says of each candidate of one deployment what came of it."""

    def __init__(self, fleet: Fleet, plan: Plan, deployment: ModelDeployment) -> None:
        self._fleet = fleet
        self._deployment = deployment
        self._model: ModelSpec = fleet.model_of(deployment)
        self._ranks = {profile.name: rank for rank, profile in enumerate(self._model.serving)}
        self._placed = {item.environment: item for item in plan.placements if item.deployment == deployment.key}

    def candidates(self, pools: Iterable[ChargedPool]) -> Iterator[Candidate]:
        closed: set[str] = set()
        for place in pools:
            name = place.name[0]
            whole = None if name in self._placed else reject_environment(self._deployment, place.environment)
            if whole is None:
                yield from (self._candidate(place, profile) for profile in self._model.serving)
            elif name not in closed:
                closed.add(name)
                yield Candidate(name, None, None, Verdict.REJECTED, whole.code, whole.message)

    def _candidate(self, place: ChargedPool, profile: ServingProfile) -> Candidate:
        environment, pool = place.name
        here = self._placed.get(environment)
        if here and (here.node_pool, here.profile) == (pool, profile.name):
            return Candidate(environment, pool, profile.name, Verdict.PLACED, None, _placed_message(here))
        reason = reject_pool(self._deployment, profile, place.environment, place.pool)
        if reason:
            return Candidate(environment, pool, profile.name, Verdict.REJECTED, *reason)
        if here and here.node_pool == pool:
            # What it has there already would make room for it.
            place = place.with_count(self._deployment.key, 0)
        pod, count = place.state.pod_size(self._model, profile), self._deployment.replicas
        count *= profile.replica_topology.nodes
        if not place.state.takes(pod, count):
            message = place.state.full_message(pod, count)
            return Candidate(environment, pool, profile.name, Verdict.FULL, RejectionCode.CAPACITY, message)
        chosen = [here] if here else list(self._placed.values())
        why = self._why_not(place, profile, chosen)
        return Candidate(environment, pool, profile.name, Verdict.FITS, None, why)

    def _why_not(self, place: ChargedPool, profile: ServingProfile, chosen: Sequence[Placement]) -> str:
        """Say which rule put the deployment elsewhere, if it is one and the same for all that were chosen."""
        where = _some([f"{item.environment}/{item.node_pool}" for item in chosen])
        rules = {self._rule(place, profile, item) for item in chosen}
        rule = rules.pop() if len(rules) == 1 else None
        once = "; an environment serves a deployment once" if place.name[0] in self._placed else ""
        return f"not chosen: {rule.format(where=where)}{once}" if rule else f"not chosen: it is on {where}{once}"

    def _rule(self, place: ChargedPool, profile: ServingProfile, chosen: Placement) -> str | None:
        """Return the rule that prefers what was chosen, if that can be said of a finished plan.

        The later rules compare how full the pools were when the deployment was placed, which nobody knows any more.
        """
        if chosen.retained:
            return "it stays on {where}, where it was"
        ahead = self._ranks[profile.name] - self._ranks[chosen.profile]
        if ahead > 0:
            return f"the model prefers {chosen.profile}, on {{where}}"
        pool = self._fleet.node_pool[chosen.environment, chosen.node_pool]
        memory, theirs = place.pool.capabilities.memory_per_gpu, pool.capabilities.memory_per_gpu
        if ahead == 0 and theirs < memory:
            return f"{{where}} has less memory to spare ({canonical(theirs)} a unit, here {canonical(memory)})"
        return None


def _placed_message(placement: Placement) -> str:
    replicas = f"{placement.replicas} {'replica' if placement.replicas == 1 else 'replicas'}"
    units = f"{placement.units} {'unit' if placement.units == 1 else 'units'}"
    return f"{replicas}, {units}, {'kept from the earlier plan' if placement.retained else 'new'}"


def _some(names: Sequence[str]) -> str:
    shown = 3
    rest = len(names) - shown
    return ", ".join(names[:shown]) + (f" and {rest} more" if rest > 0 else "")
