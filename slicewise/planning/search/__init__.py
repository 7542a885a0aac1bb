"""Finding a plan: what stays, what goes where, who makes room for whom."""

from slicewise.planning.search.draft_plan import Demand, DraftPlan, ServingOption
from slicewise.planning.search.planner import make_plan
from slicewise.planning.search.required_memory import required_memory_advice

__all__ = [
    "Demand",
    "DraftPlan",
    "ServingOption",
    "make_plan",
    "required_memory_advice",
]
