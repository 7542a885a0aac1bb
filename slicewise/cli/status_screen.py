"""What runs now, as data and on one screen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from rich.console import Console

from slicewise.addresses import Endpoint
from slicewise.clusters.status import ClosedPool, ServiceState, ServiceStatus, UnplannedService
from slicewise.diagnostics import Diagnostic, counted, some
from slicewise.documents import DeploymentKey
from slicewise.planning import Shortfall, endpoint_to_dict
from slicewise.presentation import Column, headline, show, show_line

MAKES_IT: Final = "`pulumi up` (or your GitOps tool) makes it"
"""What makes a service that is not there."""
_STATES: Final = {
    ServiceState.SERVING: "serving",
    ServiceState.NOT_APPLIED: "serving, change not applied",
    ServiceState.WAITING: "waiting",
    ServiceState.LEAVING: "being deleted",
    ServiceState.FOREIGN: "somebody else's",
    ServiceState.MISSING: "not there",
    ServiceState.UNKNOWN: "not known",
}
_COLUMNS: Final = (
    *map(Column, ("deployment", "environment", "node pool")),
    Column("ready", number=True),
    Column("state"),
    Column("address"),
)

_CLOSED_COLUMNS: Final = tuple(map(Column, ("environment", "node pool", "scheduling", "still there", "waits for")))


@dataclass(frozen=True, slots=True)
class FleetStatus:
    """What runs now, against the plan.

    Attributes:
        services: Every planned service, and where it answers.
        more: What runs and is not planned.
        shortfalls: What the plan could not place.
        strangers: How many other services each stack has that is not known to apply the documents, and may.
        closed: The pools that take nothing new, with what still runs there.
        unsettled: By environment, how many services of the plan each stack has, where it is not known which of several
            stacks applies the documents.
        elsewhere: By deployment, where it may run though the plan does not have it there: nothing was read of these
            environments, and no earlier plan is known.
    """

    services: tuple[tuple[ServiceStatus, Endpoint], ...]
    more: tuple[UnplannedService, ...]
    shortfalls: tuple[Shortfall, ...]
    strangers: Mapping[str, int] = field(default_factory=dict)
    closed: tuple[ClosedPool, ...] = ()
    unsettled: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    elsewhere: Mapping[DeploymentKey, Sequence[str]] = field(default_factory=dict)

    @property
    def well(self) -> bool:
        """Whether everything serves as declared, and nothing else runs."""
        return not self.more and all(status.well for status, _ in self.services)


def status_to_dict(found: FleetStatus, unread: Mapping[str, Sequence[Diagnostic]]) -> dict[str, Any]:
    """Return what runs as JSON data, and why clusters could not be read."""
    return {
        "deployments": [_to_dict(status, endpoint) for status, endpoint in found.services],
        "notPlanned": [each.to_dict() for each in found.more],
        "closedNodePools": [each.to_dict() for each in found.closed],
        "shortfalls": [
            {
                "deployment": {"namespace": each.deployment.namespace, "name": each.deployment.name},
                "wanted": each.wanted,
                "placed": each.placed,
            }
            for each in found.shortfalls
        ],
        "unread": [
            {"environment": name, "code": problem.code.value, "message": problem.text, "facts": dict(problem.facts)}
            for name, problems in sorted(unread.items())
            for problem in problems
        ],
    }


def _to_dict(status: ServiceStatus, endpoint: Endpoint) -> dict[str, Any]:
    placement = status.placement
    return {
        "deployment": {"namespace": placement.deployment.namespace, "name": placement.deployment.name},
        "environment": placement.environment,
        "nodePool": placement.node_pool,
        "profile": placement.profile,
        **status.to_dict(),
        "endpoint": endpoint_to_dict(endpoint),
    }


def print_status(console: Console, found: FleetStatus) -> None:
    """Print a row for each service, then what takes nothing new, what services wait for, and a sum."""
    if found.services:
        show(console, "What runs now", _COLUMNS, [_row(*each) for each in found.services])
    if found.closed:
        rows = [row for each in found.closed for row in _rows_of_closed(each)]
        show(console, "Node pools that take nothing new", _CLOSED_COLUMNS, rows)
    said = [*_remarks(found)]
    for line, style in said:
        show_line(console, line, style)
    if said:
        show_line(console, "")
    show_line(console, _sum(found))


def _remarks(found: FleetStatus) -> Iterator[tuple[str, str | None]]:
    """Yield what is to be said between the rows and the sum, each line with its style."""
    for status, _ in found.services:
        lines = [*_advice(status), *status.reasons]
        if lines:
            yield f"{status.placement.deployment} in {status.placement.environment}:", "bold"
            yield from ((f"  {line}", None) for line in lines)
    for each in found.more:
        yield _not_planned(each), None
    for name, stacks in sorted(found.unsettled.items()):
        yield _unsettled(name, stacks), None
    if found.strangers:
        yield _strangers(found.strangers), None
    for shortfall in found.shortfalls:
        unread = found.elsewhere.get(shortfall.deployment)
        yield headline(shortfall) + (f": {may_run_in(unread)}" if unread else ""), None


def _row(status: ServiceStatus, endpoint: Endpoint) -> Sequence[str]:
    placement = status.placement
    ready = "?" if status.ready is None else str(status.ready)
    return (
        str(placement.deployment),
        placement.environment,
        placement.node_pool,
        f"{ready}/{status.wanted}",
        _STATES[status.state],
        endpoint.external or endpoint.in_cluster,
    )


def _rows_of_closed(pool: ClosedPool) -> Iterator[Sequence[str]]:
    """Yield a row for each service that is still there; one where there is none, or nobody knows."""
    first = (pool.environment, pool.node_pool, pool.scheduling.value)
    if not pool.services:
        yield *first, "not known" if pool.services is None else "nothing", ""
    for each in pool.services or ():
        yield *first, str(each.deployment or "/".join(each.key)), each.waits_for


def _advice(status: ServiceStatus) -> Sequence[str]:
    if status.state is ServiceState.MISSING:
        return ("its cluster has no such LLMInferenceService" + ("" if status.reasons else f"; {MAKES_IT}"),)
    if status.changed:
        return (f"`pulumi up` (or your GitOps tool) has not applied what the documents say now: {status.changed}",)
    return ()


def _not_planned(each: UnplannedService) -> str:
    of_stack = f"stack {each.live.stack}" if each.live.stack else "rendered from these documents or others"
    going = "is being deleted" if each.live.leaving else "runs and is not in the plan"
    return f"{each.live.namespace}/{each.live.name} in {each.environment} ({of_stack}) {going}"


def may_run_in(unread: Sequence[str]) -> str:
    """Return what is to be said of a deployment that may run in environments that were not read."""
    return (
        f"it may run in {some(unread)}, of which nothing was read: --previous, with the outputs of the stack that "
        "plans, tells"
    )


def perhaps_elsewhere(unread: Sequence[str]) -> str:
    """Return the same of a service that is not where the plan has it, and who makes it there."""
    return f"{may_run_in(unread)}. If it does not, {MAKES_IT}"


def _unsettled(environment: str, stacks: Mapping[str, int]) -> str:
    return (
        f"services of the plan in {environment} belong to several stacks: {_numbers(stacks)}. `pulumi up` refuses what "
        "another stack has (SW420): name those that apply these documents with --stack"
    )


def _strangers(strangers: Mapping[str, int]) -> str:
    return (
        f"{counted(sum(strangers.values()), 'service')} of stacks that are not known to apply these documents: "
        f"{_numbers(strangers)}. If one of them does, name it with --stack"
    )


def _numbers(stacks: Mapping[str, int]) -> str:
    return ", ".join(f"{number} of {stack}" for stack, number in sorted(stacks.items()))


def _sum(found: FleetStatus) -> str:
    states = Counter(status.state for status, _ in found.services)
    total = len(found.services)
    serving = states[ServiceState.SERVING] + states[ServiceState.NOT_APPLIED]
    parts = [f"{serving} of {counted(total, 'service')} serving"]
    parts += [f"{states[state]} {_STATES[state]}" for state in ServiceState if states[state] and state not in _SERVE]
    if states[ServiceState.NOT_APPLIED]:
        parts.append(f"{counted(states[ServiceState.NOT_APPLIED], 'change')} not applied")
    if found.more:
        parts.append(f"{len(found.more)} not in the plan")
    return ", ".join(parts)


_SERVE: Final = (ServiceState.SERVING, ServiceState.NOT_APPLIED)
