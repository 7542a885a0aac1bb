"""The plan that the stack had, from the stack's own outputs: that is what makes placements stay."""

from __future__ import annotations

from collections.abc import Iterable

import pulumi

from slicewise.placement import Placement, Plan, parse_previous
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


def leaving(previous: Iterable[PreviousPlacement], plan: Plan, placement: Placement) -> tuple[str, ...]:
    """Return the deployments that were on the pool of `placement` and are in its environment no more."""
    pool = (placement.environment, placement.node_pool)
    staying = {(each.deployment, each.environment) for each in plan.placements}
    return tuple(
        str(each.key)
        for each in previous
        if (each.environment, each.node_pool) == pool and (each.key, each.environment) not in staying
    )
