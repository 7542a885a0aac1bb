"""A declared pool beside the nodes that it has.

`members` says which nodes belong to which pool, `compare` puts a pool beside its nodes: what several checks need to
know of these is judged there, once. Each `check_*` then compares one subject; `Shortage` alone says whether what was
found takes room that the plan needs.
"""

from slicewise.clusters.verify.pools.allocatable import check_allocatable
from slicewise.clusters.verify.pools.compared_pool import ComparedPool, compare
from slicewise.clusters.verify.pools.declared_pool import DeclaredPool
from slicewise.clusters.verify.pools.followed_remedies import followed
from slicewise.clusters.verify.pools.growth import check_growth
from slicewise.clusters.verify.pools.held_units import Holdings, check_holdings, holdings
from slicewise.clusters.verify.pools.membership import members
from slicewise.clusters.verify.pools.node_gpu_models import check_models
from slicewise.clusters.verify.pools.pool_reality import PoolReality, reality_of
from slicewise.clusters.verify.pools.presence import check_presence
from slicewise.clusters.verify.pools.requirements import requirements_of
from slicewise.clusters.verify.pools.shortage import Shortage
from slicewise.clusters.verify.pools.undeclared_nodes import check_strays
from slicewise.clusters.verify.pools.unit_memory import check_unit_memory
from slicewise.clusters.verify.pools.units import check_units
from slicewise.clusters.verify.pools.usable_nodes import check_absent, check_pods, check_taints

__all__ = [
    "ComparedPool",
    "DeclaredPool",
    "Holdings",
    "PoolReality",
    "Shortage",
    "check_absent",
    "check_allocatable",
    "check_growth",
    "check_holdings",
    "check_models",
    "check_pods",
    "check_presence",
    "check_strays",
    "check_taints",
    "check_unit_memory",
    "check_units",
    "compare",
    "followed",
    "holdings",
    "members",
    "reality_of",
    "requirements_of",
]
