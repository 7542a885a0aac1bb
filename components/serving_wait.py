"""Waiting until what is placed serves, beside what goes when the program has ended.

That is all with `waitForReady`, and without it what takes the place of a service on a pool that is drained.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import pulumi

from slicewise.documents import DeploymentKey

from .model_placement import ModelPlacement
from .preparation import Preparation
from .readiness import Patience, Wait, finish, wait_in
from .state import UNSERVED_OUTPUT, services_leaving


class Served(NamedTuple):
    """What is to serve in one environment.

    Attributes:
        environment: Its name.
        kubeconfig: How its cluster is reached.
        placed: Each placement, by its deployment, with the node pool that it is on.
    """

    environment: str
    kubeconfig: pulumi.Output[str]
    placed: Mapping[DeploymentKey, tuple[str, ModelPlacement]]

    def only(self, waited: Container[tuple[str, DeploymentKey]] | None) -> Served:
        """Return the same with those placements that are `waited` for, by environment and deployment; None for all."""
        if waited is None:
            return self
        return self._replace(
            placed={key: each for key, each in self.placed.items() if (self.environment, key) in waited}
        )


def wait_until_served(served: Sequence[Served], prepared: Preparation) -> pulumi.Output[bool]:
    """Wait until everything serves where the stack asks for it, and else until what left drained pools does.

    The Output says whether it does; what still has to wait for room that this very update frees counts as serving.
    What is in an environment that is skipped does not: nobody can look, so the next `pulumi up` waits for it.
    """
    config, planned = prepared.config, prepared.planned
    waited = None if config.wait_for_ready else planned.drained_into
    places = ((each.environment, each.deployment) for each in planned.plan.placements)
    unseen = any(each[0] in prepared.skipped and (waited is None or each in waited) for each in places)
    served = [chosen for each in served if (chosen := each.only(waited)).placed]
    if not served:
        return pulumi.Output.from_input(val=not unseen)
    seconds = config.ready_timeout
    gone = services_leaving(planned.previous, planned.plan)
    # Waiting starts when everything is applied, so an update that cannot apply something ends at once.
    applied = pulumi.Output.all(*(component.applied for each in served for _, component in each.placed.values()))
    unready = [wait_in(each.kubeconfig, _waits(each, gone, seconds), after=applied) for each in served]
    found = pulumi.Output.all(*unready)
    # Not awaited: the stack's outputs must be stored even where a service never becomes ready.
    found.apply(
        partial(
            finish,
            seconds=seconds,
            more=config.how_to_set("readyTimeout", "SECONDS"),
        )
    )
    serves = found.apply(
        lambda clusters: not unseen and not any(each and not each.leaving for here in clusters for each in here)
    )
    # It comes of kubeconfigs, and so it would be secret, and other stacks could not read what depends on it.
    return pulumi.Output.unsecret(serves)


def unserved_outputs(waited: Iterable[tuple[str, DeploymentKey]]) -> dict[str, Any]:
    """Return the outputs by which the next `pulumi up` waits again for those that have not served in time."""
    names = sorted(f"{environment}/{key}" for environment, key in waited)
    return {UNSERVED_OUTPUT: names} if names else {}


def _waits(served: Served, gone: Mapping[tuple[str, str], tuple[str, ...]], seconds: int) -> list[Wait]:
    return [
        component.wait(Patience(seconds, gone.get((served.environment, pool), ())))
        for pool, component in served.placed.values()
    ]
