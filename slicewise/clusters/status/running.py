"""Where deployments run, read from their services, as an earlier plan would say it: a plan made of it keeps them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from slicewise.addresses import nodes_of, service_name
from slicewise.clusters.live import LiveService
from slicewise.clusters.status.service_names import deployments_by_service
from slicewise.documents import (
    DeploymentKey,
    Fleet,
    ModelDeployment,
    NodePool,
    ServingProfile,
    prefill_workload,
    resources_of,
)
from slicewise.kubernetes import items, mapping, text, whole
from slicewise.manifests import NODE_POOL_ANNOTATION, PREFILL_NODE_POOL_ANNOTATION, PROFILE_ANNOTATION
from slicewise.planning import Plan, PreviousPlacement, PreviousPrefill


def running_placements(fleet: Fleet, live: Mapping[str, Sequence[LiveService]]) -> Iterator[PreviousPlacement]:
    """Yield the placements of deployments of `fleet` that clusters run, as the services' annotations say.

    A service under a name of before counts where its environment has none under the present one.

    Args:
        fleet: What is declared.
        live: What the cluster of each environment has that may be the documents' own.
    """
    deployments = deployments_by_service(fleet, chain.from_iterable(live.values()))
    found: defaultdict[tuple[str, DeploymentKey], list[tuple[bool, PreviousPlacement]]] = defaultdict(list)
    for environment, services in live.items():
        for service in services:
            deployment = deployments.get(service.key)
            placement = _placement(fleet, environment, deployment, service) if deployment else None
            if deployment and placement:
                is_present = service.name == _present_name(fleet, deployment, placement)
                found[environment, deployment.key].append((is_present, placement))
    for placements in found.values():
        has_present = any(is_present for is_present, _ in placements)
        yield from (each for is_present, each in placements if is_present or not has_present)


def perhaps_running(fleet: Fleet, plan: Plan, read: Collection[str]) -> dict[DeploymentKey, tuple[str, ...]]:
    """Return, by deployment, the environments that were not `read` and in which the plan does not have it.

    The plan has it elsewhere only as far as what was read tells: it may run there.
    """
    unread = fleet.environment.keys() - read
    planned: defaultdict[DeploymentKey, set[str]] = defaultdict(set)
    for placement in plan.placements:
        planned[placement.deployment].add(placement.environment)
    return {each.key: tuple(sorted(unread - planned[each.key])) for each in fleet.deployments}


def _present_name(fleet: Fleet, deployment: ModelDeployment, placement: PreviousPlacement) -> str | None:
    """Return what the service of a placement is called now; None where its profile is gone."""
    profile = _profile(fleet, deployment, placement.profile)
    if profile is None:
        return None
    nodes = profile.replica_topology.nodes
    return service_name(deployment.metadata.name, nodes=nodes, autoscaled=deployment.autoscaled)


def _profile(fleet: Fleet, deployment: ModelDeployment, name: str) -> ServingProfile | None:
    return next((each for each in fleet.model_of(deployment).serving if each.name == name), None)


def _placement(
    fleet: Fleet, environment: str, deployment: ModelDeployment, service: LiveService
) -> PreviousPlacement | None:
    pool = fleet.node_pool.get((environment, text(service.annotations.get(NODE_POOL_ANNOTATION))))
    name = text(service.annotations.get(PROFILE_ANNOTATION))
    if pool is None or not name:
        return None
    profile = _profile(fleet, deployment, name)
    autoscaled = "replicas" not in service.spec
    # What was charged for an autoscaled service is the most that it may have, which only the documents say.
    replicas = deployment.replicas if autoscaled else service.replicas
    resource = _resource(pool, service.spec)
    gpus, nodes = _gpus(service.spec, resource, profile), nodes_of(service.name)
    return PreviousPlacement(
        deployment.key,
        environment,
        pool.name,
        name,
        units=replicas * nodes * gpus,
        gpus_per_node=gpus,
        nodes_per_replica=nodes,
        resource=resource,
        autoscaled=autoscaled,
        prefill=_prefill(fleet, environment, profile, service),
    )


def _prefill(
    fleet: Fleet, environment: str, profile: ServingProfile | None, service: LiveService
) -> PreviousPrefill | None:
    name = text(service.annotations.get(PREFILL_NODE_POOL_ANNOTATION))
    pool = fleet.node_pool.get((environment, name))
    if pool is None:
        return None
    own = mapping(service.spec.get("prefill"))
    written = own.get("replicas", 1)
    resource = _resource(pool, own)
    gpus = _gpus(own, resource, prefill_workload(profile) if profile else None)
    return PreviousPrefill(
        name, units=(written if type(written) is int else 1) * gpus, gpus_per_node=gpus, resource=resource
    )


def _gpus(workload: Mapping[str, Any], resource: str | None, profile: ServingProfile | None) -> int:
    """Return the units of a pod: what it asks for, else, where it has them by a claim, what its profile says."""
    asked = max((whole(limits.get(resource)) for limits in _limits(workload)), default=0) if resource else 0
    return asked or (profile.replica_topology.gpus_per_node if profile else 1)


def _resource(pool: NodePool, workload: Mapping[str, Any]) -> str | None:
    """Return the GPU resource that the pods of a workload ask for, of those that the nodes of its pool offer."""
    offered = resources_of(pool)
    if len(offered) == 1:
        return offered[0]
    return next((each for limits in _limits(workload) for each in offered if each in limits), None)


def _limits(workload: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the limits of each container of a workload's pods."""
    for container in items(mapping(workload.get("template")).get("containers")):
        yield mapping(mapping(container.get("resources")).get("limits"))
