"""What became of services that were applied.

`planned_services` lists what should be there, `judge_services` compares it with what is, and `check_services` words
it.
"""

from slicewise.clusters.verify.services.deviations import REMEDY, Deviation, Drift, foreign_keys, judge_services
from slicewise.clusters.verify.services.planned_service import PlannedService, own_stacks, planned_services
from slicewise.clusters.verify.services.rewritten_fields import KeyPath, rewritten
from slicewise.clusters.verify.services.worded_deviations import check_services

__all__ = [
    "REMEDY",
    "Deviation",
    "Drift",
    "KeyPath",
    "PlannedService",
    "check_services",
    "foreign_keys",
    "judge_services",
    "own_stacks",
    "planned_services",
    "rewritten",
]
