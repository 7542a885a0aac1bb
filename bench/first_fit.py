"""The baseline: a scheduler that decides one deployment at a time, first fit, and charges whole nodes.

Written from the description of Modelplane's scheduler, not from its code: "How it schedules"
(docs/content/architecture/scheduling.md of github.com/modelplaneai/modelplane) and its issue 172, "Scheduler charges a
whole node per pod". What is taken from there:

- every decision is made from scratch: a ledger of the free nodes of every environment is built from every placement
  that exists, so one decision costs environments x placements;
- capacity is counted in nodes: `nodes = pods x copies`, and a pod that asks for one slice is charged a whole node;
- the serving profiles are tried in the model's order; a replica stays on one pool; what runs is never moved.

What is adapted to the documents here: a deployment asks for a number of environments, and an environment that cannot
take all its replicas on one pool is not accepted. Environments are tried in the order of their names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from bench.static_matching import Option, options
from slicewise.documents import Fleet, ModelDeployment

Ledger = dict[tuple[str, str], int]


def first_fit(fleet: Fleet) -> list[Option]:
    """Return what is accepted when the deployments come one after another, in the order of their names."""
    placed: list[Option] = []
    for deployment in fleet.deployments:
        placed += decide(fleet, deployment, placed)
    return placed


def decide(fleet: Fleet, deployment: ModelDeployment, placed: Sequence[Option]) -> list[Option]:
    """Return where `deployment` goes beside all that is `placed`."""
    free = _free_nodes(fleet, placed)
    chosen: list[Option] = []
    for environment in fleet.environments:
        if len(chosen) == deployment.spec.environments:
            break
        fitting = (
            option
            for option in options(fleet, deployment, environment)
            if option.pods <= free[option.environment, option.pool.name]
        )
        chosen += [option for option in [next(fitting, None)] if option]
    return chosen


def _free_nodes(fleet: Fleet, placed: Sequence[Option]) -> Ledger:
    free = {}
    for environment in fleet.environments:
        name = environment.metadata.name
        taken: Counter[str] = Counter()
        for option in placed:
            if option.environment == name:
                taken[option.pool.name] += option.pods
        for pool in environment.spec.node_pools:
            free[name, pool.name] = pool.nodes - taken[pool.name]
    return free
