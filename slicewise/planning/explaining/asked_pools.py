"""Why a pool that matches does not serve what a deployment asks for: quotas, its room, or its prefill workload."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from slicewise.documents import DeploymentKey, ServingProfile
from slicewise.planning.capacity import PodAsks, PoolLedger
from slicewise.planning.prefill_reasons import nearest_for_prefill
from slicewise.planning.quotas import PlannedQuotas, Taken
from slicewise.planning.reasons import Reason


class Asking(NamedTuple):
    """What a deployment asks of pools with one of its profiles."""

    profile: ServingProfile
    by_class: Sequence[Reason | None]
    """Which requirement each class of pool fails."""
    pod: PodAsks
    pods: int
    prefill: Asking | None = None
    """What the prefill workload of the profile asks for, in the same environment."""


class FoundPool(NamedTuple):
    """A pool as one deployment finds it, which it has nothing on."""

    ledger: PoolLedger
    unselected: Reason | None
    """Why the deployment's selector rules it out, if it does."""
    number: int
    """Of its class."""
    closed: Reason | None = None
    """That it takes nothing new, if that is so."""

    def unmet(self, asking: Asking) -> Reason | None:
        """Return why it would not take what is asked, full or not."""
        return self.unselected or asking.by_class[self.number] or self.closed

    def no_room(self, asking: Asking) -> Reason | None:
        """Return why it has no room."""
        return self.ledger.no_room_for(asking.pod, asking.pods)


class Quotas(NamedTuple):
    """What quotas say of a deployment beside what it has elsewhere."""

    planned: PlannedQuotas
    deployment: DeploymentKey

    def refusal(self, pool: PoolLedger, asking: Asking, prefill: Iterable[PoolLedger]) -> Reason | None:
        """Return the quota that it would exceed on a pool, with whichever of the pools that match its prefill."""
        own = self._taken(pool, asking)
        pairs: list[Sequence[Taken]] = [(own, self._taken(each, asking.prefill)) for each in prefill if asking.prefill]
        found: Reason | None = None
        for taken in pairs or [(own,)]:
            found = self.planned.ledger.refusal(self.deployment, taken)
            if found is None:
                return None
        return found

    def _taken(self, pool: PoolLedger, asking: Asking) -> Taken:
        return self.planned.of_pool(pool.environment, pool.name, pool.resource, asking.pods * asking.pod.units)


def why_not_served(pool: FoundPool, asking: Asking, quotas: Quotas | None, here: Sequence[FoundPool]) -> Reason | None:
    """Return why a pool that matches does not serve what is asked; None where it does.

    Args:
        pool: The pool.
        asking: What is asked of it.
        quotas: What limits the deployment; None where nothing does.
        here: All pools of its environment; none are needed where it has no prefill workload.
    """
    reason: Reason | None = None
    if quotas:
        prefill = asking.prefill
        matching = [each.ledger for each in here if not each.unmet(prefill)] if prefill else []
        reason = quotas.refusal(pool.ledger, asking, matching)
    reason = reason or pool.no_room(asking)
    if reason is None and asking.prefill:
        reason = _no_prefill(here, pool, asking, asking.prefill, quotas)
    return reason


def _no_prefill(
    pools: Sequence[FoundPool], taken: FoundPool, asking: Asking, prefill: Asking, quotas: Quotas | None
) -> Reason | None:
    """Return why none of an environment's `pools` takes a prefill workload once its placement is on `taken`."""
    charged = taken.ledger.without([(taken.ledger.node.size_of(asking.pod), -asking.pods)])
    on_its_nodes = {each.resource: each for each in (charged, *charged.beside)}

    def reason(pool: FoundPool) -> Reason | None:
        if unmet := pool.unmet(prefill):
            return unmet
        # A quota may allow the pair on one pool, which is full, and forbid it on another, which has room.
        exceeded = quotas.refusal(taken.ledger, asking, [pool.ledger]) if quotas else None
        same = pool.ledger.name == taken.ledger.name
        found = pool._replace(ledger=on_its_nodes[pool.ledger.resource]) if same else pool
        return exceeded or found.no_room(prefill)

    return nearest_for_prefill((pool.ledger.name, reason(pool)) for pool in pools)
