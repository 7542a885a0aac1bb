"""`slicewise status`: what runs now, against the plan."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Final

import typer

from slicewise.cli import exit_codes
from slicewise.cli.clusters import (
    chosen_environments,
    kubeconfig_texts,
    lacking_rights,
    options_by_environment,
    read_at_once,
)
from slicewise.cli.command_inputs import print_lines, read_fleet, read_previous
from slicewise.cli.live_endpoints import live_endpoint
from slicewise.cli.options import (
    Environments,
    KubeconfigContexts,
    KubeconfigFiles,
    Output,
    Paths,
    Previous,
    StacksOfDocuments,
    TableOrJson,
)
from slicewise.cli.results import print_result
from slicewise.cli.status_screen import FleetStatus, perhaps_elsewhere, print_status, status_to_dict
from slicewise.clusters.live import LiveService, ServiceKey, live_service
from slicewise.clusters.readiness import ObservedServices
from slicewise.clusters.status import (
    ApplyingStacks,
    ServiceState,
    ServiceStatus,
    UnplannedService,
    applying_stacks,
    closed_pools,
    deployments_by_service,
    not_planned,
    of_somebody_else,
    of_unknown_stacks,
    perhaps_running,
    read_services,
    running_placements,
    service_status,
)
from slicewise.diagnostics import Diagnostic
from slicewise.documents import Fleet
from slicewise.planning import Placement, Plan, PreviousPlacement, make_plan, placement_endpoint
from slicewise.presentation import printing_console

_SEEN: Final = "only KServe's word is known of what runs"


def status(
    paths: Paths,
    *,
    kubeconfig: KubeconfigFiles = None,
    context: KubeconfigContexts = None,
    environment: Environments = None,
    previous: Previous = None,
    stack: StacksOfDocuments = None,
    output: TableOrJson = Output.TABLE,
) -> None:
    """Show what runs now, beside what the documents say: how many replicas answer, and what the others wait for.

    Deployments are expected where they run, as with --previous. Reads the clusters and changes nothing; `verify` also
    compares the nodes.

    Exit codes: 0 everything serves as declared, 2 the input is wrong or a cluster cannot be read, 3 a deployment gets
    fewer environments than it asks for, 4 something does not serve, has not been applied, or is not planned any more.

    Example: slicewise status stacks/prod --kubeconfig mig-a=mig-a.kubeconfig
    """
    fleet = read_fleet(paths)
    earlier, _ = read_previous(previous)
    chosen = chosen_environments(fleet, environment or [])
    files, contexts = options_by_environment(fleet, chosen, kubeconfig or [], context or [])
    texts, wrong = kubeconfig_texts(chosen, files, contexts)
    namespaces = {deployment.metadata.namespace for deployment in fleet.deployments}
    read, unread = read_at_once(texts, lambda _, text: read_services(text, namespaces))
    stacks = stack or []
    made = make_plan(fleet, earlier or what_runs(fleet, read, stacks))
    found = fleet_status(fleet, made, chosen, read, stacks, is_plan_known=bool(earlier))
    problems: dict[str, list[Diagnostic]] = unread | wrong
    problems |= {name: [lacking_rights(name, each.unread, _SEEN)] for name, each in read.items() if each.unread}
    if output is Output.JSON:
        print_result(json.dumps(status_to_dict(found, problems), indent=2))
    else:
        print_status(printing_console(), found)
    if problems:
        print_lines(str(problem) for name in sorted(problems) for problem in problems[name])
        raise typer.Exit(exit_codes.INVALID)
    if not found.well:
        raise typer.Exit(exit_codes.DIFFERENT)
    if made.shortfalls:
        raise typer.Exit(exit_codes.SHORTFALL)


def what_runs(
    fleet: Fleet, read: Mapping[str, ObservedServices], stacks: Collection[str]
) -> tuple[PreviousPlacement, ...]:
    """Return the placements that run, of `stacks` alone where any are given: the plan keeps them."""
    live = {
        name: [each for each in _live(services) if not stacks or each.stack in stacks]
        for name, services in read.items()
    }
    return tuple(running_placements(fleet, live))


def fleet_status(
    fleet: Fleet,
    plan: Plan,
    chosen: Sequence[str],
    read: Mapping[str, ObservedServices],
    stacks: Collection[str],
    *,
    is_plan_known: bool = False,
) -> FleetStatus:
    """Return how every placement of the chosen environments is, and what runs there beside the plan.

    Args:
        fleet: What is declared.
        plan: What is to run.
        chosen: The environments that are looked at.
        read: What the clusters have, of those that could be read.
        stacks: The stacks that apply the documents; none: those that the planned services name.
        is_plan_known: Whether an earlier plan says where deployments are, and not only what was read.
    """
    placements = [each for each in plan.placements if each.environment in chosen]
    found = [_status(fleet, each, read.get(each.environment)) for each in placements]
    applying = applying_stacks(stacks, ((each.placement.environment, each.live) for each in found if each.live))
    statuses = [_owned(each, applying) for each in found]
    elsewhere = {} if is_plan_known else perhaps_running(fleet, plan, read.keys())
    statuses = [_perhaps_elsewhere(each, elsewhere.get(each.placement.deployment, ())) for each in statuses]
    planned: dict[str, set[ServiceKey]] = {}
    for each in statuses:
        key = (each.placement.deployment.namespace, each.service)
        planned.setdefault(each.placement.environment, set()).add(key)
    there = {name: _live(read[name]) if name in read else None for name in chosen}
    named = deployments_by_service(fleet, chain.from_iterable(each or () for each in there.values()))
    more: list[UnplannedService] = []
    strangers = Counter[str]()
    for name, services in sorted(read.items()):
        here = planned.get(name, set())
        own = applying.all_of(name)
        more += not_planned(name, services.services, here, own)
        if not stacks:
            strangers += of_unknown_stacks(services.services, here, own, named)
    endpoints = [live_endpoint(fleet, each.placement, each.live) for each in statuses]
    closed = closed_pools(fleet, plan, there, statuses, more, applying)
    return FleetStatus(
        tuple(zip(statuses, endpoints, strict=True)),
        tuple(more),
        plan.shortfalls,
        strangers,
        closed,
        applying.unsettled,
        elsewhere,
    )


def _owned(status: ServiceStatus, stacks: ApplyingStacks) -> ServiceStatus:
    if status.live and not status.live.leaving and stacks.is_foreign(status.placement.environment, status.live):
        return of_somebody_else(status, status.live)
    return status


def _perhaps_elsewhere(status: ServiceStatus, unread: Sequence[str]) -> ServiceStatus:
    """Return the same, with a reason if a service that is not there may run in an environment that was not read."""
    if status.state is not ServiceState.MISSING or not unread:
        return status
    return replace(status, reasons=(perhaps_elsewhere(unread),))


def _live(found: ObservedServices) -> list[LiveService]:
    return [live_service(each.service) for each in found.services.values() if each.service]


def _status(fleet: Fleet, placement: Placement, services: ObservedServices | None) -> ServiceStatus:
    if services is None:
        return service_status(fleet, placement, None, asked=False)
    key = (placement.deployment.namespace, placement_endpoint(fleet, placement).service)
    return service_status(fleet, placement, services.services.get(key), asked=True, unread=services.unread)
