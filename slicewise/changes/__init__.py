"""What a plan changes of an earlier one: what is added, removed, moved and changed, and whether pods restart.

`parts_of_service` says what the objects of a placement are made of, and is written into plans; `plan_changes` compares
these with what an earlier plan wrote.
"""

from slicewise.changes.changes_json import changes_to_dict, plan_with_changes, with_lines_of_parts
from slicewise.changes.compared_plans import ChangeKind, PlacementChange, PlanChanges, plan_changes
from slicewise.changes.part_changes import Effect, PartChange
from slicewise.changes.service_parts import PartsOfPlan, parts_of_plan, parts_of_service

__all__ = [
    "ChangeKind",
    "Effect",
    "PartChange",
    "PartsOfPlan",
    "PlacementChange",
    "PlanChanges",
    "changes_to_dict",
    "parts_of_plan",
    "parts_of_service",
    "plan_changes",
    "plan_with_changes",
    "with_lines_of_parts",
]
