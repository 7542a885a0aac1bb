"""The ledgers of a pool: one for each GPU resource that its nodes offer."""

from __future__ import annotations

from collections.abc import Sequence

from slicewise.documents import NodePool, is_dynamic, offers_of
from slicewise.planning.capacity.offer_ledger import OfferLedger, link
from slicewise.planning.capacity.on_demand_ledger import OnDemandLedger
from slicewise.planning.capacity.pool_ledger import PoolLedger


def ledgers_of(environment: str, pool: NodePool) -> Sequence[PoolLedger]:
    """Return a ledger for each GPU resource that the nodes of `pool` offer, in the order of the resources' names."""
    offers = offers_of(pool)
    if len(offers) == 1:
        return [PoolLedger(environment, offers[0])]
    kind = OnDemandLedger if is_dynamic(pool) else OfferLedger
    found = [kind(environment, offer) for offer in offers]
    link(found)
    return found
