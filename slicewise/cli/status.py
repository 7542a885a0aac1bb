"""`slicewise status`: what runs now, against the plan."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
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
    StackOfDocuments,
    TableOrJson,
)
from slicewise.cli.results import print_result
from slicewise.cli.status_screen import FleetStatus, print_status, status_to_dict
from slicewise.clusters.live import LiveService, ServiceKey, live_service
from slicewise.clusters.readiness import ObservedServices
from slicewise.clusters.status import (
    ServiceStatus,
    closed_pools,
    not_planned,
    of_unknown_stacks,
    read_services,
    running_placements,
    service_status,
)
from slicewise.diagnostics import Diagnostic
from slicewise.documents import Fleet
from slicewise.planning import Placement, Plan, make_plan, placement_endpoint
from slicewise.presentation import printing_console

_SEEN: Final = "only KServe's word is known of what runs"


def status(
    paths: Paths,
    *,
    kubeconfig: KubeconfigFiles = None,
    context: KubeconfigContexts = None,
    environment: Environments = None,
    previous: Previous = None,
    stack: StackOfDocuments = None,
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
    running = [each for name, found in read.items() for each in running_placements(fleet, name, found.services)]
    made = make_plan(fleet, earlier or running)
    found = fleet_status(fleet, made, chosen, read, stack)
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


def fleet_status(
    fleet: Fleet, plan: Plan, chosen: Sequence[str], read: Mapping[str, ObservedServices], stack: str | None
) -> FleetStatus:
    """Return how every placement of the chosen environments is, and what runs there beside the plan.

    Args:
        fleet: What is declared.
        plan: What is to run.
        chosen: The environments that are looked at.
        read: What the clusters have, of those that could be read.
        stack: The stack that applies the documents; None: the stacks that the planned services name.
    """
    placements = [each for each in plan.placements if each.environment in chosen]
    statuses = [_status(fleet, each, read.get(each.environment)) for each in placements]
    stacks = {stack} if stack else {each.live.stack for each in statuses if each.live and each.live.stack}
    planned: dict[str, set[ServiceKey]] = {}
    for each in statuses:
        key = (each.placement.deployment.namespace, each.service)
        planned.setdefault(each.placement.environment, set()).add(key)
    more = [
        service
        for name, found in sorted(read.items())
        for service in not_planned(name, found.services, planned.get(name, set()), stacks)
    ]
    strangers = Counter[str]()
    if not stacks:
        for name, found in read.items():
            strangers += of_unknown_stacks(found.services, planned.get(name, set()))
    endpoints = [live_endpoint(fleet, each.placement, each.live) for each in statuses]
    services = tuple(zip(statuses, endpoints, strict=True))
    there = {name: _live(read[name]) if name in read else None for name in chosen}
    closed = closed_pools(fleet, plan, there, statuses, more)
    return FleetStatus(services, tuple(more), plan.shortfalls, strangers, closed)


def _live(found: ObservedServices) -> list[LiveService]:
    return [live_service(each.service) for each in found.services.values() if each.service]


def _status(fleet: Fleet, placement: Placement, services: ObservedServices | None) -> ServiceStatus:
    if services is None:
        return service_status(fleet, placement, None, asked=False)
    key = (placement.deployment.namespace, placement_endpoint(fleet, placement).service)
    return service_status(fleet, placement, services.services.get(key), asked=True, unread=services.unread)
