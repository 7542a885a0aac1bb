"""Every object of a plan, by environment."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from slicewise.documents import Fleet
from slicewise.manifests.device_claims import CLAIM_SOURCES, claim_template, uses_claims
from slicewise.manifests.inference_service import SERVICE_SOURCES, inference_service
from slicewise.manifests.made_once import MadeAnew, Maker
from slicewise.manifests.pipeline_parallel import pipeline_parallel_config
from slicewise.manifests.resource_classes import device_classes as classes_of
from slicewise.manifests.scaled_object import SCALED_OBJECT_SOURCES, scaled_object
from slicewise.manifests.source_map import FieldSource
from slicewise.manifests.vocabulary import KubernetesObject
from slicewise.planning import Placement, Plan, placements_by_environment

_ANEW: Final = MadeAnew()
_SOURCES: Final = (*SERVICE_SOURCES, *SCALED_OBJECT_SOURCES, *CLAIM_SOURCES)


def field_source(field: str) -> FieldSource | None:
    """Return what a field of a placement's objects is made of, such as `spec.replicas`; None if no document says it.

    Args:
        field: The field, or a text that begins with one.
    """
    return next((source for source in _SOURCES if source.matches(field)), None)


def placement_objects(fleet: Fleet, placement: Placement, made: Maker = _ANEW) -> list[KubernetesObject]:
    """Return what `placement`, of a plan for `fleet`, needs in its environment beside the shared objects.

    The service comes first, then what scales it, if anything does, and what the claims of its pods are made of.

    Args:
        fleet: The documents.
        placement: What was decided.
        made: Makes what many placements have in common: for each, or once where nobody changes the objects.
    """
    deployment = fleet.deployment[placement.deployment]
    model = fleet.model_of(deployment)
    pool = fleet.node_pool[placement.environment, placement.node_pool]
    profile = model.profile(placement.profile)
    environment = fleet.environment[placement.environment].spec
    service = inference_service(placement, deployment, model, profile, pool, environment, made)
    templates = _claim_templates(fleet, placement, service)
    scaling = deployment.spec.scaling.concurrency
    if not (deployment.autoscaled and scaling):
        return [service, *templates]
    return [service, scaled_object(service, scaling, profile.replica_topology.parallel_sizes.data), *templates]


def _claim_templates(fleet: Fleet, placement: Placement, service: KubernetesObject) -> list[KubernetesObject]:
    return [
        claim_template(each, pool, service["metadata"]["name"])
        for each in placement.workloads
        if uses_claims(pool := fleet.node_pool[each.environment, each.node_pool])
    ]


def shared_objects(fleet: Fleet, placements: Iterable[Placement]) -> list[KubernetesObject]:
    """Return what the `placements` of one environment share: a config for each namespace with pipeline parallelism."""
    namespaces = {placement.deployment.namespace for placement in placements if _uses_pipeline(fleet, placement)}
    return [pipeline_parallel_config(namespace) for namespace in sorted(namespaces)]


def _uses_pipeline(fleet: Fleet, placement: Placement) -> bool:
    model = fleet.model_of(fleet.deployment[placement.deployment])
    return model.profile(placement.profile).replica_topology.pipelined


def environment_objects(fleet: Fleet, plan: Plan, *, device_classes: bool = False) -> dict[str, list[KubernetesObject]]:
    """Return all objects of every environment that has any, shared ones first; DeviceClasses where these are wanted."""
    classes = {each.metadata.name: classes_of(each.spec) for each in fleet.environments if device_classes}
    found = {name: items for name, items in classes.items() if items}
    for environment, placements in placements_by_environment(plan).items():
        found.setdefault(environment, []).extend(shared_objects(fleet, placements))
        found[environment] += (item for placement in placements for item in placement_objects(fleet, placement))
    return found
