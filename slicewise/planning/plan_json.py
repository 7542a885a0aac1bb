"""A plan as JSON: what `plan --output json` prints."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

from slicewise.addresses import Endpoint
from slicewise.diagnostics import Diagnostic
from slicewise.documents import Allocation, DeploymentKey, Fleet, NodePool, Scheduling
from slicewise.planning.accounting import placement_price, price_number
from slicewise.planning.explaining import Rejections
from slicewise.planning.location import Location
from slicewise.planning.moves import Move
from slicewise.planning.placement_addresses import placement_endpoint
from slicewise.planning.plan import Placement, Plan, PoolUsage, Shortfall
from slicewise.planning.pool_sets import PoolSets
from slicewise.planning.quotas import quotas_to_list
from slicewise.planning.reason_facts import reason_facts
from slicewise.planning.reasons import Reason
from slicewise.planning.rejection_groups import Rejection, RejectionGroup
from slicewise.planning.unit_identity import nodes_of_pool, profile_of_unit

# Reasons that many deployments have are written once.
_MOST_KEPT: Final = 1 << 12

PlanLists = dict[str, Any]
"""A plan as JSON data, by its keys. Of an overloaded fleet it is large, so each list is made while it is read, once."""


def plan_lists(fleet: Fleet, plan: Plan, rejections: Rejections) -> PlanLists:
    """Return the plan as JSON data with exactly the contract's keys, sorted by names.

    They are to be read in their order: `poolSets` has what `shortfalls` refer to.
    """
    sets, reasons = PoolSets(plan, rejections), lru_cache(_MOST_KEPT)(_reason)
    return {
        "placements": (placement_to_dict(fleet, placement) for placement in plan.placements),
        "shortfalls": (_shortfall(each, rejections.of(each.deployment), sets, reasons) for each in plan.shortfalls),
        "nodePools": map(pool_to_dict, plan.node_pools),
        "warnings": ({**_warning(warning), "facts": dict(warning.facts)} for warning in plan.warnings),
        "moved": map(_move, plan.moved),
        "quotas": quotas_to_list(fleet, rejections.quotas) if fleet.quotas else [],
        "poolSets": sets,
    }


def read_lists(lists: PlanLists) -> dict[str, Any]:
    """Return a plan's JSON data as a whole."""
    return {name: each if each is None or isinstance(each, Mapping) else [*each] for name, each in lists.items()}


def placement_to_dict(fleet: Fleet, placement: Placement) -> dict[str, Any]:
    """Return one placement as JSON data."""
    pool = fleet.node_pool[placement.environment, placement.node_pool]
    return {
        "deployment": deployment_to_dict(placement.deployment),
        "environment": placement.environment,
        "nodePool": placement.node_pool,
        "profile": placement.profile,
        "replicas": placement.replicas,
        "nodesPerReplica": placement.nodes_per_replica,
        "gpusPerNode": placement.gpus_per_node,
        "units": placement.units,
        "resource": {"name": placement.resource, "count": placement.gpus_per_node},
        **_unit(pool, placement),
        "retained": placement.retained,
        "endpoint": endpoint_to_dict(placement_endpoint(fleet, placement)),
        **_allocation(pool),
        **({} if pool.price_per_hour is None else _price(fleet, placement)),
        **({"autoscaled": True} if placement.autoscaled else {}),
        **({"prefill": _workload(fleet, placement.prefill)} if placement.prefill else {}),
    }


def _price(fleet: Fleet, placement: Placement) -> dict[str, float]:
    """Return what a placement costs an hour, where its pools say what a node costs."""
    price = placement_price(fleet, placement)
    return {} if price is None else {"pricePerHour": price_number(price)}


def _unit(pool: NodePool, placement: Placement) -> dict[str, str]:
    """Return by what the next plan knows the units of a placement, whatever their `pool` is called by then."""
    profile, nodes = profile_of_unit(pool, placement.resource), nodes_of_pool(pool)
    return {**({"migProfile": profile} if profile else {}), **({"nodes": nodes} if nodes else {})}


def _workload(fleet: Fleet, prefill: Placement) -> dict[str, Any]:
    """Return what a prefill workload does not share with the placement that it is of."""
    pool = fleet.node_pool[prefill.environment, prefill.node_pool]
    return {
        "nodePool": prefill.node_pool,
        "replicas": prefill.replicas,
        "nodesPerReplica": prefill.nodes_per_replica,
        "gpusPerNode": prefill.gpus_per_node,
        "units": prefill.units,
        "resource": {"name": prefill.resource, "count": prefill.gpus_per_node},
        **_unit(pool, prefill),
        **_allocation(pool),
    }


def _allocation(pool: NodePool) -> dict[str, str]:
    """Return how the pods on a pool get their slices or GPUs, where that is not the device plugin."""
    allocation = pool.allocation
    return {} if allocation is Allocation.DEVICE_PLUGIN else {"allocation": allocation.value}


def endpoint_to_dict(endpoint: Endpoint) -> dict[str, str | None]:
    """Return as JSON data where a placement answers; `direct` only of a member of a group."""
    direct = {} if endpoint.direct is None else {"direct": endpoint.direct}
    return {"inCluster": endpoint.in_cluster, "external": endpoint.external, **direct}


def deployment_to_dict(key: DeploymentKey) -> dict[str, str]:
    """Return a deployment's name as JSON data."""
    return {"namespace": key.namespace, "name": key.name}


def _shortfall(
    shortfall: Shortfall,
    rejections: Iterable[RejectionGroup],
    sets: PoolSets,
    reasons: Callable[[Reason], dict[str, Any]],
) -> dict[str, Any]:
    return {
        "deployment": deployment_to_dict(shortfall.deployment),
        "wanted": shortfall.wanted,
        "placed": shortfall.placed,
        "rejections": [
            {"profile": group.profile, **reasons(group.reason), "pools": sets.number_of(group)} for group in rejections
        ],
    }


def rejection_to_dict(rejection: Rejection) -> dict[str, Any]:
    """Return as JSON data why one pool cannot take a deployment."""
    return {
        "environment": rejection.place.environment,
        "nodePool": rejection.place.node_pool,
        "profile": rejection.profile,
        **_resource(rejection.place.resource),
        **_reason(rejection.reason),
    }


def _reason(reason: Reason) -> dict[str, Any]:
    return {"code": reason.code.value, "message": reason.text, "facts": reason_facts(reason)}


def pool_to_dict(usage: PoolUsage) -> dict[str, Any]:
    """Return as JSON data how full a pool is."""
    return {
        "environment": usage.environment,
        "nodePool": usage.node_pool,
        "resource": usage.resource,
        "unitsPerNode": usage.units_per_node,
        "nodes": usage.nodes,
        "units": usage.units,
        "allocated": usage.allocated,
        "reserved": usage.reserved,
        "free": usage.free,
        **({"blocked": usage.blocked} if usage.gpus_on_demand else {}),
        "shortOf": list(map(str, usage.short)),
        **({} if usage.scheduling is Scheduling.ACTIVE else {"scheduling": usage.scheduling.value}),
    }


def _move(move: Move) -> dict[str, Any]:
    return {
        "deployment": deployment_to_dict(move.deployment),
        "from": _location(move.source),
        "to": _location(move.target) if move.target else None,
        "code": move.code.value,
        "message": move.text,
        "facts": reason_facts(move.reason),
    }


def _location(location: Location) -> dict[str, Any]:
    return {
        "environment": location.environment,
        "nodePool": location.node_pool,
        "profile": location.profile,
        **_resource(location.resource),
        **(
            {"prefill": {"nodePool": location.prefill, **_resource(location.prefill_resource)}}
            if location.prefill
            else {}
        ),
    }


def _resource(resource: str | None) -> dict[str, str]:
    """Return which GPU resource is meant, where the nodes of a pool offer several."""
    return {"resource": resource} if resource else {}


def _warning(warning: Diagnostic) -> dict[str, str]:
    return {"code": warning.code.value, "path": warning.path, "message": warning.text}
