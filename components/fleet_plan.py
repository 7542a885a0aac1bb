"""The plan as what is declared in each environment, and what that needs of the clusters: no engine and no cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from slicewise.changes import PartsOfPlan, PlanChanges, parts_of_service, plan_changes, with_lines_of_parts
from slicewise.clusters.preflight import Needs, needs_of
from slicewise.documents import DeploymentKey, Fleet
from slicewise.manifests import KubernetesObject, device_classes, placement_objects, shared_objects
from slicewise.planning import (
    MoveCode,
    Placement,
    Plan,
    PreviousPlacement,
    Rejections,
    decided_plan,
    make_plan,
    placements_by_environment,
    plan_to_outputs,
)

from .environment_plan import EnvironmentPlan, environment_plans
from .stack_config import StackConfig


@dataclass(frozen=True)
class FleetPlan:
    """What is planned.

    Attributes:
        fleet: What is declared.
        previous: What the stack had before.
        plan: The plan for both.
        shared: What the placements of an environment share.
        placed: Each placement with its objects.
        declared: What the plan declares in each environment.
    """

    fleet: Fleet
    previous: Sequence[PreviousPlacement]
    plan: Plan
    shared: Mapping[str, Sequence[KubernetesObject]]
    placed: Sequence[tuple[Placement, Sequence[KubernetesObject]]]
    declared: Mapping[str, EnvironmentPlan]

    @cached_property
    def parts(self) -> PartsOfPlan:
        """What the service of each placement is made of."""
        return {
            (each.environment, each.deployment): parts_of_service(each.deployment, items) for each, items in self.placed
        }

    @cached_property
    def changes(self) -> PlanChanges | None:
        """What it changes of what the stack had before; None where the stack had nothing."""
        return plan_changes(self.previous, self.plan, self.parts) if self.previous else None

    def outputs(self, rejections: Rejections) -> dict[str, Any]:
        """Return the plan as outputs: placements, node pools, warnings, shortfalls."""
        outputs = plan_to_outputs(self.fleet, self.plan, rejections)
        with_lines_of_parts(outputs["placements"].values(), self.parts)
        return outputs

    @cached_property
    def drained_into(self) -> frozenset[tuple[str, DeploymentKey]]:
        """The placements, by environment and deployment, whose service is made anew for one on a drained pool.

        Where the service stays, KServe rolls its pods by itself.
        """
        before = {(each.environment, each.key): each for each in self.previous}
        now = {(each.environment, each.deployment): each for each in self.plan.placements}
        targets = {
            (move.target.environment, move.deployment)
            for move in self.plan.moved
            if move.code is MoveCode.DRAINED and move.target
        }
        return frozenset(
            place
            for place in targets
            if place not in before
            or before[place].nodes_per_replica != now[place].nodes_per_replica
            or before[place].autoscaled != now[place].autoscaled
        )

    def needs(self, config: StackConfig) -> dict[str, Needs]:
        """Return what it needs of each environment's cluster."""
        return {
            name: here.look_at(
                needs_of(
                    here.objects,
                    leaves=[each for each in self.previous if each.environment == name],
                    makes_namespaces=bool(here.namespaces),
                    waits=config.wait_for_ready or any(each == name for each, _ in self.drained_into),
                    verifies=config.verify is True,
                )
            )
            for name, here in self.declared.items()
        }


def plan_fleet(
    config: StackConfig,
    fleet: Fleet,
    previous: Sequence[PreviousPlacement],
    decided: Sequence[PreviousPlacement] | None = None,
) -> FleetPlan:
    """Plan the fleet, or take what another stack has `decided`, and return what is to be declared where."""
    plan = make_plan(fleet, previous) if decided is None else decided_plan(fleet, decided)
    shared = {name: shared_objects(fleet, here) for name, here in placements_by_environment(plan).items()}
    if config.create_device_classes:
        for each in fleet.environments:
            if classes := device_classes(each.spec):
                shared[each.metadata.name] = [*classes, *shared.get(each.metadata.name, ())]
    placed = [(placement, placement_objects(fleet, placement)) for placement in plan.placements]
    objects = {name: list(items) for name, items in shared.items()}
    for placement, items in placed:
        objects[placement.environment] += items
    declared = environment_plans(fleet, plan, previous, objects, make=config.create_namespaces)
    return FleetPlan(fleet, previous, plan, shared, placed, declared)
