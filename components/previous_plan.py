"""The plan that the stack had, from the stack's own outputs: that is what makes placements stay."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import pulumi

from components.stack_name import stack_name
from slicewise.placement import Plan, parse_previous
from slicewise.placement.plan_json import PreviousPlacement


async def previous_plan() -> tuple[PreviousPlacement, ...]:
    """Return what the last `pulumi up` of this stack placed; nothing on the first.

    Raises:
        InvalidInputError: the stack's `placements` output is not a plan's (SW109).
    """
    name = stack_name()
    details = await pulumi.StackReference("previous-plan", stack_name=name).get_output_details("placements")
    placements = details.value
    return () if placements is None else parse_previous(placements, f"the outputs of stack {name}")


def leaving(previous: Iterable[PreviousPlacement], plan: Plan) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return, by environment and node pool, what was there and goes when the program has ended.

    That is deployments that are in the environment no more, and the services of those that span other nodes now: these
    get a new one, and the old one goes last.
    """
    nodes = {(each.deployment, each.environment): each.nodes_per_replica for each in plan.placements}
    gone: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for each in previous:
        now = nodes.get((each.key, each.environment))
        if now != each.nodes_per_replica:
            gone[each.environment, each.node_pool].append(f"the old service of {each.key}" if now else str(each.key))
    return {pool: tuple(names) for pool, names in gone.items()}
