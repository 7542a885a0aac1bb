"""The plan as what is declared in each environment, and what that needs of the clusters: no engine and no cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from slicewise.addresses import service_name
from slicewise.changes import PartsOfPlan, PlanChanges, parts_of_service, plan_changes, with_lines_of_parts
from slicewise.clusters.preflight import Needs, needs_of
from slicewise.documents import DeploymentKey, Fleet, Scheduling
from slicewise.manifests import KubernetesObject, device_classes, placement_objects, shared_objects
from slicewise.planning import (
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
        unserved: The placements that the last update waited for in vain before it could empty a drained pool.
    """

    fleet: Fleet
    previous: Sequence[PreviousPlacement]
    plan: Plan
    shared: Mapping[str, Sequence[KubernetesObject]]
    placed: Sequence[tuple[Placement, Sequence[KubernetesObject]]]
    declared: Mapping[str, EnvironmentPlan]
    unserved: frozenset[str] = frozenset()

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

        Where the service stays, KServe rolls its pods by itself. One that did not serve in time is still among them.
        """
        before = {(each.environment, each.key): each for each in self.previous}
        now = {(each.environment, each.deployment): each for each in self.plan.placements}
        drained = {place for place, each in before.items() if self._has_left_drained(each, now.get(place))}
        moving = {key for _, key in drained}
        anew = (place for place, each in now.items() if _is_made_anew(each, before.get(place)))
        again = (place for place in now if f"{place[0]}/{place[1]}" in self.unserved)
        return frozenset([*(place for place in anew if place[1] in moving), *again])

    def _has_left_drained(self, before: PreviousPlacement, now: Placement | None) -> bool:
        """Return whether one of its workloads has left a pool that is being drained."""
        environment = self.fleet.environment.get(before.environment)
        if environment is None:
            return False
        left = _pools(before) - (_pools(now) if now else set())
        return any(
            pool.name in left and environment.scheduling_of(pool) is Scheduling.DRAIN
            for pool in environment.spec.node_pools
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


def _pools(placement: Placement | PreviousPlacement) -> set[str]:
    return {placement.node_pool, *((placement.prefill.node_pool,) if placement.prefill else ())}


def _is_made_anew(now: Placement, before: PreviousPlacement | None) -> bool:
    """Return whether a placement has another service than before, by its name."""
    return before is None or _service(before) != _service(now)


def _service(placement: Placement | PreviousPlacement) -> str:
    key = placement.deployment if isinstance(placement, Placement) else placement.key
    return service_name(key.name, nodes=placement.nodes_per_replica, autoscaled=placement.autoscaled)


def plan_fleet(
    config: StackConfig,
    fleet: Fleet,
    previous: Sequence[PreviousPlacement],
    decided: Sequence[PreviousPlacement] | None = None,
    unserved: frozenset[str] = frozenset(),
) -> FleetPlan:
    """Plan the fleet, or take what another stack has `decided`, and return what is to be declared where.

    What the last update waited for in vain (`unserved`) is waited for again.
    """
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
    return FleetPlan(fleet, previous, plan, shared, placed, declared, unserved)
