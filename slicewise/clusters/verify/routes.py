"""Whether KServe made the routes of the services that are there, and whether the Gateway takes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slicewise.clusters.live import LiveCluster, LiveService
from slicewise.clusters.verify.gateways import gateway_of
from slicewise.clusters.verify.services import PlannedService
from slicewise.diagnostics import Code, Found, Severity, some
from slicewise.kubernetes import mapping


def check_service_routes(cluster: LiveCluster, expected: Sequence[PlannedService]) -> Iterator[Found]:
    """Yield the services through whose route no requests get, each with the reason.

    A service that is not there, or not routed yet, has no route. Where the Gateway is missing, not in effect or closed
    for a namespace that has been said. Where routes or Gateways may not be read nothing is said.

    Args:
        cluster: The cluster.
        expected: The services that are to be there, and that were.
    """
    if cluster.gateways is None or cluster.routes is None:
        return
    reasons = {}
    for each in expected:
        name, service = gateway_of(each), cluster.services.get(each.key)
        gateway = cluster.gateways.get(name) if name else None
        if gateway is None or service is None or not gateway.programmed or not gateway.open_for(each.key[0]):
            continue
        if _is_routed(service) and (reason := _why_not(cluster, each, (gateway.namespace, gateway.name))):
            reasons["/".join(each.key)] = reason
    if reasons:
        yield Found(
            Code.ROUTE_NOT_ACCEPTED,
            Severity.WARNING,
            f"no requests get through the Gateway to {some([f'{name} ({why})' for name, why in reasons.items()])}",
            "look at `kubectl describe httproute` in the namespace, and at the conditions of the service itself; soon "
            "after a change, ask again",
            facts={"services": sorted(reasons)},
        )


def _is_routed(service: LiveService) -> bool:
    return not service.leaving and "route" in mapping(service.spec.get("router"))


def _why_not(cluster: LiveCluster, service: PlannedService, gateway: tuple[str, str]) -> str | None:
    route = (cluster.routes or {}).get(service.key)
    if route is None:
        return "KServe made no route"
    said = [each.refused for each in route.parents if each.gateway == gateway]
    if not said:
        return "the Gateway says nothing of its route"
    return next((f"its route's condition {refused}" for refused in said if refused), None)
