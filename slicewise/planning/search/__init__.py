"""Finding a plan: what stays, what goes where, who makes room for whom."""

from slicewise.planning.search.decision_log import Decision, DecisionLog, Measured, Step
from slicewise.planning.search.draft_plan import Demand, DraftPlan, ServingOption
from slicewise.planning.search.planner import make_plan
from slicewise.planning.search.required_memory import required_memory_advice

__all__ = [
    "Decision",
    "DecisionLog",
    "Demand",
    "DraftPlan",
    "Measured",
    "ServingOption",
    "Step",
    "make_plan",
    "required_memory_advice",
]
