"""Whether the Gateways that services of the plan are routed through are there, in effect, and take their routes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from slicewise.clusters.live import LiveCluster
from slicewise.clusters.verify.services import PlannedService
from slicewise.diagnostics import Code, Found, Severity, counted


def check_gateways(cluster: LiveCluster, expected: Sequence[PlannedService]) -> Iterator[Found]:
    """Yield what keeps routed services from being reached through the Gateways that their environment names.

    Where Gateways may not be read nothing is said, nor of the Gateway of KServe's own configuration.

    Args:
        cluster: The cluster.
        expected: The services that are to be there, and that were.
    """
    if cluster.gateways is None:
        return
    routed: dict[tuple[str, str], set[str]] = defaultdict(set)
    for service in expected:
        router = service.declared["spec"].get("router", {}) if service.declared else {}
        for reference in router.get("gateway", {}).get("refs", []):
            routed[reference["namespace"], reference["name"]].add(service.key[0])
    for key, namespaces in sorted(routed.items()):
        yield from _check_gateway(cluster, key, sorted(namespaces))


def _check_gateway(cluster: LiveCluster, key: tuple[str, str], namespaces: Sequence[str]) -> Iterator[Found]:
    name = "/".join(key)
    gateway = (cluster.gateways or {}).get(key)
    if gateway is None:
        yield Found(
            Code.GATEWAY_MISSING,
            Severity.ERROR,
            f"there is no Gateway {name}, through which the environment's deployments are routed: KServe makes them no "
            "route",
            "create it, or correct spec.gateway of the environment",
        )
        return
    if not gateway.programmed:
        yield Found(
            Code.GATEWAY_NOT_IN_EFFECT,
            Severity.WARNING,
            f"Gateway {name} is not in effect (no condition Programmed that is true): nothing answers "
            "through it, and KServe does not call routed services Ready",
            f"look at `kubectl --namespace {key[0]} describe gateway {key[1]}`, and at the controller of its class",
        )
    closed = [namespace for namespace in namespaces if not gateway.may_take(namespace)]
    if closed:
        yield Found(
            Code.GATEWAY_TAKES_NO_ROUTE,
            Severity.ERROR,
            f"no listener of Gateway {name} for HTTP or HTTPS takes routes of {counted(len(closed), 'namespace')} with "
            f"deployments: {', '.join(closed)}",
            "set allowedRoutes.namespaces.from of a listener to All, or to Selector with the namespaces' labels",
            facts={"namespaces": len(closed)},
        )
