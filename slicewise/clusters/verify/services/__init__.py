"""What became of services that were applied.

`expected_services` lists what should be there, `judge` compares it with what is, and `check_services` words it.
"""

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
