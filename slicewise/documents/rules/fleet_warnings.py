"""Warnings about the documents of a fleet together, those of selectors and served names included."""

from __future__ import annotations

from collections.abc import Iterator

from slicewise.diagnostics import Code, Diagnostic, Subject
from slicewise.documents.cluster import ExistingCluster
from slicewise.documents.fleet import Fleet
from slicewise.documents.rules.prefill import check_prefill_routes
from slicewise.documents.rules.routes import check_routers_have_gateways
from slicewise.documents.rules.selected_environments import Reach
from slicewise.documents.rules.selectors_without_match import check_selectors
from slicewise.documents.rules.served_names import check_served_names
from slicewise.documents.rules.unused_quotas import check_unused_quotas


def fleet_advice(fleet: Fleet) -> Iterator[Diagnostic]:
    """Yield what is of no use in `fleet`, if it has environments and deployments to compare with."""
    if fleet.deployments:
        yield from _unused_models(fleet)
        yield from check_prefill_routes(fleet)
    yield from check_unused_quotas(fleet)
    if fleet.environments:
        yield from _one_cluster_twice(fleet)
        reach = Reach(fleet.environments)
        yield from check_selectors(fleet, reach)
        yield from check_served_names(fleet, reach)
        yield from check_routers_have_gateways(fleet, reach)


def _one_cluster_twice(fleet: Fleet) -> Iterator[Diagnostic]:
    first: dict[ExistingCluster, str] = {}
    for environment in fleet.environments:
        existing, name = environment.spec.cluster.existing, environment.metadata.name
        if existing is not None and (earlier := first.setdefault(existing, name)) != name:
            message = (
                f"environment {earlier} has the same, so this is the same cluster, and what both describe is counted "
                "twice"
            )
            remedy = "describe it in one environment, or correct where the other cluster is"
            yield Diagnostic.warning(
                Code.ONE_SERVER_TWICE,
                message,
                remedy,
                field=("spec", "cluster", "existing"),
                subject=Subject("InferenceEnvironment", name),
            )


def _unused_models(fleet: Fleet) -> Iterator[Diagnostic]:
    used = {id(model) for _, model in fleet.served}
    for key, model in fleet.models.items():
        if id(model) not in used:
            message = "no deployment refers to it"
            remedy = "remove it, unless a deployment is to come"
            yield Diagnostic.warning(
                Code.MODEL_UNUSED, message, remedy, field=("metadata", "name"), subject=key.subject
            )
