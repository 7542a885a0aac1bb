"""At which address each placement answers, inside its cluster and outside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slicewise.addresses import service_name
from slicewise.planning import ADDRESSES


def endpoints_of(placements: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the endpoint of each placement in a plan's outputs, with whose it is, by the same names."""
    return {
        name: {
            "deployment": each["deployment"],
            "environment": each["environment"],
            "service": service_name(
                each["deployment"]["name"], nodes=each["nodesPerReplica"], autoscaled=bool(each.get("autoscaled"))
            ),
            # What an earlier release left of an environment that is skipped has none.
            "inCluster": None,
            "external": None,
            **{key: each[key] for key in ADDRESSES if key in each},
        }
        for name, each in placements.items()
    }
