"""How much a pool holds, whatever the order of scheduling: the soundness rule and ledgers by it."""

from slicewise.planning.capacity.declared_sizes import deployment_asks, node_size, node_units, pod_asks
from slicewise.planning.capacity.ledgers import ledgers_of
from slicewise.planning.capacity.no_room import NoRoom, PodTooLarge, too_few_units
from slicewise.planning.capacity.on_demand_soundness import OnDemandNode, is_sound_on_demand
from slicewise.planning.capacity.planned_pools import ChargedPool, OfferName, PlannedCharge, PoolName, charged_pools
from slicewise.planning.capacity.pool_ledger import PoolLedger
from slicewise.planning.capacity.shared_soundness import SharedPod, are_light_together, is_sound_together
from slicewise.planning.capacity.sizes import (
    Counted,
    Extended,
    NodeSize,
    PodAsks,
    PodSize,
    extended_amounts,
    resource_in_words,
)
from slicewise.planning.capacity.soundness import is_sound, is_sound_on

__all__ = [
    "ChargedPool",
    "Counted",
    "Extended",
    "NoRoom",
    "NodeSize",
    "OfferName",
    "OnDemandNode",
    "PlannedCharge",
    "PodAsks",
    "PodSize",
    "PodTooLarge",
    "PoolLedger",
    "PoolName",
    "SharedPod",
    "are_light_together",
    "charged_pools",
    "deployment_asks",
    "extended_amounts",
    "is_sound",
    "is_sound_on",
    "is_sound_on_demand",
    "is_sound_together",
    "ledgers_of",
    "node_size",
    "node_units",
    "pod_asks",
    "resource_in_words",
    "too_few_units",
]
