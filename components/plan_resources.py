"""The plan as Pulumi's resources, in environments that can be changed: declared, and waited for on request."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial

import pulumi

from slicewise.planning import Placement

from .fleet_plan import FleetPlan
from .inference_environment import InferenceEnvironment
from .model_placement import ModelPlacement
from .object_handling import Handling
from .provisioning import provision
from .readiness import Patience, Wait, finish, wait_in
from .stack_config import StackConfig
from .state import services_leaving


async def declare_plan(
    config: StackConfig,
    planned: FleetPlan,
    handlings: Mapping[str, Handling],
    kubeconfigs: Mapping[str, pulumi.Output[str]],
) -> None:
    """Declare every environment that has a handling, with its placements; with `waitForReady`, wait until they serve.

    Args:
        config: The stack's configuration.
        planned: What is planned.
        handlings: How the objects of each environment that can be changed are declared.
        kubeconfigs: How their clusters are reached, those that exist already.
    """
    environments = _environments(config, planned, handlings, kubeconfigs)
    placed = []
    for placement, items in planned.placed:
        if placement.environment not in environments:
            continue
        component = ModelPlacement(
            f"{placement.environment}/{placement.deployment}",
            environment=environments[placement.environment],
            objects=items,
        )
        placed.append((placement, component))
        # Let the engine work on this placement while the next one is declared.
        await asyncio.sleep(0)
    if config.wait_for_ready:
        _wait(placed, environments, services_leaving(planned.previous, planned.plan), config.ready_timeout)


def _environments(
    config: StackConfig,
    planned: FleetPlan,
    handlings: Mapping[str, Handling],
    kubeconfigs: Mapping[str, pulumi.Output[str]],
) -> dict[str, InferenceEnvironment]:
    made = provision(planned.fleet.environments, config.kubeconfig_source)
    return {
        name: InferenceEnvironment(
            name,
            kubeconfig=made[name].kubeconfig if name in made else kubeconfigs[name],
            namespaces=handling.namespaces,
            objects=planned.shared.get(name, []),
            handling=handling,
            after=made[name].ready if name in made else [],
        )
        for name, handling in handlings.items()
    }


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
    # Waiting starts when everything is applied, so an update that cannot apply something ends at once.
    applied = pulumi.Output.all(*(component.applied for _, component in placed))
    unready = [wait_in(environments[name].kubeconfig, here, after=applied) for name, here in waits.items()]
    # Not awaited: the stack's outputs must be stored even where a service never becomes ready.
    pulumi.Output.all(*unready).apply(partial(finish, seconds=seconds))
