"""At which address each placement answers, inside its cluster and outside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from slicewise.addresses import service_name


def endpoints_of(placements: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the endpoint of each placement in a plan's outputs, with whose it is."""
    return [
        {
            "deployment": each["deployment"],
            "environment": each["environment"],
            "service": service_name(
                each["deployment"]["name"], nodes=each["nodesPerReplica"], autoscaled=bool(each.get("autoscaled"))
            ),
            # What an earlier release left of an environment that is skipped has none.
            "inCluster": None,
            "external": None,
            **each.get("endpoint", {}),
        }
        for each in placements
    ]
