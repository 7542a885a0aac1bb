"""Declared against real: what differs between documents and a live cluster.

`compare_clusters` compares a fleet and its plan with the clusters that were read; `judge_services` says what became of
services that were applied. Only the second is needed in every preview, so the first is loaded when it is asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

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

if TYPE_CHECKING:
    from slicewise.clusters.verify.named_objects import objects_named
    from slicewise.clusters.verify.pools import PoolReality
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
    "objects_named",
    "planned_services",
    "rewritten",
]

_MODULES: Final = {
    "PoolReality": "pools",
    "Verified": "verification",
    "compare_clusters": "verification",
    "objects_named": "named_objects",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever it is
    if name not in _MODULES:
        message = f"module {__name__} has no attribute {name}"
        raise AttributeError(message)
    return getattr(import_module(f".{_MODULES[name]}", __name__), name)
