"""Deployments that are to share requests by weight, and do not meet in one cluster."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from slicewise.diagnostics import Code, Diagnostic, FieldPath, some
from slicewise.documents import DeploymentKey, Fleet
from slicewise.planning.plan import Placement

_GROUP: Final[FieldPath] = ("spec", "router", "group")


def divided_group_advice(fleet: Fleet, placements: Iterable[Placement]) -> Iterator[Diagnostic]:
    """Yield the groups of routers whose members do not all have a route in the same environments.

    KServe's controller writes the shares of a group into the routes of its own cluster, from the services there. Of a
    group without any route nothing is said: SW360 says it, or the deployments get no room at all.

    Args:
        fleet: What is planned.
        placements: The plan's, without prefill workloads.
    """
    groups: dict[tuple[str, str], list[DeploymentKey]] = defaultdict(list)
    for deployment in fleet.deployments:
        router = deployment.spec.router
        if router.group is not None and router.enabled is not False:
            groups[deployment.metadata.namespace, router.group].append(deployment.key)
    if not any(len(members) > 1 for members in groups.values()):
        return
    routed = _routed(fleet, placements)
    for (_, group), members in sorted(groups.items()):
        places = {key: routed.get(key, frozenset()) for key in sorted(members)}
        everywhere = frozenset().union(*places.values())
        partial = [key for key, here in places.items() if here != everywhere]
        if partial:
            yield _divided(group, places, partial[0])


def _routed(fleet: Fleet, placements: Iterable[Placement]) -> dict[DeploymentKey, frozenset[str]]:
    """Return the environments where each deployment has a route."""
    found: dict[DeploymentKey, set[str]] = defaultdict(set)
    for placement in placements:
        router = fleet.deployment[placement.deployment].spec.router
        if router.routes_through(fleet.environment[placement.environment].spec.gateway):
            found[placement.deployment].add(placement.environment)
    return {key: frozenset(environments) for key, environments in found.items()}


def _divided(group: str, places: Mapping[DeploymentKey, frozenset[str]], partial: DeploymentKey) -> Diagnostic:
    described = [f"{key.name} in {some(sorted(here)) if here else 'none'}" for key, here in places.items()]
    return Diagnostic.warning(
        Code.DIVIDED_GROUP,
        f"deployments of group {group} are not routed in the same environments: {'; '.join(described)}; each Gateway "
        "shares requests only among those in its own cluster, whatever the weights of the others",
        "select the same environments in all of them, with room for each, unless that is meant",
        field=_GROUP,
        subject=partial.subject,
        group=group,
        environments={key.name: sorted(here) for key, here in places.items()},
    )
