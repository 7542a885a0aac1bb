"""Gateways that a cluster has (gateway.networking.k8s.io/v1): whether they work, and whose routes they take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from slicewise.kubernetes import items, mapping, text

_HTTP: Final = frozenset({"HTTP", "HTTPS"})


@dataclass(frozen=True, slots=True)
class LiveGateway:
    """A Gateway that is there.

    Attributes:
        namespace: Its namespace.
        name: Its name.
        programmed: Whether its controller says that it is in effect: KServe's Ready waits for that.
        http: Whether it has a listener for HTTP or HTTPS.
        takes: From which namespaces its HTTP listeners take routes: `Same`, `All`, `Selector`, `None`.
    """

    namespace: str
    name: str
    programmed: bool
    http: bool
    takes: frozenset[str]

    def may_take(self, namespace: str) -> bool:
        """Return whether a listener may take routes of `namespace`; a selector of labels is not asked."""
        return bool(self.takes & {"All", "Selector"}) or (namespace == self.namespace and "Same" in self.takes)


def live_gateway(gateway: Mapping[str, Any]) -> LiveGateway:
    """Read a Gateway as the API server writes it (JSON)."""
    metadata = mapping(gateway.get("metadata"))
    listeners = [
        each for each in items(mapping(gateway.get("spec")).get("listeners")) if text(each.get("protocol")) in _HTTP
    ]
    conditions = items(mapping(gateway.get("status")).get("conditions"))
    return LiveGateway(
        text(metadata.get("namespace")),
        text(metadata.get("name")),
        any(each.get("type") == "Programmed" and each.get("status") == "True" for each in conditions),
        bool(listeners),
        # Gateway API's default is Same.
        frozenset(
            text(mapping(mapping(each.get("allowedRoutes")).get("namespaces")).get("from")) or "Same"
            for each in listeners
        ),
    )
