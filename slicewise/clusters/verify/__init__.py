"""Declared against real: what differs between documents and a live cluster.

`verify` compares a fleet and its plan with the clusters that were read; `judge` says what became of services that
were applied.
"""

from slicewise.clusters.verify.cluster_checks import led_elsewhere
from slicewise.clusters.verify.pools import PoolReality
from slicewise.clusters.verify.services import (
    Deviation,
    Drift,
    Expected,
    FieldPath,
    expected_services,
    judge,
    rewritten,
)
from slicewise.clusters.verify.verification import Verified, verify

__all__ = [
    "Deviation",
    "Drift",
    "Expected",
    "FieldPath",
    "PoolReality",
    "Verified",
    "expected_services",
    "judge",
    "led_elsewhere",
    "rewritten",
    "verify",
]
