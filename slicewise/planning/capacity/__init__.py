"""How much a pool holds, whatever the order of scheduling: the soundness rule and ledgers by it."""

from slicewise.planning.capacity.no_room import PodTooLarge
from slicewise.planning.capacity.planned_pools import ChargedPool, PlannedCharge, PoolName, charged_pools
from slicewise.planning.capacity.pool_ledger import PoolLedger, node_units, pod_asks
from slicewise.planning.capacity.soundness import NodeSize, PodSize, fit_on_empty_node, is_sound, is_sound_on

__all__ = [
    "ChargedPool",
    "NodeSize",
    "PlannedCharge",
    "PodSize",
    "PodTooLarge",
    "PoolLedger",
    "PoolName",
    "charged_pools",
    "fit_on_empty_node",
    "is_sound",
    "is_sound_on",
    "node_units",
    "pod_asks",
]
