"""Declared against real: what differs between documents and a live cluster.

`compare_clusters` compares a fleet and its plan with the clusters that were read; `judge_services` says what became of
services that were applied.
"""

from slicewise.clusters.verify.other_cluster import led_elsewhere
from slicewise.clusters.verify.pools import PoolReality
from slicewise.clusters.verify.services import (
    Deviation,
    Drift,
    KeyPath,
    PlannedService,
    judge_services,
    planned_services,
    rewritten,
)
from slicewise.clusters.verify.verification import Verified, compare_clusters

__all__ = [
    "Deviation",
    "Drift",
    "KeyPath",
    "PlannedService",
    "PoolReality",
    "Verified",
    "compare_clusters",
    "judge_services",
    "led_elsewhere",
    "planned_services",
    "rewritten",
]
