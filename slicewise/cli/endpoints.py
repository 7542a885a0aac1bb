"""`slicewise endpoints`: where each deployment answers, and a line that calls it."""

from __future__ import annotations

import json
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import typer
from rich.console import Console

from slicewise.addresses import SERVING_PORT, Endpoint, curl_line, workload_service
from slicewise.cli import exit_codes
from slicewise.cli.clusters import chosen_environments, kubeconfig_texts, options_by_environment, read_at_once
from slicewise.cli.command_inputs import fail, read_fleet, read_previous
from slicewise.cli.live_endpoints import live_endpoint
from slicewise.cli.options import (
    Environments,
    KubeconfigContexts,
    KubeconfigFiles,
    Output,
    Paths,
    Previous,
    TableOrJson,
)
from slicewise.cli.results import print_result
from slicewise.cli.status_screen import MAKES_IT, perhaps_elsewhere
from slicewise.clusters.live import LiveService, ServiceKey
from slicewise.clusters.status import perhaps_running, read_services_alone, running_placements
from slicewise.diagnostics import InvalidInputError
from slicewise.documents import Fleet, served_name
from slicewise.planning import Placement, Plan, endpoint_to_dict, make_plan, placement_endpoint
from slicewise.presentation import ERROR, printing_console, show_command, show_line


class AskedState(StrEnum):
    """What a placement's cluster says of its service."""

    READY = "ready"
    NOT_READY = "not-ready"
    ABSENT = "absent"
    UNREADABLE = "unreadable"
    NOT_ASKED = "not-asked"


_STATES: Final = {
    AskedState.READY: "ready",
    AskedState.NOT_READY: "not ready",
    AskedState.ABSENT: "not there",
    AskedState.UNREADABLE: "not known: its cluster could not be read",
    AskedState.NOT_ASKED: "its cluster was not asked",
}


@dataclass(frozen=True, slots=True)
class CallableEndpoint:
    """Where one placement answers.

    Attributes:
        placement: Which one.
        endpoint: Where, as the documents say and, where its cluster was asked, as the service's status does.
        model: The model's name in requests.
        state: What its cluster says of the service.
        group: The group that it shares requests in.
        no_address: Why no address outside of its cluster is known, for where none is.
        elsewhere: The environments that were not read, and where it may run instead.
    """

    placement: Placement
    endpoint: Endpoint
    model: str
    state: AskedState
    group: str | None
    no_address: str
    elsewhere: tuple[str, ...]

    @property
    def port_forward(self) -> str | None:
        """The command that makes the service answer on this machine, without a Gateway; None where it is not there."""
        if self.state is AskedState.ABSENT:
            return None
        service = workload_service(self.endpoint.service)
        namespace = self.placement.deployment.namespace
        return f"kubectl --namespace {namespace} port-forward service/{service} {SERVING_PORT}:{SERVING_PORT}"

    @property
    def curl(self) -> str | None:
        """The command that asks the model: through the Gateway, or the port-forward; None where nothing answers it."""
        if self.state is AskedState.ABSENT:
            return None
        return curl_line(self.endpoint.external or f"http://localhost:{SERVING_PORT}", self.model)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON data."""
        namespace, name = self.placement.deployment
        return {
            "deployment": {"namespace": namespace, "name": name},
            "environment": self.placement.environment,
            "service": self.endpoint.service,
            "model": self.model,
            "group": self.group,
            **endpoint_to_dict(self.endpoint),
            "state": self.state.value,
            "curl": self.curl,
            "portForward": self.port_forward,
        }


def endpoints(
    paths: Paths,
    *,
    kubeconfig: KubeconfigFiles = None,
    context: KubeconfigContexts = None,
    environment: Environments = None,
    previous: Previous = None,
    output: TableOrJson = Output.TABLE,
) -> None:
    """Show where each deployment answers, in its cluster and through the Gateway, with a curl line that calls it.

    With kubeconfigs the addresses are those of the services' status, and deployments are expected where they run, as
    with --previous; else both are what the documents say.

    Exit codes: 0 all is well, 2 the input is wrong or a cluster cannot be read, 3 a deployment gets fewer environments
    than it asks for, 4 a cluster that was asked does not have a service.

    Example: slicewise endpoints stacks/prod --kubeconfig mig-a=mig-a.kubeconfig
    """
    fleet = read_fleet(paths)
    earlier, _ = read_previous(previous)
    chosen = chosen_environments(fleet, environment) if environment else list(fleet.environment)
    files, contexts = options_by_environment(fleet, chosen, kubeconfig or [], context or [])
    texts, wrong = kubeconfig_texts(sorted({*files, *contexts}), files, contexts)
    namespaces = {deployment.metadata.namespace for deployment in fleet.deployments}
    services, unread = read_at_once(texts, lambda _, text: read_services_alone(text, namespaces))
    running = running_placements(fleet, {name: [*each.values()] for name, each in services.items()})
    made = make_plan(fleet, earlier or running)
    placements = [each for each in made.placements if each.environment in chosen]
    elsewhere = {} if earlier else perhaps_running(fleet, made, services.keys())
    found = [
        _callable(fleet, each, services.get(each.environment), unread, elsewhere.get(each.deployment, ()))
        for each in placements
    ]
    if output is Output.JSON:
        print_result(json.dumps({"endpoints": [each.to_dict() for each in found]}, indent=2))
    else:
        print_callable(printing_console(), found, made)
    if problems := [problem for each in (wrong, unread) for problems in each.values() for problem in problems]:
        fail(InvalidInputError(problems))
    if any(each.state is AskedState.ABSENT for each in found):
        raise typer.Exit(exit_codes.DIFFERENT)
    if made.shortfalls:
        raise typer.Exit(exit_codes.SHORTFALL)


def _callable(
    fleet: Fleet,
    placement: Placement,
    services: Mapping[ServiceKey, LiveService] | None,
    unread: Container[str],
    elsewhere: tuple[str, ...],
) -> CallableEndpoint:
    deployment = fleet.deployment[placement.deployment]
    model = served_name(deployment, fleet.model_of(deployment))
    group = deployment.spec.router.group
    endpoint = placement_endpoint(fleet, placement)
    state = AskedState.UNREADABLE if placement.environment in unread else AskedState.NOT_ASKED
    if services is not None:
        live = services.get((placement.deployment.namespace, endpoint.service))
        state = _state(live)
        endpoint = live_endpoint(fleet, placement, live)
    return CallableEndpoint(placement, endpoint, model, state, group, _no_address(fleet, placement, state), elsewhere)


def _no_address(fleet: Fleet, placement: Placement, state: AskedState) -> str:
    gateway = fleet.environment[placement.environment].spec.gateway
    if not fleet.deployment[placement.deployment].spec.router.routes_through(gateway):
        why = "its environment declares no gateway" if gateway is None else "router.enabled is false"
        return f"no route: {why}"
    if state is AskedState.NOT_ASKED:
        return "not known: its environment declares no gateway.hostname, and its cluster was not asked"
    return "not known: its service's status does not say it"


def _state(live: LiveService | None) -> AskedState:
    if live is None:
        return AskedState.ABSENT
    return AskedState.READY if live.ready else AskedState.NOT_READY


def print_callable(console: Console, found: Sequence[CallableEndpoint], plan: Plan) -> None:
    """Print where each placement answers, and how to call it: one block a placement, made for copying."""
    for each in found:
        show_line(
            console, f"{each.placement.deployment} in {each.placement.environment}: {_STATES[each.state]}", "bold"
        )
        show_line(console, f"  in the cluster:      {each.endpoint.in_cluster}")
        show_line(console, f"  through the Gateway: {each.endpoint.external or each.no_address}")
        if each.group is not None:
            show_line(console, f"    shared by weight in group {each.group}")
            show_line(console, f"  this one alone:      {each.endpoint.direct or each.no_address}")
        if each.state is AskedState.ABSENT:
            instead = perhaps_elsewhere(each.elsewhere) if each.elsewhere else MAKES_IT
            show_line(console, f"  its cluster has no LLMInferenceService {each.endpoint.service}: {instead}")
        if each.endpoint.external is None and each.port_forward:
            show_command(console, f"  {each.port_forward}")
        if each.curl:
            show_command(console, f"  {each.curl}")
        console.print()
    for shortfall in plan.shortfalls:
        show_line(
            console, f"{shortfall.deployment}: {shortfall.placed} of {shortfall.wanted} environments", f"bold {ERROR}"
        )
