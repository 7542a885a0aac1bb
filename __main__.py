"""Slicewise as a Pulumi program: load the documents, plan, declare what is placed."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pulumi

from components.belongings import settle
from components.cluster_outputs import CLUSTERS_OUTPUT, STACK_OUTPUT, cluster_outputs
from components.declared import declare_for
from components.departing import departing, refuse_deleting_elsewhere, tell_departing
from components.inference_environment import InferenceEnvironment
from components.kubeconfig.sweeping import sweep_while_the_engine_runs
from components.model_placement import ModelPlacement
from components.previous_plan import leaving, previous_stack
from components.provisioning import provision
from components.reaching import reach_clusters
from components.renaming import renamed_environments
from components.report import report
from components.sdk_costs import avoid_sdk_costs
from components.skipping import keep_outputs, tell_skipped
from components.stack_config import read_stack_config
from components.stack_name import stack_name
from components.stack_state import StackState, read_state
from components.untouched import declare_all_untouched
from components.unused_config import tell_unused
from components.verifying import verify_clusters
from components.waiting import Patience, Wait, finish, wait_in
from slicewise.inventory.needs import needs_of
from slicewise.manifests import placement_objects, shared_objects
from slicewise.placement import Placement, make_plan, placements_by_environment
from slicewise.placement.plan_json import plan_to_outputs
from slicewise.printable import printable_lines
from slicewise.spec import InvalidInputError, load_fleet


async def deploy() -> dict[str, Any]:
    """Declare everything; nothing is declared before all input is known to be good."""
    config = read_stack_config(pulumi.Config())
    fleet = load_fleet(config.manifests)
    tell_unused(config, fleet)
    before = await previous_stack(afresh=config.plan_afresh)
    state = StackState() if before.is_of({each.metadata.name for each in fleet.environments}) else await read_state()
    before = before.with_left(state)
    renamed = await renamed_environments(config, fleet.environments, before, state)
    previous = before.under(renamed)
    plan = make_plan(fleet, previous)
    report(fleet, plan, config.on_shortfall, before.skipped)
    shared = {name: shared_objects(fleet, here) for name, here in placements_by_environment(plan).items()}
    objects = [placement_objects(fleet, placement) for placement in plan.placements]
    all_objects = {name: list(items) for name, items in shared.items()}
    for placement, items in zip(plan.placements, objects, strict=True):
        all_objects[placement.environment] += items
    declared = declare_for(fleet, plan, previous, all_objects, make=config.create_namespaces)
    needs = {
        name: here.look_at(
            needs_of(
                here.objects,
                leaves=[each for each in previous if each.environment == name],
                makes_namespaces=bool(here.namespaces),
                waits=config.wait_for_ready,
                verifies=config.verify,
            )
        )
        for name, here in declared.items()
    }
    reached = await reach_clusters(config, fleet.environments, needs)
    access = reached.kubeconfigs
    standing = {name: answer.standing for name, answer in reached.answers.items()}
    settled = await settle(config, before, renamed, declared, standing, reached.addresses, state)
    verified = await verify_clusters(
        config, fleet, plan, previous, access, stacks=before.names, handlings=settled.handlings
    )
    skipped = {**reached.skipped, **verified}
    settled.tell(skipped)
    state = await read_state() if skipped else state
    going = departing(state.environments, declared, renamed, skipped)
    changed = {name: there for name, there in standing.items() if name not in skipped}
    refuse_deleting_elsewhere(going, renamed, state, declared, changed, before.clusters)
    made = provision(fleet.environments, config.kubeconfig_source)
    environments = {}
    for environment in fleet.environments:
        name = environment.metadata.name
        if name in skipped:
            continue
        environments[name] = InferenceEnvironment(
            name,
            kubeconfig=made[name].kubeconfig if name in made else access[name],
            namespaces=settled.handlings[name].namespaces,
            objects=shared.get(name, []),
            handling=settled.handlings[name],
            after=made[name].ready if name in made else [],
        )
    declare_all_untouched(skipped, going, state, reached.without_plugin)
    placed = []
    for placement, items in zip(plan.placements, objects, strict=True):
        if placement.environment in skipped:
            continue
        component = ModelPlacement(
            f"{placement.environment}/{placement.deployment}",
            environment=environments[placement.environment],
            objects=items,
        )
        placed.append((placement, component))
        # Pulumi works on what is declared while the rest is.
        await asyncio.sleep(0)
    outputs = plan_to_outputs(plan)
    tell_skipped(skipped, outputs, state)
    tell_departing(going, renamed, state)
    if config.wait_for_ready:
        _wait(placed, environments, leaving(previous, plan), config.ready_timeout)
    uids = {name: each.uid for name, each in standing.items()}
    # Of a skipped environment that has no cluster yet nothing is applied: its name says nothing.
    identifiers = {
        name: each.identifier
        for name, each in settled.handlings.items()
        if name not in skipped or name in before.clusters
    }
    clusters = cluster_outputs(before.clusters, uids, renamed, identifiers, going.names)
    outputs |= {CLUSTERS_OUTPUT: clusters, STACK_OUTPUT: stack_name()}
    return keep_outputs(outputs, state.outputs, {*skipped, *going.held}, going.leaving)


def _wait(
    placed: Sequence[tuple[Placement, ModelPlacement]],
    environments: Mapping[str, InferenceEnvironment],
    gone: Mapping[tuple[str, str], tuple[str, ...]],
    seconds: int,
) -> None:
    """Wait until what is placed serves, beside what goes when the program has ended."""
    waits: dict[str, list[Wait]] = {}
    for placement, component in placed:
        patience = Patience(seconds, gone.get((placement.environment, placement.node_pool), ()))
        waits.setdefault(placement.environment, []).append(component.wait(patience))
    # After everything is applied: an update in which something cannot be applied ends at once.
    applied = pulumi.Output.all(*(component.applied for _, component in placed))
    unready = [wait_in(environments[name].kubeconfig, here, after=applied) for name, here in waits.items()]
    # Not awaited here: the stack's outputs are to be there, whatever comes of it.
    pulumi.Output.all(*unready).apply(partial(finish, seconds=seconds))


async def main() -> dict[str, Any]:
    """Run the program; wrong input ends it with one line a mistake and no traceback."""
    try:
        return await deploy()
    except InvalidInputError as error:
        raise pulumi.RunError(printable_lines(f"the input cannot be used:\n{error}")) from None


avoid_sdk_costs()
sweep_while_the_engine_runs()
pulumi.run(main)
