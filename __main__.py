"""Slicewise as a Pulumi program: load the documents, plan, declare what is placed."""

import asyncio
from functools import partial
from typing import Any

import pulumi

from components.inference_environment import InferenceEnvironment
from components.kubeconfig.sweeping import sweep_while_the_engine_runs
from components.model_placement import ModelPlacement
from components.previous_plan import leaving, previous_plan
from components.provisioning import provision
from components.reaching import reach_clusters
from components.report import report
from components.sdk_costs import avoid_sdk_costs
from components.stack_config import read_stack_config
from components.verifying import verify_clusters
from components.waiting import Patience, finish
from slicewise.inventory.needs import needs_of
from slicewise.manifests import placement_objects, shared_objects
from slicewise.placement import make_plan, placements_by_environment
from slicewise.placement.plan_json import plan_to_outputs
from slicewise.spec import InvalidInputError, load_fleet


async def deploy() -> dict[str, Any]:
    """Declare everything; nothing is declared before all input is known to be good."""
    stack = pulumi.Config()
    config = read_stack_config(stack)
    fleet = load_fleet(config.manifests)
    previous = await previous_plan()
    plan = make_plan(fleet, previous)
    report(fleet, plan, config.on_shortfall)
    by_environment, environments = placements_by_environment(plan), {}
    shared = {name: shared_objects(fleet, here) for name, here in by_environment.items()}
    objects = [placement_objects(fleet, placement) for placement in plan.placements]
    declared = {name: list(items) for name, items in shared.items()}
    for placement, items in zip(plan.placements, objects, strict=True):
        declared[placement.environment] += items
    reached = await reach_clusters(config, fleet.environments, {name: needs_of(x) for name, x in declared.items()})
    access = reached.kubeconfigs
    await verify_clusters(config, fleet, plan, previous, access)
    made = provision(fleet.environments, config.kubeconfig_source)
    for environment in fleet.environments:
        name = environment.metadata.name
        here = by_environment.get(name, [])
        namespaces = sorted({placement.deployment.namespace for placement in here})
        environments[name] = InferenceEnvironment(
            name,
            kubeconfig=made[name].kubeconfig if name in made else access[name],
            namespaces=namespaces if config.create_namespaces else [],
            objects=shared.get(name, []),
            after=made[name].ready if name in made else [],
        )
    placed = []
    for placement, items in zip(plan.placements, objects, strict=True):
        placed.append(
            ModelPlacement(
                f"{placement.environment}/{placement.deployment}",
                environment=environments[placement.environment],
                objects=items,
            )
        )
        # Pulumi works on what is declared while the rest is.
        await asyncio.sleep(0)
    if config.wait_for_ready:
        # After everything is applied: an update in which something cannot be applied ends at once.
        applied = pulumi.Output.all(*(each.applied for each in placed))
        gone = leaving(previous, plan)
        unready = [
            each.unready(
                Patience(config.ready_timeout, gone.get((placement.environment, placement.node_pool), ())), applied
            )
            for each, placement in zip(placed, plan.placements, strict=True)
        ]
        # Not awaited here: the stack's outputs are to be there, whatever comes of it.
        pulumi.Output.all(*unready).apply(partial(finish, seconds=config.ready_timeout))
    return plan_to_outputs(plan)


async def main() -> dict[str, Any]:
    """Run the program; wrong input ends it with one line a mistake and no traceback."""
    try:
        return await deploy()
    except InvalidInputError as error:
        raise pulumi.RunError(f"the input cannot be used:\n{error}") from None


avoid_sdk_costs()
sweep_while_the_engine_runs()
pulumi.run(main)
