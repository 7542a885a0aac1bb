"""Autoscaled deployments whose requests an older KEDA would count together with another deployment's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from slicewise.diagnostics import Code, Diagnostic
from slicewise.documents.deployment import ModelDeployment
from slicewise.documents.fleet import Fleet, served_name
from slicewise.documents.rules.selected_environments import Reach


def check_served_names(fleet: Fleet, reach: Reach) -> Iterator[Diagnostic]:
    """Yield the autoscaled deployments whose name in API requests another one of the namespace and environment has.

    KEDA v2.19 asks all pods behind any service of the namespace (kedacore/keda issue 7641), and tells them apart by
    that name alone; KEDA v2.20 asks those of the service.

    Args:
        fleet: Where to look.
        reach: Where each of its deployments may run.
    """
    by_name: dict[tuple[str, str], list[ModelDeployment]] = defaultdict(list)
    for deployment, model in fleet.served:
        by_name[deployment.metadata.namespace, served_name(deployment, model)].append(deployment)
    for (_, name), group in by_name.items():
        if len(group) == 1 or not any(deployment.autoscaled for deployment in group):
            continue
        for deployment, rival, index in _counted_together(group, fleet, reach):
            message = (
                f'deployment {rival.metadata.name} of this namespace serves "{name}" too, and both may run in '
                f"{fleet.environments[index].metadata.name}: KEDA 2.19 would add up the requests of both"
            )
            remedy = "run KEDA 2.20 or later there, or write another servedModelName"
            yield Diagnostic.warning(
                Code.COUNTED_TOGETHER,
                message,
                remedy,
                field=("spec", "servedModelName"),
                subject=deployment.key.subject,
            )


def _counted_together(
    group: list[ModelDeployment], fleet: Fleet, reach: Reach
) -> Iterator[tuple[ModelDeployment, ModelDeployment, int]]:
    """Yield each autoscaled one that shares an environment with one before it: it, the first there, the environment."""
    taken = 0
    # Those that were the first somewhere: never more than there are environments.
    holders: list[tuple[ModelDeployment, int]] = []
    # Those that are not autoscaled come first, so that whoever is not named below has nothing to change.
    for deployment in sorted(group, key=lambda each: each.autoscaled):
        environments = reach.of(deployment, fleet.model_of(deployment))
        if deployment.autoscaled and (shared := environments & taken):
            lowest = shared & -shared
            rival = next(holder for holder, held in holders if held & lowest)
            yield deployment, rival, lowest.bit_length() - 1
        if environments & ~taken:
            holders.append((deployment, environments))
            taken |= environments
