"""Finding a plan: what stays, what goes where, who makes room for whom."""

from slicewise.planning.search.decision_log import Decision, DecisionLog, Measured, Step
from slicewise.planning.search.demands import Demand, ServingOption, free_choices
from slicewise.planning.search.draft_plan import DraftPlan
from slicewise.planning.search.planner import make_plan

__all__ = [
    "Decision",
    "DecisionLog",
    "Demand",
    "DraftPlan",
    "Measured",
    "ServingOption",
    "Step",
    "free_choices",
    "make_plan",
]
