"""Where a placement answers, as its service's status says it, else as the documents do."""

from __future__ import annotations

from collections.abc import Iterable

from slicewise.addresses import Endpoint, shared_path
from slicewise.clusters.live import LiveService
from slicewise.documents import Fleet, served_name
from slicewise.planning import Placement, placement_endpoint


def live_endpoint(fleet: Fleet, placement: Placement, service: LiveService | None) -> Endpoint:
    """Return where `placement` answers.

    Args:
        fleet: What is declared.
        placement: Which one.
        service: What its cluster has of it; None where it has nothing, or was not asked.
    """
    endpoint = placement_endpoint(fleet, placement)
    if service is None:
        return endpoint
    deployment = fleet.deployment[placement.deployment]
    namespace, model = placement.deployment.namespace, served_name(deployment, fleet.model_of(deployment))
    alone = _ending(service.gateway_addresses, f"/{namespace}/{endpoint.service}")
    shared = _ending(service.gateway_addresses, shared_path(namespace, model))
    if deployment.spec.router.group is None:
        return endpoint._replace(external=alone or endpoint.external)
    return endpoint._replace(external=shared or endpoint.external, direct=alone or endpoint.direct)


def _ending(addresses: Iterable[str], path: str) -> str | None:
    return next((each for each in addresses if each.rstrip("/").endswith(path)), None)
