"""At which address KServe serves each placement inside its cluster."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from slicewise.manifests import in_cluster_address, service_name


def endpoints_of(placements: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the endpoint of each placement in a plan's outputs."""
    found = []
    for each in placements:
        deployment = each["deployment"]
        service = service_name(
            deployment["name"], nodes=each["nodesPerReplica"], autoscaled=bool(each.get("autoscaled"))
        )
        found.append(
            {
                "deployment": deployment,
                "environment": each["environment"],
                "service": service,
                "inCluster": in_cluster_address(deployment["namespace"], service),
            }
        )
    return found
