"""Finding a plan: what stays, what goes where, who makes room for whom."""

from slicewise.planning.search.draft_plan import Board, Demand, Way
from slicewise.planning.search.planner import make_plan
from slicewise.planning.search.required_memory import required_memory_advice

__all__ = [
    "Board",
    "Demand",
    "Way",
    "make_plan",
    "required_memory_advice",
]
