"""One placement of the plan, as its cluster has it: how many replicas serve, and what the others wait for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from slicewise.clusters.live import LiveService, Right, denials, live_service
from slicewise.clusters.readiness import (
    ExpectedService,
    Observed,
    count_serving,
    pod_reasons,
    replicas_of,
    what_is_missing,
    why_unready,
)
from slicewise.diagnostics import Code, counted
from slicewise.documents import Fleet
from slicewise.manifests import placement_objects
from slicewise.planning import Placement

_GROUPS_OF_NODES: Final = "leaderworkersets"


class ServiceState(StrEnum):
    """How a placement is, the best first."""

    SERVING = "serving"
    """Every replica answers."""
    NOT_APPLIED = "not-applied"
    """What was applied serves, and the documents have changed since."""
    WAITING = "waiting"
    """It is there, and some of its replicas do not answer."""
    LEAVING = "leaving"
    """It is being deleted."""
    FOREIGN = "foreign"
    """There is one of its name, which another stack or nobody has made."""
    MISSING = "missing"
    """Its cluster does not have it."""
    UNKNOWN = "unknown"
    """Its cluster could not be asked."""


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """How one placement is.

    Attributes:
        placement: Which one.
        service: What its LLMInferenceService is called.
        state: How it is.
        wanted: How many replicas there are to be now; the fewest, where an autoscaler decides and nothing is there.
        ready: How many answer; None where that cannot be known.
        changed: What of the documents has not been applied, in a few words; empty where nothing.
        reasons: What those that do not answer wait for, a line each.
        live: The service; None where it is not there.
    """

    placement: Placement
    service: str
    state: ServiceState
    wanted: int
    ready: int | None
    changed: str = ""
    reasons: tuple[str, ...] = ()
    live: LiveService | None = None

    @property
    def well(self) -> bool:
        """Whether there is nothing to do."""
        return self.state is ServiceState.SERVING

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return {
            "service": self.service,
            "state": self.state.value,
            "wanted": self.wanted,
            "ready": self.ready,
            "changed": self.changed or None,
            "reasons": list(self.reasons),
        }


def service_status(
    fleet: Fleet, placement: Placement, observed: Observed | None, *, asked: bool, unread: Iterable[Right] = ()
) -> ServiceStatus:
    """Return how a placement is.

    Args:
        fleet: What is declared.
        placement: Which one.
        observed: What its cluster has of it; None if there is no such service.
        asked: Whether its cluster could be asked.
        unread: The rights that are missing to read what services are judged by there.
    """
    objects = placement_objects(fleet, placement)
    declared = ExpectedService.of(objects)
    if not asked:
        return ServiceStatus(placement, declared.service, ServiceState.UNKNOWN, declared.replicas, None)
    if observed is None or observed.service is None:
        return ServiceStatus(placement, declared.service, ServiceState.MISSING, declared.replicas, 0)
    live = live_service(observed.service)
    applied = _applied(declared, live)
    wanted = _wanted(applied, observed)
    if live.leaving:
        return ServiceStatus(placement, declared.service, ServiceState.LEAVING, wanted, None, live=live)
    changed = _changed(declared, live)
    if hidden := [each for each in unread if _matters(each, applied)]:
        return _by_kserve(placement, live, wanted, changed, hidden)
    ready = count_serving(applied, observed.workload, observed.pods) if observed.workload else 0
    missing = what_is_missing(applied, observed)
    if missing is None:
        state = ServiceState.NOT_APPLIED if changed else ServiceState.SERVING
        return ServiceStatus(placement, live.name, state, wanted, ready, changed, live=live)
    reasons = pod_reasons(observed) or why_unready(observed) or [missing]
    return ServiceStatus(
        placement, live.name, ServiceState.WAITING, wanted, ready, changed, tuple(dict.fromkeys(reasons)), live
    )


def of_somebody_else(status: ServiceStatus, live: LiveService) -> ServiceStatus:
    """Return how a placement is whose name a service of another stack has, or one that no stack has made."""
    why = f"it belongs to stack {live.stack}" if live.stack else "no stack has made it"
    code = Code.BELONGS_TO_ANOTHER if live.stack else Code.MADE_BY_NO_STACK
    reason = f"{why}: `pulumi up` refuses it ({code.value})"
    return replace(status, state=ServiceState.FOREIGN, ready=0, changed="", reasons=(reason,))


def _applied(declared: ExpectedService, live: LiveService) -> ExpectedService:
    """Return what is expected of what was applied, which is not what is declared where documents have changed since."""
    revision = live.revision or declared.revision
    if declared.autoscaled:
        return replace(declared, revision=revision)
    prefill = live.spec.get("prefill")
    replicas = prefill.get("replicas", 1) if isinstance(prefill, dict) else None
    return replace(
        declared,
        revision=revision,
        replicas=live.replicas,
        multi_node="worker" in live.spec,
        prefill_replicas=replicas if type(replicas) is int else None,
    )


def _wanted(applied: ExpectedService, observed: Observed) -> int:
    if applied.autoscaled and observed.workload:
        return max(replicas_of(observed.workload), applied.replicas)
    return applied.replicas


def _changed(declared: ExpectedService, live: LiveService) -> str:
    """Return what `pulumi up` would change of the service, in a few words."""
    found = []
    if not declared.autoscaled and "replicas" in live.spec and live.replicas != declared.replicas:
        found.append(counted(declared.replicas, "replica"))
    if live.revision is None:
        found.append("it was not applied by Slicewise")
    elif live.revision != declared.revision:
        found.append("pods of another revision")
    return " and ".join(found)


def _matters(right: Right, service: ExpectedService) -> bool:
    """Return whether a service cannot be judged without a right: groups of nodes are of those that span several."""
    here = right.namespace in (None, service.namespace)
    return here and (service.multi_node or right.resource != _GROUPS_OF_NODES)


def _by_kserve(
    placement: Placement, live: LiveService, wanted: int, changed: str, hidden: Iterable[Right]
) -> ServiceStatus:
    """Return how a placement is whose pods may not be listed: KServe says Ready with a quarter of them missing."""
    state = ServiceState.SERVING if live.ready else ServiceState.WAITING
    if live.ready and changed:
        state = ServiceState.NOT_APPLIED
    reason = f"only KServe's word: this user may not {denials(hidden)}"
    return ServiceStatus(placement, live.name, state, wanted, None, changed, (reason,), live)
