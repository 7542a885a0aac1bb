"""The outputs of a stack that applies: what it has applied of which plan, and what the next run must know."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
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
    return {
        **outputs,
        MODE_OUTPUT: StackMode.APPLY.value,
        PLAN_STACK_OUTPUT: plan.stack,
        REVISION_OUTPUT: plan.revision,
        DIGEST_OUTPUT: plan.digest,
        ELSEWHERE_OUTPUT: elsewhere(plan, config.environments, staying, past.before),
    }


def with_staying(outputs: Mapping[str, Any], past: LastUpdate, staying: Iterable[Stays]) -> dict[str, Any]:
    """Return the stack's outputs with the placements that must not leave yet, which the next run is to know."""
    before = past.state.outputs
    had = {**output_entries(before.get(LEAVING_OUTPUT)), **output_entries(before.get("placements"))}
    # What stays may have been placed under the name that its environment had then.
    before_by_name = {
        each.name: had.get(each.name) or had.get(past.former_name(each.environment, each.key)) for each in staying
    }
    kept = {
        name: {**entry, "environment": name.partition("/")[0]}
        for name, entry in sorted(before_by_name.items())
        if entry and name not in outputs["placements"]
    }
    left = {**outputs.get(LEAVING_OUTPUT, {}), **kept}
    return {**outputs, LEAVING_OUTPUT: left} if left else {**outputs}
