"""What of a placement's prefill workload stays where it was, and where the rest goes: as near as can be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from slicewise.planning.matching import node_pool_selector_reason
from slicewise.planning.moves import MoveReason, NodePoolGone, OtherNodes, ResourceGone
from slicewise.planning.prefill_reasons import PrefillRejected, nearest_for_prefill
from slicewise.planning.previous_placements import PreviousPlacement, PreviousPrefill
from slicewise.planning.reasons import Reason
from slicewise.planning.search.draft_plan import Claim, DraftPlan, PrefillClaim


def same_prefill(draft: DraftPlan, claim: Claim, old: PreviousPrefill | None) -> Claim:
    """Return `claim` with its prefill workload where it was; without any where that is not, or is called otherwise."""
    if old is None:
        return claim
    number = draft.numbered.number_of(draft.location(claim).environment, old)
    if number is None or draft.pools[number].name != old.node_pool:
        return claim
    found = replace(claim, prefill=_on(draft, claim, number))
    return found if _keeps(draft, found, number, old) else claim


def prefill_grew(claim: Claim, old: PreviousPrefill | None) -> bool:
    """Return whether the prefill workload asks for more than it had, for other pods, or for another pool."""
    if claim.option.prefill is None:
        return False
    found = claim.prefill
    return (
        old is None or found is None or found.pods * found.pod.units > old.units or found.pod.units != old.gpus_per_node
    )


def has_room_for_prefill(draft: DraftPlan, claim: Claim) -> bool:
    """Return whether the prefill workload, if it has one, has room where the claim has it, beside the claim's pods."""
    if claim.option.prefill is None:
        return True
    found = claim.prefill
    if found is None:
        return False
    if draft.refusal(claim):
        return False
    with draft.tried(claim):
        return draft.pools[found.index].takes(found.pod, found.pods)


def with_nearest_prefill(
    draft: DraftPlan, claim: Claim, old: PreviousPrefill | None, *, stays: bool = True
) -> Claim | None:
    """Return `claim`, which has room, with its prefill workload as near as can be to where it was.

    That is where its nodes are, the pool of that name, or one with the same resource, or else the best one.
    None where no pool of the environment takes it. `stays` says whether it may stay where nothing new comes.
    """
    if claim.option.prefill is None:
        return claim
    if old:
        own = draft.numbered.number_of(draft.location(claim).environment, old)
        for number in sorted(
            _alike(draft, claim, old), key=lambda each: (each != own, draft.pools[each].name != old.node_pool)
        ):
            found = replace(claim, prefill=_on(draft, claim, number))
            kept = stays and number == own and _keeps(draft, found, number, old)
            if (kept or draft.numbered.accepts(number)) and has_room_for_prefill(draft, found):
                return found
    return draft.with_prefill(replace(claim, prefill=None))


def why_prefill_left(draft: DraftPlan, claim: Claim, old: PreviousPrefill) -> MoveReason | Reason:
    """Return why the prefill workload of `claim` is not where it was."""
    environment = draft.location(claim).environment
    number = draft.numbered.number_of(environment, old)
    if number is None or draft.pools[number].name != old.node_pool:
        return why_elsewhere(draft, environment, old)
    reason = _judged(draft, claim, number) or draft.numbered.closed[number]
    return PrefillRejected(old.node_pool, reason) if reason else NodePoolGone(environment, old.node_pool)


def why_elsewhere(draft: DraftPlan, environment: str, old: PreviousPlacement | PreviousPrefill) -> MoveReason:
    """Return that the documents have the pool no longer on which pods were, or not its units, or not its nodes."""
    if not draft.numbered.has_pool(environment, old.node_pool):
        return NodePoolGone(environment, old.node_pool)
    number = draft.numbered.number_of(environment, old)
    named = any(draft.pools[each].name == old.node_pool for each in draft.numbered.alike(environment, old))
    if number is None or not named:
        return ResourceGone(environment, old.node_pool, old.resource, old.mig_profile)
    return OtherNodes(environment, old.node_pool, draft.pools[number].name)


def why_no_prefill(draft: DraftPlan, claim: Claim) -> Reason | None:
    """Return why no pool of its environment takes the prefill workload of `claim`; None where one does."""
    numbers = draft.numbered.by_environment[draft.location(claim).environment]
    return nearest_for_prefill(
        (
            draft.pools[number].name,
            _static(draft, claim, number) or draft.numbered.closed[number] or _judged(draft, claim, number),
        )
        for number in numbers
    )


def _alike(draft: DraftPlan, claim: Claim, old: PreviousPrefill) -> Iterator[int]:
    for number in draft.numbered.by_environment[draft.location(claim).environment]:
        pool = draft.pools[number]
        if (pool.name == old.node_pool or pool.resource == old.resource) and _static(draft, claim, number) is None:
            yield number


def _on(draft: DraftPlan, claim: Claim, number: int) -> PrefillClaim | None:
    prefill = claim.option.prefill
    if prefill is None or _static(draft, claim, number):
        return None
    pod = draft.pools[number].pod_size(claim.demand.model, prefill.profile, claim.demand.deployment)
    return PrefillClaim(number, pod, claim.demand.prefill_pods(claim.option))


def _judged(draft: DraftPlan, claim: Claim, number: int) -> Reason | None:
    if reason := _static(draft, claim, number):
        return reason
    found = _on(draft, claim, number)
    if found is None:
        return None
    if exceeded := draft.refusal(replace(claim, prefill=found)):
        return exceeded
    with draft.tried(claim):
        return draft.pools[number].no_room(found.pod, found.pods)


def _keeps(draft: DraftPlan, claim: Claim, number: int, old: PreviousPrefill) -> bool:
    """Return whether the pool of a prefill workload keeps it: where nothing new comes, it must not have grown."""
    return draft.numbered.accepts(number) or not prefill_grew(claim, old)


def _static(draft: DraftPlan, claim: Claim, number: int) -> Reason | None:
    """Return why a pool can never take the prefill workload; the selectors of environments are those of the claim."""
    if claim.option.prefill is None:
        return None
    by_pool = node_pool_selector_reason(claim.demand.deployment, draft.pools[number].pool)
    return by_pool or draft.requirements.reason(claim.option.prefill.profile, number)
