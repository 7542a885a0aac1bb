"""Gateways that a cluster has (gateway.networking.k8s.io/v1): whether they work, and whose routes they take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from slicewise.kubernetes import items, mapping, text

_HTTP: Final = frozenset({"HTTP", "HTTPS"})
_ANY_LABEL: Final = "*."


@dataclass(frozen=True, slots=True)
class LiveListener:
    """A listener of a Gateway for HTTP or HTTPS.

    Attributes:
        takes: From which namespaces it takes routes: `Same`, `All`, `Selector`, `None`.
        hostname: The one whose requests it answers, or `*.` and what they end with; empty for any.
    """

    takes: str
    hostname: str = ""

    def answers(self, host: str) -> bool:
        """Return whether it answers requests to `host`: a wildcard stands for one or more labels (Gateway API)."""
        if self.hostname.startswith(_ANY_LABEL):
            return host.endswith(self.hostname[1:]) and host != self.hostname[1:]
        return self.hostname in ("", host)


@dataclass(frozen=True, slots=True)
class LiveGateway:
    """A Gateway that is there.

    Attributes:
        namespace: Its namespace.
        name: Its name.
        programmed: Whether its controller says that it is in effect: KServe's Ready waits for that.
        listeners: Those for HTTP or HTTPS.
    """

    namespace: str
    name: str
    programmed: bool
    listeners: tuple[LiveListener, ...]

    def open_for(self, namespace: str) -> list[LiveListener]:
        """Return the listeners that may take routes of `namespace`; a selector of labels is not asked."""
        own = {"Same"} if namespace == self.namespace else set()
        return [each for each in self.listeners if each.takes in {"All", "Selector", *own}]


def live_gateway(gateway: Mapping[str, Any]) -> LiveGateway:
    """Read a Gateway as the API server writes it (JSON)."""
    metadata = mapping(gateway.get("metadata"))
    conditions = items(mapping(gateway.get("status")).get("conditions"))
    return LiveGateway(
        text(metadata.get("namespace")),
        text(metadata.get("name")),
        any(each.get("type") == "Programmed" and each.get("status") == "True" for each in conditions),
        tuple(
            # Gateway API's default is Same.
            LiveListener(
                text(mapping(mapping(each.get("allowedRoutes")).get("namespaces")).get("from")) or "Same",
                text(each.get("hostname")),
            )
            for each in items(mapping(gateway.get("spec")).get("listeners"))
            if text(each.get("protocol")) in _HTTP
        ),
    )
