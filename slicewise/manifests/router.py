"""The part of a service that makes KServe serve it through a Gateway."""

from __future__ import annotations

from typing import Final

from slicewise.documents import EnvironmentSpec, Router
from slicewise.manifests.source_map import FieldSource, SourcePart
from slicewise.manifests.vocabulary import KubernetesObject

ROUTER_SOURCES: Final = (
    FieldSource("gateway", SourcePart.ENVIRONMENT, ("spec", "gateway")),
    FieldSource("route.group", SourcePart.DEPLOYMENT, ("spec", "router", "group")),
    FieldSource("route.weight", SourcePart.DEPLOYMENT, ("spec", "router", "weight")),
    FieldSource("scheduler", SourcePart.DEPLOYMENT, ("spec", "router", "scheduler")),
    FieldSource("route", SourcePart.DEPLOYMENT, ("spec", "router")),
)
"""What the fields of a router are made of; the first that matches counts."""


def router_spec(router: Router, environment: EnvironmentSpec) -> KubernetesObject | None:
    """Return the `spec.router` of a service in `environment`; None where no route is wanted.

    An empty object has KServe fill in its own: its route, its Gateway (of its ConfigMap), its endpoint picker.
    """
    gateway = environment.gateway
    if not router.routes_through(gateway):
        return None
    route: KubernetesObject = {}
    if router.group is not None:
        route = {"group": router.group, "weight": router.weight}
    spec: KubernetesObject = {"route": route}
    if gateway is not None:
        spec["gateway"] = {"refs": [{"name": gateway.name, "namespace": gateway.namespace}]}
    if router.scheduler:
        spec["scheduler"] = {}
    return spec
