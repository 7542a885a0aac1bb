"""Pools that take nothing new: what still runs there, and what each service waits for before it leaves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from slicewise.addresses import service_name
from slicewise.clusters.live import LiveService, ServiceKey
from slicewise.clusters.status.judging import ServiceState, ServiceStatus
from slicewise.clusters.status.unplanned_services import UnplannedService
from slicewise.diagnostics import some
from slicewise.documents import DeploymentKey, Fleet, Scheduling
from slicewise.kubernetes import text
from slicewise.manifests import NODE_POOL_ANNOTATION, PREFILL_NODE_POOL_ANNOTATION
from slicewise.planning import Placement, Plan

_UP: Final = "`pulumi up` (or your GitOps tool)"
_SERVE: Final = (ServiceState.SERVING, ServiceState.NOT_APPLIED)


class RemainingService(NamedTuple):
    """A service on a pool that takes nothing new.

    Attributes:
        key: Its namespace and name.
        deployment: Of which deployment it is; None where the documents do not have that.
        waits_for: What has to be before it leaves; empty where it may stay.
    """

    key: ServiceKey
    deployment: DeploymentKey | None
    waits_for: str

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON data."""
        namespace, name = self.key
        deployment = self.deployment
        return {
            "namespace": namespace,
            "service": name,
            "deployment": {"namespace": deployment.namespace, "name": deployment.name} if deployment else None,
            "waitsFor": self.waits_for or None,
        }


@dataclass(frozen=True, slots=True)
class ClosedPool:
    """A pool whose `scheduling`, or its environment's, is not Active.

    Attributes:
        environment: The name of its environment.
        node_pool: Its name.
        scheduling: What it takes.
        services: What was last applied there and is there still; None where its cluster could not be read.
    """

    environment: str
    node_pool: str
    scheduling: Scheduling
    services: tuple[RemainingService, ...] | None

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return {
            "environment": self.environment,
            "nodePool": self.node_pool,
            "scheduling": self.scheduling.value,
            "services": None if self.services is None else [each.to_dict() for each in self.services],
        }


def closed_pools(
    fleet: Fleet,
    plan: Plan,
    read: Mapping[str, Iterable[LiveService] | None],
    statuses: Sequence[ServiceStatus],
    unplanned: Iterable[UnplannedService],
) -> tuple[ClosedPool, ...]:
    """Return the pools that take nothing new, by the names of environment and pool.

    Args:
        fleet: What is declared.
        plan: What is to run.
        read: What each environment that is looked at has; None where its cluster could not be read.
        statuses: Every planned service there.
        unplanned: What runs there, is not planned, and is the documents' own.
    """
    look = _Look(fleet, plan, statuses, frozenset((each.environment, each.live.key) for each in unplanned))
    found = []
    for name in sorted(read):
        environment, services = fleet.environment[name], read[name]
        for pool in sorted(environment.spec.node_pools, key=lambda each: each.name):
            scheduling = environment.scheduling_of(pool)
            if scheduling is Scheduling.ACTIVE:
                continue
            here = [
                look.at(each, name, pool.name, scheduling)
                for each in services or ()
                if each.revision is not None and pool.name in _pools(each)
            ]
            there = None if services is None else tuple(sorted(here, key=lambda each: each.key))
            found.append(ClosedPool(name, pool.name, scheduling, there))
    return tuple(found)


class _Look:
    """What a service on such a pool is judged by."""

    def __init__(
        self,
        fleet: Fleet,
        plan: Plan,
        statuses: Sequence[ServiceStatus],
        own: frozenset[tuple[str, ServiceKey]],
    ) -> None:
        self._planned = {(each.placement.environment, each.live.key): each for each in statuses if each.live}
        self._states = {(each.placement.environment, each.placement.deployment): each.state for each in statuses}
        self._placements: defaultdict[DeploymentKey, list[Placement]] = defaultdict(list)
        for placement in plan.placements:
            self._placements[placement.deployment].append(placement)
        self._deployments = {
            (each.key.namespace, service_name(each.metadata.name, nodes=nodes, autoscaled=each.autoscaled)): each.key
            for each in fleet.deployments
            for nodes in {profile.replica_topology.nodes for profile in fleet.model_of(each).serving}
        }
        self._own = own

    def at(self, live: LiveService, environment: str, pool: str, scheduling: Scheduling) -> RemainingService:
        """Return what a service on a pool of an environment waits for."""
        status, key = self._planned.get((environment, live.key)), self._deployments.get(live.key)
        if live.leaving:
            waits = "the end of its deletion, which has begun"
        elif status:
            waits = _stays_or_moves(status.placement, pool, scheduling)
        elif key is None and live.stack and (environment, live.key) not in self._own:
            waits = f"stack {live.stack}, whose it is"
        else:
            waits = self._leaves(self._placements[key] if key else ())
        return RemainingService(live.key, key, waits)

    def _leaves(self, instead: Iterable[Placement]) -> str:
        """Return what a service waits for that is to be somewhere else, or nowhere."""
        places = [
            f"{each.environment}/{each.node_pool}"
            for each in instead
            if self._states.get((each.environment, each.deployment)) not in _SERVE
        ]
        return f"it to serve on {some(places)}" if places else f"{_UP} to remove it"


def _stays_or_moves(placement: Placement, pool: str, scheduling: Scheduling) -> str:
    planned = [each.node_pool for each in placement.workloads]
    if pool not in planned:
        return f"{_UP} to move it to {some(sorted(set(planned)))}"
    if scheduling is Scheduling.DRAIN:
        return f"room on another pool; `slicewise explain {placement.deployment} PATH…` shows what each lacks"
    return ""


def _pools(live: LiveService) -> set[str]:
    return {text(live.annotations.get(each)) for each in (NODE_POOL_ANNOTATION, PREFILL_NODE_POOL_ANNOTATION)}
