"""Services of Slicewise that run and that the plan does not have: what was taken out of the documents, or moved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from slicewise.clusters.live import LiveService, ServiceKey, live_service
from slicewise.clusters.readiness import Observed


@dataclass(frozen=True, slots=True)
class UnplannedService:
    """A service that Slicewise applied and the plan does not have.

    Attributes:
        environment: Where it runs.
        live: The service.
    """

    environment: str
    live: LiveService

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return {
            "environment": self.environment,
            "namespace": self.live.namespace,
            "service": self.live.name,
            "stack": self.live.stack,
            "leaving": self.live.leaving,
        }


def not_planned(
    environment: str,
    services: Mapping[ServiceKey, Observed],
    planned: Collection[ServiceKey],
    stacks: Collection[str],
) -> list[UnplannedService]:
    """Return the services of `stacks` that are not `planned`, by name; those of no stack were rendered, and count.

    Args:
        environment: The name of the environment.
        services: What its cluster has.
        planned: What the plan has there.
        stacks: The stacks that apply the documents, as far as that is known.
    """
    return [
        UnplannedService(environment, live)
        for live in _beside(services, planned)
        if live.stack is None or live.stack in stacks
    ]


def of_unknown_stacks(
    services: Mapping[ServiceKey, Observed],
    planned: Collection[ServiceKey],
    stacks: Collection[str],
    named: Collection[ServiceKey],
) -> Counter[str]:
    """Return how many services beside the `planned` ones each stack has that is not known to apply the documents.

    Where `stacks` are known to, only those count that are `named` after a deployment: they may be what another of the
    documents' stacks has yet to remove.
    """
    return Counter(
        live.stack
        for live in _beside(services, planned)
        if live.stack is not None and live.stack not in stacks and (not stacks or live.key in named)
    )


def _beside(services: Mapping[ServiceKey, Observed], planned: Collection[ServiceKey]) -> Iterator[LiveService]:
    for key, observed in sorted(services.items()):
        live = live_service(observed.service or {})
        if live.revision is not None and key not in planned:
            yield live
