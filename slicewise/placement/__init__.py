"""Which pool of which environment serves which deployment: capacity, matching and planning, as pure functions."""

from slicewise.placement.plan import (
    Placement,
    Plan,
    PoolUsage,
    Rejection,
    RejectionCode,
    Shortfall,
    placements_by_environment,
)
from slicewise.placement.plan_json import parse_previous, plan_to_dict
from slicewise.placement.planner import make_plan

__all__ = [
    "Placement",
    "Plan",
    "PoolUsage",
    "Rejection",
    "RejectionCode",
    "Shortfall",
    "make_plan",
    "parse_previous",
    "placements_by_environment",
    "plan_to_dict",
]
