"""Routes of several deployments: whose requests they are, and whether the environments have a Gateway for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations
from typing import Final

from slicewise.diagnostics import Code, Diagnostic, FieldPath
from slicewise.documents.deployment import ModelDeployment
from slicewise.documents.environment import InferenceEnvironment
from slicewise.documents.fleet import Fleet, model_key, served_name
from slicewise.documents.rules.references import NAME
from slicewise.documents.rules.router import written_parts
from slicewise.documents.rules.selected_environments import Reach

_ROUTER: Final[FieldPath] = ("spec", "router")


def check_routes(fleet: Fleet) -> Iterator[Diagnostic]:
    """Yield the errors of deployments whose routes are the same, or of groups that do not serve one model.

    Args:
        fleet: Where to look; a deployment whose model is not there is left out.
    """
    if not _any_routes(fleet):
        return
    reach = Reach(fleet.environments)
    by_name: dict[tuple[str, str], list[ModelDeployment]] = defaultdict(list)
    by_group: dict[tuple[str, str], list[ModelDeployment]] = defaultdict(list)
    for deployment in fleet.deployments:
        if model_key(deployment) not in fleet.models:
            continue
        namespace, group = deployment.metadata.namespace, deployment.spec.router.group
        by_name[namespace, _served(fleet, deployment)].append(deployment)
        if group is not None and deployment.spec.router.enabled is not False:
            by_group[namespace, group].append(deployment)
    for (_, name), same_name in by_name.items():
        if len(same_name) > 1:
            yield from _one_path(same_name, name, fleet, reach)
    for (_, group), members in by_group.items():
        yield from _one_name(members, group, fleet)


def _any_routes(fleet: Fleet) -> bool:
    return any(environment.spec.gateway for environment in fleet.environments) or any(
        deployment.spec.router.enabled or deployment.spec.router.group for deployment in fleet.deployments
    )


def _served(fleet: Fleet, deployment: ModelDeployment) -> str:
    return served_name(deployment, fleet.model_of(deployment))


def _one_path(same_name: Sequence[ModelDeployment], name: str, fleet: Fleet, reach: Reach) -> Iterator[Diagnostic]:
    """Yield each deployment whose route has the path of one before it, in an environment that both may run in."""
    routed = {each.key: _routed(each, fleet, reach) for each in same_name}
    told = set()
    for first, second in combinations(same_name, 2):
        shared = routed[first.key] & routed[second.key]
        group = first.spec.router.group
        if not shared or second.key in told or (group is not None and group == second.spec.router.group):
            continue
        told.add(second.key)
        namespace = second.metadata.namespace
        environment = fleet.environments[(shared & -shared).bit_length() - 1].metadata.name
        message = (
            f'deployment {first.metadata.name} of this namespace serves "{name}" too, and both may be routed in '
            f"{environment}: KServe makes the path /publishers/{namespace}/models/{name} for each, and the Gateway "
            "sends its requests to one of them only"
        )
        remedy = (
            "write the same router.group and a router.weight in both, or another servedModelName, or "
            "router: {enabled: false}"
        )
        yield Diagnostic.error(Code.SAME_ROUTE, message, remedy, field=NAME, subject=second.key.subject)


def _routed(deployment: ModelDeployment, fleet: Fleet, reach: Reach) -> int:
    """Return the environments where a deployment may run and has a route: bit 0 is the first."""
    return reach.of(deployment, fleet.model_of(deployment)) & _environments(
        fleet.environments, lambda each: deployment.spec.router.routes_through(each.spec.gateway)
    )


def _environments(environments: Iterable[InferenceEnvironment], wanted: Callable[[InferenceEnvironment], bool]) -> int:
    return sum(1 << index for index, each in enumerate(environments) if wanted(each))


def _one_name(members: Sequence[ModelDeployment], group: str, fleet: Fleet) -> Iterator[Diagnostic]:
    """Yield each member of a group that serves another name than the first."""
    first, *others = members
    name = _served(fleet, first)
    for other in others:
        if _served(fleet, other) != name:
            message = (
                f'it serves "{_served(fleet, other)}", and {first.metadata.name} of the same router.group {group} '
                f'serves "{name}": KServe shares requests only among services of one model name'
            )
            remedy = f"write servedModelName: {name}, or another router.group"
            yield Diagnostic.error(Code.GROUP_OF_SEVERAL_MODELS, message, remedy, field=NAME, subject=other.key.subject)


def check_routers_have_gateways(fleet: Fleet, reach: Reach) -> Iterator[Diagnostic]:
    """Yield the routers that do nothing in an environment where their deployment may run, and groups of weight 0.

    Args:
        fleet: Where to look.
        reach: Where each of its deployments may run.
    """
    weights: dict[tuple[str, str], list[ModelDeployment]] = defaultdict(list)
    for deployment, model in fleet.served:
        router = deployment.spec.router
        if router.group is not None:
            weights[deployment.metadata.namespace, router.group].append(deployment)
        if router.enabled is not None or not (parts := written_parts(router)):
            continue
        without = reach.of(deployment, model) & ~_routed(deployment, fleet, reach)
        if without:
            environment = fleet.environments[(without & -without).bit_length() - 1].metadata.name
            message = (
                f"environment {environment}, where it may run, has no gateway, so there is no route there, and "
                f"{' and '.join(parts)} {'does' if len(parts) == 1 else 'do'} nothing"
            )
            remedy = (
                "write spec.gateway of the environment, or router.enabled: true for the Gateway of KServe's own "
                "configuration"
            )
            yield Diagnostic.warning(
                Code.ROUTER_WITHOUT_GATEWAY,
                message,
                remedy,
                field=(*_ROUTER, parts[0]),
                subject=deployment.key.subject,
            )
    for (_, group), members in weights.items():
        if not any(each.spec.router.weight for each in members):
            message = f"every deployment of group {group} has weight 0: the Gateway answers none of its requests"
            remedy = "write a weight above 0 in one of them"
            yield Diagnostic.warning(
                Code.GROUP_WITHOUT_WEIGHT,
                message,
                remedy,
                field=(*_ROUTER, "weight"),
                subject=members[0].key.subject,
                weight=0,
            )
