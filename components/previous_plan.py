"""The plan that the stack had, from the stack's own outputs: that is what makes placements stay."""

from __future__ import annotations

import pulumi

from slicewise.placement import parse_previous
from slicewise.placement.plan_json import PreviousPlacement


async def previous_plan() -> tuple[PreviousPlacement, ...]:
    """Return what the last `pulumi up` of this stack placed; nothing on the first.

    Raises:
        InvalidInputError: the stack's `placements` output is not a plan's (SW109).
    """
    name = f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"
    details = await pulumi.StackReference("previous-plan", stack_name=name).get_output_details("placements")
    placements = details.value
    return () if placements is None else parse_previous(placements, f"the outputs of stack {name}")
