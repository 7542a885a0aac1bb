"""A pool in numbers: what is declared, and what is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from slicewise.clusters.verify.pools.compared_pool import ComparedPool
from slicewise.clusters.verify.pools.held_units import Holdings


@dataclass(frozen=True, slots=True)
class PoolReality:
    """A pool in numbers: declared, and there.

    Attributes:
        environment: The environment's name.
        node_pool: The pool's name.
        resource: What its pods ask for.
        profile_declared: The declared MIG profile; None for whole GPUs.
        profiles: The profiles of the units that its pods would get, None for whole GPUs; where no node offers what they
            ask for, of those that are there.
        nodes_declared: Its nodeCount.
        max_nodes_declared: Its maxNodeCount.
        nodes: Nodes that belong to it.
        units_declared: Units of the nodes that nodeCount declares.
        units: Units that its nodes offer.
        held_by_others: Units of pods that the plan does not know; None where pods may not be read.
        held_by_plan: Units of the plan's own pods, now; None where pods may not be read.
        free: Units that no pod holds on nodes that take its pods now (`free_units`); None where pods may not be read.
    """

    environment: str
    node_pool: str
    resource: str
    profile_declared: str | None
    profiles: tuple[str | None, ...]
    nodes_declared: int
    max_nodes_declared: int | None
    nodes: int
    units_declared: int
    units: int
    held_by_others: int | None
    held_by_plan: int | None
    free: int | None

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return {
            "environment": self.environment,
            "nodePool": self.node_pool,
            "resource": self.resource,
            "profileDeclared": self.profile_declared,
            "profiles": list(self.profiles),
            "nodesDeclared": self.nodes_declared,
            "maxNodesDeclared": self.max_nodes_declared,
            "nodes": self.nodes,
            "unitsDeclared": self.units_declared,
            "units": self.units,
            "heldByOthers": self.held_by_others,
            "heldByPlan": self.held_by_plan,
            "free": self.free,
        }


def reality_of(environment: str, compared: ComparedPool, held: Holdings | None, free: int | None) -> PoolReality:
    """Return a pool in numbers; `held` is who holds its units, and `free` how many nobody does, None for not known."""
    pool = compared.pool
    offers = [offer for node in compared.nodes if node.gpus for offer in node.gpus.offers if offer.units]
    asked = [offer for offer in offers if offer.resource == compared.resource]
    profiles = {offer.profile for offer in asked or offers}
    return PoolReality(
        environment=environment,
        node_pool=pool.name,
        resource=compared.resource,
        profile_declared=compared.profile,
        profiles=tuple(sorted(profiles, key=lambda each: each or "")),
        nodes_declared=pool.node_count,
        max_nodes_declared=pool.max_node_count,
        nodes=len(compared.nodes),
        units_declared=pool.node_count * compared.units_per_node,
        units=compared.units,
        held_by_others=held.by_others if held else None,
        held_by_plan=held.by_plan if held else None,
        free=free,
    )
