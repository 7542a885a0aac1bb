"""What a stack with mode `plan` does: it plans for all environments, and has the plan in its outputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pulumi

from slicewise.documents import Fleet, documents_digest
from slicewise.planning import Rejections

from ..fleet_plan import plan_fleet
from ..last_update import PlanMemory
from ..report import report
from ..stack_config import StackConfig
from ..stack_name import stack_name
from ..state import REVISION_OUTPUT, STACK_OUTPUT, PreviousStack, parse_outputs, read_stack_outputs, read_state
from .plan_outputs import planned_outputs
from .reading import read_named
from .refusals import refuse_left_behind


async def plan_only(config: StackConfig, fleet: Fleet, memory: PlanMemory) -> dict[str, Any]:
    """Plan the fleet, say what it changes, and return the stack's outputs. No cluster and no credential is asked for.

    Raises:
        InvalidInputError: the stack's outputs are not what `pulumi up` writes (SW109), its state cannot be loaded
            (SW436), the stack to begin with cannot be read (SW442), or this stack has services in clusters (SW448).
        pulumi.RunError: a deployment gets fewer environments than it asks for, and the stack does not say to go on.
    """
    before, state = await memory.read(config, fleet.environment.keys())
    if not state.is_read:
        state = await read_state(memory.owner)
    refuse_left_behind(
        state.environments.keys(),
        state.provider_urns,
        "a stack with mode: plan applies nothing",
        "have another stack plan, and this one apply (mode: apply)",
    )
    stored = state.outputs if memory.owner else await read_stack_outputs()
    before = await _begun(config, before, stored)
    planned = plan_fleet(config, fleet, before.placements)
    rejections = Rejections(fleet, planned.plan)
    report(config, planned, rejections)
    plan = {**planned.outputs(rejections), STACK_OUTPUT: stack_name()}
    outputs = planned_outputs(plan, documents_digest(fleet), config.apply_stacks, stored)
    pulumi.log.info(f"this is revision {outputs[REVISION_OUTPUT]} of the plan")
    return outputs


async def _begun(config: StackConfig, before: PreviousStack, outputs: Mapping[str, Any]) -> PreviousStack:
    """Return what the first plan keeps: what the stack runs that `planStack` names."""
    if config.plan_stack is None or REVISION_OUTPUT in outputs:
        return before
    source = f"the outputs of stack {config.plan_stack}"
    return replace(before, placements=parse_outputs(await read_named(config.plan_stack), source).placements)
