"""Several stacks for one fleet: one plans for all environments, and others apply what it has for theirs.

`plan_only` is what the stack does that plans; `read_stack_plan` reads its outputs in a stack that applies, and refuses
a plan that is not to be applied; `stays` and `stays_for_skipped` say what must not leave yet.
"""

from .apply_outputs import applied_outputs, with_staying
from .handover import Stays, stays, stays_for_skipped
from .mode_keys import refuse_wrong_keys
from .own_environments import own_part
from .planning import plan_only
from .reading import StackPlan, read_stack_plan
from .refusals import refuse_plan

__all__ = [
    "StackPlan",
    "Stays",
    "applied_outputs",
    "own_part",
    "plan_only",
    "read_stack_plan",
    "refuse_plan",
    "refuse_wrong_keys",
    "stays",
    "stays_for_skipped",
    "with_staying",
]
