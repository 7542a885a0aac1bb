"""How requests reach a deployment from outside: the Gateway of an environment, and a deployment's router."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, StrictInt, StrictStr

from slicewise.documents.base import DNS_SUBDOMAIN, DnsLabel, DnsSubdomain, Flag, Frozen

MAX_WEIGHT: Final = 1_000_000
"""The largest weight that KServe's CRD and Gateway API's backendRefs take."""


class GatewayReference(Frozen):
    """The Gateway (gateway.networking.k8s.io) that requests to an environment's models come through."""

    name: DnsSubdomain
    """The Gateway's name."""
    namespace: DnsLabel
    """The Gateway's namespace."""
    hostname: Annotated[StrictStr, DNS_SUBDOMAIN.field(253)] | None = None
    """The name or address that clients reach it by; without one the plan cannot say where it answers outside."""
    scheme: Literal["http", "https"] = "http"
    """What its listener for clients speaks."""
    port: Annotated[StrictInt, Field(ge=1, le=65535)] | None = None
    """The port that clients reach it on; 80 for http and 443 for https if omitted."""


class Router(Frozen):
    """Whether and how a deployment is reached through a Gateway, by a route that KServe makes."""

    enabled: Flag | None = None
    """Whether KServe makes a route. If omitted, it does where the environment has a gateway."""
    scheduler: Flag = False
    """Whether an endpoint picker chooses the replica of each request (Gateway API's inference extension)."""
    group: DnsLabel | None = None
    """Deployments of one namespace with the same group share the requests to their model by weight."""
    weight: Annotated[StrictInt, Field(ge=0, le=MAX_WEIGHT)] | None = None
    """The deployment's share of its group: its weight in proportion to the sum of all."""

    def routes_through(self, gateway: GatewayReference | None) -> bool:
        """Return whether there is a route in an environment with this `gateway`, or with none of its own."""
        return gateway is not None if self.enabled is None else self.enabled
