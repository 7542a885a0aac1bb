"""A declared pool beside the nodes that it has.

`members` says which nodes belong to which pool, `compare_pool` puts a pool beside its nodes: what several checks need
to know of these is judged there, once. Each `check_*` then compares one subject; `Shortage` alone says whether what was
found takes room that the plan needs.
"""

from slicewise.clusters.verify.pools.allocatable import check_allocatable
from slicewise.clusters.verify.pools.asked_layouts import check_asked_layouts
from slicewise.clusters.verify.pools.autoscaler_limit import check_autoscaler_limit
from slicewise.clusters.verify.pools.compared_pool import ComparedPool, compare_pool
from slicewise.clusters.verify.pools.declared_nodes import check_declared_nodes
from slicewise.clusters.verify.pools.declared_pool import DeclaredPool
from slicewise.clusters.verify.pools.followed_remedies import followed
from slicewise.clusters.verify.pools.free_places import free_units
from slicewise.clusters.verify.pools.held_units import Holdings, check_holdings, holdings
from slicewise.clusters.verify.pools.membership import members
from slicewise.clusters.verify.pools.node_gpu_models import check_gpu_models
from slicewise.clusters.verify.pools.offered_units import check_units
from slicewise.clusters.verify.pools.on_demand_holders import HoldersOnDemand, holders_on_demand
from slicewise.clusters.verify.pools.pool_in_numbers import PoolReality, reality_of
from slicewise.clusters.verify.pools.shortage import Shortage
from slicewise.clusters.verify.pools.undeclared_nodes import check_undeclared_nodes
from slicewise.clusters.verify.pools.unit_memory import check_unit_memory
from slicewise.clusters.verify.pools.unmet_requirements import requirements_of
from slicewise.clusters.verify.pools.usable_nodes import check_nodes_out, check_pods_per_node, check_taints

__all__ = [
    "ComparedPool",
    "DeclaredPool",
    "HoldersOnDemand",
    "Holdings",
    "PoolReality",
    "Shortage",
    "check_allocatable",
    "check_asked_layouts",
    "check_autoscaler_limit",
    "check_declared_nodes",
    "check_gpu_models",
    "check_holdings",
    "check_nodes_out",
    "check_pods_per_node",
    "check_taints",
    "check_undeclared_nodes",
    "check_unit_memory",
    "check_units",
    "compare_pool",
    "followed",
    "free_units",
    "holders_on_demand",
    "holdings",
    "members",
    "reality_of",
    "requirements_of",
]
