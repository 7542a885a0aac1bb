"""Waiting until what is placed serves, beside what goes when the program has ended (`waitForReady`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

import pulumi

from .model_placement import ModelPlacement
from .preparation import Preparation
from .readiness import Patience, Wait, finish, wait_in
from .state import services_leaving


class Served(NamedTuple):
    """What is to serve in one environment.

    Attributes:
        environment: Its name.
        kubeconfig: How its cluster is reached.
        placed: Each placement, with the node pool that it is on.
    """

    environment: str
    kubeconfig: pulumi.Output[str]
    placed: Sequence[tuple[str, ModelPlacement]]


def wait_until_served(served: Sequence[Served], prepared: Preparation) -> pulumi.Output[None]:
    """Wait until everything serves, where the stack asks for it; the Output is known then."""
    config, planned = prepared.config, prepared.planned
    if not config.wait_for_ready:
        return pulumi.Output.from_input(None)
    seconds = config.ready_timeout
    gone = services_leaving(planned.previous, planned.plan)
    # Waiting starts when everything is applied, so an update that cannot apply something ends at once.
    applied = pulumi.Output.all(*(component.applied for each in served for _, component in each.placed))
    unready = [wait_in(each.kubeconfig, _waits(each, gone, seconds), after=applied) for each in served if each.placed]
    # Not awaited: the stack's outputs must be stored even where a service never becomes ready.
    return pulumi.Output.all(*unready).apply(
        partial(finish, seconds=seconds, more=config.how_to_set("readyTimeout", "SECONDS"))
    )


def _waits(served: Served, gone: Mapping[tuple[str, str], tuple[str, ...]], seconds: int) -> list[Wait]:
    return [
        component.wait(Patience(seconds, gone.get((served.environment, pool), ()))) for pool, component in served.placed
    ]
