"""From documents to what is to be declared, environment by environment: planned, asked for, settled."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from slicewise.documents import Fleet
from slicewise.planning import Rejections

from .all_outputs import all_outputs
from .cloud_sdks import require_cloud_sdks
from .clusters import Reached, Skipped, reach_clusters, refuse_if_all_are_skipped, tell_skipped, verify_clusters
from .environment_content import EnvironmentContent, PlacedObjects
from .fleet_plan import FleetPlan, plan_fleet
from .kubeconfig import ProgramKubeconfigs
from .last_update import LastUpdate, PlanMemory, read_last_update
from .leaving import Departures, settle_deletions, tell_departures
from .ownership import Ownership, settle_ownership
from .provisioning import require_checkpoints
from .report import report
from .stack_config import StackConfig
from .stacks import StackPlan, Stays, applied_outputs, refuse_plan, stays, stays_for_skipped, with_staying


@dataclass(frozen=True)
class Preparation:
    """What is known before anything is declared.

    Attributes:
        config: What the stack, or the program, decides.
        planned: The plan, and what it declares where.
        rejections: Why candidates were rejected in it.
        past: What the last `pulumi up` left.
        reached: The clusters that exist already.
        ownership: How the objects of each environment are declared.
        skipped: The environments that are left as they are, with the reasons.
        going: What becomes of environments that are no longer declared.
        without_plugin: The environments whose stored credential comes from a plugin that gives none now.
        asked: The environments that leave and whose clusters were asked.
        plan: The plan that another stack has made; None where this one plans itself.
        staying: What moves to environments of other stacks, or to skipped ones, and is not there yet.
    """

    config: StackConfig
    planned: FleetPlan
    rejections: Rejections
    past: LastUpdate
    reached: Reached
    ownership: Ownership
    skipped: Skipped
    going: Departures
    without_plugin: frozenset[str]
    asked: frozenset[str]
    plan: StackPlan | None = None
    staying: tuple[Stays, ...] = ()

    @property
    def names(self) -> list[str]:
        """The environments that the stack has, and those that it had."""
        return sorted({*self.planned.fleet.environment, *self.going.names})

    @cached_property
    def plan_outputs(self) -> dict[str, Any]:
        """The plan as outputs: placements, node pools, warnings, shortfalls."""
        return self.planned.outputs(self.rejections)

    def plan_outputs_of(self, environment: str) -> dict[str, Any]:
        """The plan's outputs, as far as they are of one environment."""
        here = {
            key: {name: each for name, each in self.plan_outputs[key].items() if each["environment"] == environment}
            for key in ("placements", "nodePools")
        }
        return {**self.plan_outputs, **here}

    @cached_property
    def _placed(self) -> Mapping[str, Sequence[PlacedObjects]]:
        placed: defaultdict[str, list[PlacedObjects]] = defaultdict(list)
        for placement, objects in self.planned.placed:
            placed[placement.environment].append(PlacedObjects(placement.deployment, placement.node_pool, objects))
        return placed

    def content(self, environment: str) -> EnvironmentContent:
        """Return what is declared in an environment that can be changed and whose cluster exists already."""
        handling = self.ownership.handlings[environment]
        return EnvironmentContent(
            handling,
            self.reached.kubeconfigs.get(environment),
            self.planned.shared.get(environment, ()),
            self._placed.get(environment, ()),
            outputs=self.plan_outputs_of(environment),
        )

    def outputs(self) -> dict[str, Any]:
        """Return all outputs: the plan, and what the next run must know beside it; say what is not done now."""
        plan, past = self.plan_outputs, self.past
        tell_skipped(self.skipped, plan, past.state)
        tell_departures(self.going, past.renamed, past.state, self.asked)
        outputs = all_outputs(plan, past, self.ownership.handlings, self.reached.existing, self.skipped, self.going)
        outputs = with_staying(outputs, past, self.staying)
        return applied_outputs(outputs, self.plan, self.config, past, self.staying) if self.plan else outputs


async def prepare(
    config: StackConfig,
    fleet: Fleet,
    memory: PlanMemory,
    program: ProgramKubeconfigs,
    plan: StackPlan | None = None,
) -> Preparation:
    """Plan the fleet, ask the clusters that exist, and settle what is to be declared; nothing is declared yet.

    Args:
        config: The stack's configuration.
        fleet: What is declared.
        memory: Where the last plan is remembered.
        program: The kubeconfigs that the program passes.
        plan: What another stack has planned, where this one does not plan itself.

    Raises:
        InvalidInputError: something in the clusters or in the stack's outputs keeps the plan from being applied.
        pulumi.RunError: a deployment gets fewer environments than it asks for, or a cluster cannot be used, and the
            stack does not say to go on.
    """
    require_cloud_sdks(config, fleet.environments)
    require_checkpoints(config, fleet.environments)
    past = await read_last_update(config, fleet, memory, program)
    if plan:
        refuse_plan(plan, past, config)
    decided = plan.of(config.environments) if plan else None
    planned = plan_fleet(config, fleet, past.placements, decided, past.unserved)
    rejections = Rejections(fleet, planned.plan)
    report(config, planned, rejections, past.before.skipped)
    reached = await reach_clusters(config, fleet.environments, planned.needs(config), program)
    ownership = await settle_ownership(config, past, planned.declared, reached)
    verified = await verify_clusters(
        config,
        fleet,
        planned.plan,
        planned.previous,
        {name: text for name, text in reached.kubeconfigs.items() if name not in program.later},
        stacks=past.before.names,
        handlings=ownership.handlings,
    )
    skipped = {**reached.skipped, **verified}
    ownership.tell(skipped)
    staying = await stays(plan, config.environments, past.before, past.placements) if plan else ()
    past = await past.with_state(reached.existing, reads=bool(skipped or staying))
    staying = (*staying, *stays_for_skipped(past, planned.plan, skipped))
    changed = {name: there for name, there in reached.existing.items() if name not in skipped}
    going, asked = await settle_deletions(config, past, planned.declared, skipped, changed)
    going = going.wait({each.environment: str(each.says) for each in staying})
    refuse_if_all_are_skipped(config, planned.declared.keys() | going.leaving | going.moving, skipped)
    return Preparation(
        config,
        planned,
        rejections,
        past,
        reached,
        ownership,
        skipped,
        going,
        asked.without_plugin,
        frozenset(asked.existing),
        plan,
        staying,
    )


async def with_state(prepared: Preparation) -> Preparation:
    """Return it with the stack's state, which it has not needed before, and what that says of deletions.

    Raises:
        InvalidInputError: something would be deleted that must not be (SW423, SW424), or the documents take back a
            rename that an update which was killed has begun (SW426).
    """
    past, skipped = await prepared.past.read_state(), prepared.skipped
    changed = {name: there for name, there in prepared.reached.existing.items() if name not in skipped}
    going, asked = await settle_deletions(prepared.config, past, prepared.planned.declared, skipped, changed)
    going = going.wait({each.environment: str(each.says) for each in prepared.staying})
    return replace(
        prepared,
        past=past,
        going=going,
        without_plugin=asked.without_plugin,
        asked=frozenset(asked.existing),
    )
