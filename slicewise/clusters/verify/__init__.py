"""Declared against real: what differs between documents and a live cluster.

`compare_clusters` compares a fleet and its plan with the clusters that were read; `judge_services` says what became of
services that were applied. Only the second is needed in every preview, so the first is loaded when it is asked for.
"""

from typing import TYPE_CHECKING

from slicewise.clusters.verify.other_cluster import led_elsewhere
from slicewise.clusters.verify.services import (
    Deviation,
    Drift,
    KeyPath,
    PlannedService,
    judge_services,
    planned_services,
    rewritten,
)
from slicewise.sources import lazy_attributes

if TYPE_CHECKING:
    from slicewise.clusters.verify.named_objects import objects_named
    from slicewise.clusters.verify.pools import PoolReality
    from slicewise.clusters.verify.verification import Creates, Verified, compare_clusters

__all__ = [
    "Creates",
    "Deviation",
    "Drift",
    "KeyPath",
    "PlannedService",
    "PoolReality",
    "Verified",
    "compare_clusters",
    "judge_services",
    "led_elsewhere",
    "objects_named",
    "planned_services",
    "rewritten",
]

__getattr__ = lazy_attributes(
    __name__,
    {
        "Creates": "verification",
        "PoolReality": "pools",
        "Verified": "verification",
        "compare_clusters": "verification",
        "objects_named": "named_objects",
    },
)
