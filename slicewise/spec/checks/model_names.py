"""No two services of one namespace answer to one model name in one environment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from slicewise.spec.checks.finding import Finding
from slicewise.spec.checks.fleet import REFERENCE
from slicewise.spec.checks.reach import Reach
from slicewise.spec.codes import Code
from slicewise.spec.deployment import ModelDeployment
from slicewise.spec.fleet import Fleet, model_key


def check_model_names(fleet: Fleet) -> Iterator[tuple[ModelDeployment, Finding]]:
    """Yield the deployments whose model name another deployment of the namespace has in an environment of both.

    KServe routes by namespace and model name, so one service would shadow the other (event ModelNameCollision). A
    deployment whose model is not in the fleet is left out.
    """
    by_name: dict[tuple[str, str], list[ModelDeployment]] = defaultdict(list)
    for deployment in fleet.deployments:
        model = fleet.models.get(model_key(deployment))
        if model:
            by_name[deployment.metadata.namespace, model.model.name].append(deployment)
    reach = Reach(fleet.environments)
    for (namespace, model_name), group in by_name.items():
        for deployment, rival, index in _collisions(group, fleet, reach) if len(group) > 1 else ():
            message = (
                f'serves "{model_name}" in namespace {namespace}, as deployment {rival.metadata.name} does, and '
                f"both may run in {fleet.environments[index].metadata.name}, where KServe would route to one of them "
                "only; use another namespace, environmentSelectors that exclude each other, or a model with another "
                "spec.model.name"
            )
            yield deployment, Finding(REFERENCE, Code.MODEL_NAME_COLLISION, message)


def _collisions(
    group: list[ModelDeployment], fleet: Fleet, reach: Reach
) -> Iterator[tuple[ModelDeployment, ModelDeployment, int]]:
    """Yield each that shares an environment with an earlier one: it, the earliest there, and the environment."""
    taken = 0
    # Those that were the first somewhere: never more than there are environments.
    holders: list[tuple[ModelDeployment, int]] = []
    for deployment in group:
        environments = reach.of(deployment, fleet.model_of(deployment))
        if shared := environments & taken:
            lowest = shared & -shared
            rival = next(holder for holder, held in holders if held & lowest)
            yield deployment, rival, lowest.bit_length() - 1
        if environments & ~taken:
            holders.append((deployment, environments))
            taken |= environments
