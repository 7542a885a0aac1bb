"""Whether the Gateway that an environment names is there, in effect, takes the routes, and answers for its hostname."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slicewise.clusters.live import ROUTES, LiveCluster, LiveGateway
from slicewise.clusters.verify.services import PlannedService
from slicewise.diagnostics import Code, Found, Severity, counted, some
from slicewise.documents import GatewayReference


def check_gateways(
    cluster: LiveCluster, expected: Sequence[PlannedService], declared: GatewayReference | None
) -> Iterator[Found]:
    """Yield what keeps routed services from being reached through the Gateway that their environment names.

    Where Gateways may not be read nothing is said, nor of the Gateway of KServe's own configuration. Where Gateway API
    is not there, that has been said.

    Args:
        cluster: The cluster.
        expected: The services that are to be there, and that were.
        declared: The environment's Gateway; None where it names none.
    """
    namespaces = sorted({each.key[0] for each in expected if gateway_of(each) is not None})
    if cluster.gateways is None or declared is None or not namespaces or ROUTES in cluster.unserved:
        return
    name = f"{declared.namespace}/{declared.name}"
    gateway = cluster.gateways.get((declared.namespace, declared.name))
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
            f"look at `kubectl --namespace {declared.namespace} describe gateway {declared.name}`, and at the "
            "controller of its class",
        )
    closed = [namespace for namespace in namespaces if not gateway.open_for(namespace)]
    if closed:
        yield Found(
            Code.GATEWAY_TAKES_NO_ROUTE,
            Severity.ERROR,
            f"no listener of Gateway {name} for HTTP or HTTPS takes routes of {counted(len(closed), 'namespace')} with "
            f"deployments: {', '.join(closed)}",
            "set allowedRoutes.namespaces.from of a listener to All, or to Selector with the namespaces' labels",
            facts={"namespaces": len(closed)},
        )
    yield from _check_hostname(gateway, declared.hostname, [each for each in namespaces if each not in closed])


def gateway_of(service: PlannedService) -> tuple[str, str] | None:
    """Return namespace and name of the Gateway that a service is declared to be routed through, if any is named."""
    router = service.declared["spec"].get("router", {}) if service.declared else {}
    references = router.get("gateway", {}).get("refs", [])
    return (references[0]["namespace"], references[0]["name"]) if references else None


def _check_hostname(gateway: LiveGateway, hostname: str | None, namespaces: Sequence[str]) -> Iterator[Found]:
    """Yield that requests to `hostname` reach no route of some namespaces, where listeners answer other names only."""
    if hostname is None:
        return
    listeners = {namespace: gateway.open_for(namespace) for namespace in namespaces}
    unheard = [name for name, those in listeners.items() if not any(each.answers(hostname) for each in those)]
    if unheard:
        names = sorted({each.hostname for name in unheard for each in listeners[name]})
        yield Found(
            Code.HOSTNAME_NOT_ANSWERED,
            Severity.WARNING,
            f"requests to {hostname} reach no route of {', '.join(unheard)}: the listeners of Gateway "
            f"{gateway.namespace}/{gateway.name} that take these routes answer for {some(names)} only",
            "correct hostname in spec.gateway of the environment, or the listener's",
            facts={"hostname": hostname, "listeners": names},
        )
