"""The outputs of a stack that applies: what it has applied of which plan, and what the next run must know."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from slicewise.planning import output_entries

from ..last_update import LastUpdate
from ..stack_config import StackConfig, StackMode
from ..state import DIGEST_OUTPUT, ELSEWHERE_OUTPUT, LEAVING_OUTPUT, REVISION_OUTPUT
from .handover import Stays, elsewhere
from .plan_outputs import MODE_OUTPUT
from .reading import StackPlan

PLAN_STACK_OUTPUT = "planStack"


def applied_outputs(
    outputs: Mapping[str, Any], plan: StackPlan, config: StackConfig, past: LastUpdate, staying: Collection[Stays]
) -> dict[str, Any]:
    """Return the stack's outputs.

    Args:
        outputs: What is applied in its environments.
        plan: The plan that is applied.
        config: The stack's configuration.
        past: What the stack had.
        staying: What moves to environments of other stacks, and is not there yet.
    """
    found = {
        **outputs,
        MODE_OUTPUT: StackMode.APPLY.value,
        PLAN_STACK_OUTPUT: plan.stack,
        REVISION_OUTPUT: plan.revision,
        DIGEST_OUTPUT: plan.digest,
        ELSEWHERE_OUTPUT: elsewhere(plan, config.environments, staying, past.before),
    }
    before = past.state.outputs
    had = {**output_entries(before.get(LEAVING_OUTPUT)), **output_entries(before.get("placements"))}
    names = {each.name for each in staying} - outputs["placements"].keys()
    kept = {name: had[name] for name in sorted(names & had.keys())}
    if left := {**outputs.get(LEAVING_OUTPUT, {}), **kept}:
        found[LEAVING_OUTPUT] = left
    return found
