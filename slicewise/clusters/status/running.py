"""Where deployments run, read from their services, as an earlier plan would say it: a plan made of it keeps them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from slicewise.addresses import service_name
from slicewise.clusters.live import LiveService, ServiceKey, live_service
from slicewise.clusters.readiness import Observed
from slicewise.documents import (
    Fleet,
    ModelDeployment,
    NodePool,
    ServingProfile,
    prefill_workload,
    resources_of,
)
from slicewise.kubernetes import mapping, text
from slicewise.manifests import NODE_POOL_ANNOTATION, PREFILL_NODE_POOL_ANNOTATION, PROFILE_ANNOTATION
from slicewise.planning import PreviousPlacement, PreviousPrefill


def running_placements(
    fleet: Fleet, environment: str, services: Mapping[ServiceKey, Observed]
) -> Iterator[PreviousPlacement]:
    """Yield the placements of deployments of `fleet` that a cluster runs, as the services' annotations say."""
    live = {key: live_service(each.service) for key, each in services.items() if each.service}
    for deployment in fleet.deployments:
        for profile in fleet.model_of(deployment).serving:
            nodes = profile.replica_topology.nodes
            name = service_name(deployment.metadata.name, nodes=nodes, autoscaled=deployment.autoscaled)
            service = live.get((deployment.metadata.namespace, name))
            if service and text(service.annotations.get(PROFILE_ANNOTATION)) == profile.name:
                found = _placement(fleet, environment, deployment, profile, service)
                if found:
                    yield found


def _placement(
    fleet: Fleet, environment: str, deployment: ModelDeployment, profile: ServingProfile, service: LiveService
) -> PreviousPlacement | None:
    pool = fleet.node_pool.get((environment, text(service.annotations.get(NODE_POOL_ANNOTATION))))
    if pool is None:
        return None
    resource = _resource(pool, service.spec)
    topology = profile.replica_topology
    return PreviousPlacement(
        deployment.key,
        environment,
        pool.name,
        profile.name,
        units=service.replicas * topology.units,
        gpus_per_node=topology.gpus_per_node,
        nodes_per_replica=topology.nodes,
        resource=resource,
        autoscaled=deployment.autoscaled,
        prefill=_prefill(fleet, environment, profile, service),
    )


def _prefill(fleet: Fleet, environment: str, profile: ServingProfile, service: LiveService) -> PreviousPrefill | None:
    name = text(service.annotations.get(PREFILL_NODE_POOL_ANNOTATION))
    pool = fleet.node_pool.get((environment, name))
    workload = prefill_workload(profile)
    if pool is None or workload is None:
        return None
    own = mapping(service.spec.get("prefill"))
    replicas = own.get("replicas", 1)
    topology = workload.replica_topology
    return PreviousPrefill(
        name,
        units=replicas * topology.units,
        gpus_per_node=topology.gpus_per_node,
        nodes_per_replica=topology.nodes,
        resource=_resource(pool, own),
    )


def _resource(pool: NodePool, workload: Mapping[str, Any]) -> str | None:
    """Return the GPU resource that the pods of a workload ask for, of those that the nodes of its pool offer."""
    offered = resources_of(pool)
    if len(offered) == 1:
        return offered[0]
    containers = mapping(workload.get("template")).get("containers")
    for container in containers if isinstance(containers, list) else ():
        asked = {**mapping(mapping(container).get("resources"))}
        limits = mapping(asked.get("limits"))
        found = next((each for each in offered if each in limits), None)
        if found:
            return found
    return None
