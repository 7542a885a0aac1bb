"""What became of services that were applied."""

from slicewise.clusters.verify.services.applied import (
    REMEDY,
    Deviation,
    Drift,
    Expected,
    expected_services,
    foreign_keys,
    judge,
    own_stacks,
)
from slicewise.clusters.verify.services.deviations import check_services
from slicewise.clusters.verify.services.vain_fields import FieldPath, rewritten

__all__ = [
    "REMEDY",
    "Deviation",
    "Drift",
    "Expected",
    "FieldPath",
    "check_services",
    "expected_services",
    "foreign_keys",
    "judge",
    "own_stacks",
    "rewritten",
]
