"""Where a placement answers."""

from __future__ import annotations

from slicewise.addresses import Endpoint, endpoint_of
from slicewise.documents import Fleet
from slicewise.planning.plan import Placement


def placement_endpoint(fleet: Fleet, placement: Placement) -> Endpoint:
    """Return where `placement`, of a plan for `fleet`, answers."""
    deployment = fleet.deployment[placement.deployment]
    environment = fleet.environment[placement.environment]
    return endpoint_of(deployment, fleet.model_of(deployment), environment, placement.nodes_per_replica)
