"""Fleets with a pool that takes nothing new, and what their clusters have when a plan was applied there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from slicewise.cli.status import fleet_status, what_runs
from slicewise.cli.status_screen import FleetStatus
from slicewise.clusters.live import LiveService, live_service
from slicewise.clusters.readiness import Observed, ObservedServices
from slicewise.documents import Fleet
from slicewise.manifests import REVISION_ANNOTATION, STACK_ANNOTATION, placement_objects
from slicewise.planning import make_plan
from tests.documents import Document, deployment, environment, fleet_of, model, profile, slices
from tests.unit.clusters.readiness_pods import applied, pod

CHAT = [model("m", profile("slice", memoryPerGpu="9Gi", mig="only")), deployment("chat", "m", replicas=2)]
STACK = "organization/slicewise/prod"
THEIRS = "organization/slicewise/trial"


def fleet(old: str, *others: str, beside: Iterable[Document] = (), asked: Iterable[Document] = CHAT) -> Fleet:
    """Return a fleet whose pool `east/old` has a `scheduling`; `others` are pools that are Active."""
    pools = {"east/old": {**slices("old", "1g.10gb"), "scheduling": old}}
    pools |= {name: slices(name.partition("/")[2], "1g.10gb") for name in others}
    sites: dict[str, list[Document]] = {}
    for name, each in pools.items():
        sites.setdefault(name.partition("/")[0], []).append(each)
    return fleet_of([*(environment(name, *each) for name, each in sites.items()), *asked, *beside])


def run(
    of: Fleet,
    *,
    serves: bool = True,
    stack: str | None = STACK,
    **fields: Any,  # noqa: ANN401 - fields of metadata
) -> dict[tuple[str, str], Observed]:
    """Return what a cluster has when the plan of `of` has been applied there; by `render` where no stack has."""
    found = {}
    for placement in make_plan(of).placements:
        (service, *_) = placement_objects(of, placement)
        metadata = service["metadata"]
        owner = {STACK_ANNOTATION: stack} if stack else {}
        metadata = {**metadata, "annotations": {**metadata["annotations"], **owner}, **fields}
        revision = service["spec"]["annotations"][REVISION_ANNOTATION]
        there = applied(service, [pod(revision)] * (placement.replicas if serves else 0))
        found[metadata["namespace"], metadata["name"]] = replace(there, service={**service, "metadata": metadata})
    return found


def status(
    of: Fleet,
    there: Mapping[str, Mapping[tuple[str, str], Observed]],
    *,
    stacks: Sequence[str] = (),
    chosen: Iterable[str] | None = None,
) -> FleetStatus:
    """Return what `slicewise status` shows; an environment that `there` has not could not be read.

    Args:
        of: The documents.
        there: What the clusters have.
        stacks: What `--stack` says.
        chosen: What `--environment` says; None: nothing.
    """
    read = {name: ObservedServices(each) for name, each in there.items()}
    looked_at = sorted(of.environment if chosen is None else chosen)
    return fleet_status(of, make_plan(of, what_runs(of, read, stacks)), looked_at, read, stacks)


def live(services: Mapping[tuple[str, str], Observed]) -> list[LiveService]:
    """Return the services alone."""
    return [live_service(each.service) for each in services.values() if each.service]


def waits(found: FleetStatus) -> list[tuple[str, str]]:
    """Return what is still on the one pool that takes nothing new, and what each waits for."""
    (closed,) = found.closed
    assert (closed.environment, closed.node_pool) == ("east", "old")
    return [(str(each.deployment or "/".join(each.key)), each.waits_for) for each in closed.services or ()]
