"""Rules of prefill workloads: what KServe makes of two workloads of one service, and what calls them."""

from __future__ import annotations

from collections.abc import Iterator

from slicewise.diagnostics import Code, Diagnostic, FieldPath
from slicewise.documents.deployment import ModelDeployment
from slicewise.documents.fleet import Fleet
from slicewise.documents.prefill_profiles import prefill_workload
from slicewise.documents.rules.references import REFERENCE
from slicewise.documents.served_model import ModelSpec, ServingProfile


def check_prefill_nodes(profile: ServingProfile, path: FieldPath) -> Iterator[Diagnostic]:
    """Yield that replicas of the profile at `path`, which has a prefill workload, span several nodes."""
    prefill = prefill_workload(profile)
    if prefill is None:
        return
    for whose, topology, at in (
        ("replicas", profile.replica_topology, ()),
        ("prefill replicas", prefill.replica_topology, ("prefill",)),
    ):
        if topology.nodes > 1 and (not at or (profile.prefill and profile.prefill.replica_topology)):
            yield Diagnostic.error(
                Code.PREFILL_SPANS_NODES,
                f"{whose} span {topology.nodes} nodes, and beside prefill a replica is one pod: KServe has no preset "
                "for pipelines there, and never lets the number of nodes be changed",
                "write nodes: 1, or leave prefill out",
                field=(*path, *at, "replicaTopology", "nodes"),
                nodes=topology.nodes,
            )


def check_prefill_scaling(deployment: ModelDeployment, model: ModelSpec) -> Iterator[Diagnostic]:
    """Yield that a deployment follows requests though its model is served by two workloads."""
    if deployment.autoscaled and (name := _first_with_prefill(model)) is not None:
        yield Diagnostic.error(
            Code.PREFILL_AUTOSCALED,
            f"profile {name} of its model has prefill, and the Service that KEDA asks has the pods of both workloads: "
            "each request would be counted where its prompt is computed and where its answer is",
            "write signal: Fixed, or serve a model without prefill",
            field=REFERENCE,
            profile=name,
        )


def check_prefill_routes(fleet: Fleet) -> Iterator[Diagnostic]:
    """Yield the deployments whose prompts and answers nothing sends to different pods."""
    for deployment, model in fleet.served:
        name = _first_with_prefill(model)
        if name is not None and not _is_split(deployment, fleet):
            yield Diagnostic.warning(
                Code.PREFILL_NOT_CALLED,
                f"profile {name} of its model has prefill, and without KServe's scheduler nothing sends prompts there: "
                "the Service sends each request to one pod of either workload, which computes prompt and answer alone",
                "write spec.router: {enabled: true, scheduler: true}, or leave prefill out",
                field=("spec", "router", "scheduler"),
                subject=deployment.key.subject,
                profile=name,
            )


def _is_split(deployment: ModelDeployment, fleet: Fleet) -> bool:
    """Return whether KServe's scheduler sees the requests to a deployment, where it is placed."""
    router = deployment.spec.router
    return router.scheduler and any(router.routes_through(each.spec.gateway) for each in fleet.environments)


def _first_with_prefill(model: ModelSpec) -> str | None:
    for profile in model.serving:
        if profile.prefill:
            return profile.name
    return None
